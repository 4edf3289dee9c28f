/* SPDX-License-Identifier: MIT */
/*
 * Message stores: the place where a device keeps {address, data}. PCI MSI-X
 * is one; a driver brings its own for device-defined storage. A store of this
 * interface is about fifty lines.
 *
 * All ops of one index are called one at a time, under that interrupt's lock
 * with local interrupts off; different indices of one table run in parallel.
 * None may call the library.
 */
#ifndef UMSI_STORE_H
#define UMSI_STORE_H

#include <umsi/types.h>

/* The words of a message that a device may read one by one. */
enum umsi_word {
	UMSI_WORD_ADDRESS_LOW = 1,
	UMSI_WORD_ADDRESS_HIGH = 2,
	UMSI_WORD_DATA = 4,
};

struct umsi_store_ops {
	const char *name;		/* "msix" */
	const char *number_name;	/* what an index is called in dumps: "msix_index" */

	/*
	 * One message serves all indices, the device puts the index into the low
	 * bits of the data (PCI MSI). write, write_words and settle are called for
	 * index 0; the indices are allocated together, by umsi_irq_alloc_block(),
	 * and all ops of the table come one at a time.
	 */
	bool shared_message;

	/*
	 * What an edge source signals while masked is lost, against what mask asks
	 * for (I/O APIC pins, timers): after a move its handler is called once more.
	 */
	bool mask_loses;

	/* A message is one register that a device reads at once: a move writes it unmasked. */
	bool one_word;

	/*
	 * What settle proves is that all has been sent, not that it has arrived: slots
	 * given up wait a minimum age besides (umsi_config.min_age_ns).
	 */
	bool flush_ages;

	/*
	 * Writes the message. With mask present, and not one_word, it is called masked. Returns how
	 * many device writes it took (>= 0), or a negative status; UMSI_EAGAIN: not
	 * now, and nothing was written.
	 */
	int (*write)(void *store, uint32_t index, uint64_t cookie,
		     const struct umsi_msg *msg);

	/*
	 * Stores without mask: writes only the words of @which (enum umsi_word).
	 * Without it, and without mask, a move writes everything and calls the
	 * handler once more.
	 */
	int (*write_words)(void *store, uint32_t index, uint64_t cookie,
			   const struct umsi_msg *msg, unsigned int which);

	/*
	 * Optional: the first index is opened (start, again after each time all were
	 * closed); the last one is closed (stop, only where there is no mask). Return
	 * device writes, or a negative status (start only).
	 */
	int (*start)(void *store);
	int (*stop)(void *store);

	/*
	 * Optional, both or neither: stop and restart sending for one index. What
	 * happens while masked must be sent at unmask. Return device writes.
	 */
	int (*mask)(void *store, uint32_t index, uint64_t cookie);
	int (*unmask)(void *store, uint32_t index, uint64_t cookie);

	/*
	 * The flush (S1 of DESIGN.md): returns once the device will send nothing
	 * composed from earlier contents, and all it did send has been performed at
	 * its target. For a PCI function: a read from the same function. UMSI_OK, or
	 * UMSI_EGONE when the answer proves nothing (all-ones: the device left).
	 *
	 * Without it the handler is called once after each move, and slots that were
	 * given up wait a minimum age. Then mask, or one_word, is required.
	 */
	int (*settle)(void *store, uint32_t index, uint64_t cookie);

	/*
	 * Optional, for stores with mask, unmask and settle, without start and set_trigger and with none
	 * of the properties above or below: an index is opened, or moved while it is open, at one go, where
	 * four calls would cost more than what they do. The same accesses in the same order: mask, write,
	 * unmask, settle, whose answer goes to *settled. Returns device writes.
	 */
	int (*rewrite)(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg, int *settled);

	/*
	 * settle may sleep: a queue to drain, a slow bus. write, mask and unmask then
	 * need not reach the device; they are gathered, and settle has all of them
	 * done. It is called without the interrupt's lock and with interrupts on;
	 * calls that change an interrupt of the table take turns and may sleep
	 * themselves (umsi_irq_moves_atomically() says so). Edges with a message for each index only.
	 */
	bool settle_sleeps;

	/*
	 * Optional: does anybody answer? Asked before an interrupt is opened and
	 * before it is closed for good, so that neither writes to a function whose
	 * driver has turned decoding off. A move does not ask: its flush will tell.
	 */
	bool (*reachable)(void *store);

	/* Optional: is a message waiting behind the mask (umsi_irq_pending())? */
	bool (*pending)(void *store, uint32_t index, uint64_t cookie);

	/*
	 * Optional: how the source at @index signals, an enum umsi_trigger. Called
	 * masked, before each first write. UMSI_OK, or a negative status: refused.
	 */
	int (*set_trigger)(void *store, uint32_t index, uint64_t cookie, unsigned int trigger);

	/*
	 * Optional, level sources: the handler is done, look at the line again.
	 * Called without the interrupt's lock, in a trap or from any thread.
	 */
	void (*rearm)(void *store, uint32_t index, uint64_t cookie);

	/*
	 * Optional, level sources: what was sent last will not be ended, because the
	 * CPU has lost it (umsi_cpu_restore()) or the message is written afresh
	 * (umsi_device_restore()): look at the line again, once unmasked.
	 */
	void (*lost)(void *store, uint32_t index, uint64_t cookie);

	/*
	 * Optional: the device was out of reach and may have lost everything
	 * (umsi_device_restore()). Do again what the table's creation did, every index
	 * masked; messages and open indices follow by the other ops. Sleepable.
	 * UMSI_OK, UMSI_EGONE, UMSI_EREFUSED.
	 */
	int (*restore)(void *store);

	/*
	 * Optional: the table goes; undo what its creation did and free @store.
	 * Every index has been masked and settled before. Sleepable.
	 */
	void (*destroy)(void *store);
};

#endif
