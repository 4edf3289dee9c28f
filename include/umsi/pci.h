/* SPDX-License-Identifier: MIT */
/*
 * PCI functions as message stores. Nothing a function says about itself is
 * believed before it was checked; a refusal touches nothing.
 */
#ifndef UMSI_PCI_H
#define UMSI_PCI_H

#include <umsi/device.h>
#include <umsi/shared.h>
#include <umsi/status.h>
#include <umsi/types.h>

/* One 32-bit BAR slot as the host assigned it (a 64-bit BAR uses slot n; slot n + 1 is all zero). */
struct umsi_pci_bar {
	uint64_t phys;		/* CPU-physical address of its first byte; 0 = unassigned */
	uint64_t bytes;		/* 0 = no BAR here (or the upper half of the one before) */
	bool io;		/* an I/O BAR: never holds a table */
};

/* What the host knows about a function. Borrowed for the call only. */
struct umsi_pci_function {
	uint32_t requester_id;		/* segment << 16 | bus << 8 | device << 3 | function */
	struct umsi_pci_bar bar[6];	/* by BAR slot, as BIR counts them */
	bool no_msix, no_msi;		/* quirk: umsi_pci_irqs_alloc() is to leave that capability alone */
};

/* A checked MSI-X capability: all of it lies where it says. */
struct umsi_pci_msix_cap {
	uint16_t offset;		/* of the capability in configuration space */
	uint16_t entries;		/* 1 .. 2048 */
	uint8_t table_bir, pba_bir;	/* 0 .. 5 */
	uint32_t table_offset;		/* bytes into that BAR, 8-byte aligned */
	uint32_t pba_offset;
};

/* A checked MSI capability. */
struct umsi_pci_msi_cap {
	uint16_t offset;		/* of the capability in configuration space */
	uint8_t messages_log2;		/* it can send 1 << this many, 1 .. 32 */
	bool wide;			/* 64-bit addresses */
	bool maskable;			/* mask and pending bits */
};

/**
 * umsi_pci_msix_probe() - find and check a function's MSI-X capability
 * @out: written on success only
 *
 * Reads configuration space only.
 *
 * Context: any. Return: UMSI_OK, UMSI_EINVAL, or
 *   UMSI_ECAP_GONE (all-ones), UMSI_ECAP_HEADER, UMSI_ECAP_NONE, UMSI_ECAP_LOOP,
 *   UMSI_ECAP_POINTER, UMSI_ECAP_SIZE, UMSI_ECAP_BIR, UMSI_ECAP_BAR, UMSI_ECAP_TABLE,
 *   UMSI_ECAP_PBA, UMSI_ECAP_OVERLAP: see <umsi/status.h>.
 * Source: PCI Local Bus 3.0, "MSI-X Capability and Table Structure"; PCI Express Base, "MSI-X
 *   Capability Structure" and "Configuration Space" (capability list).
 */
int umsi_pci_msix_probe(struct umsi *m, const struct umsi_pci_function *fn,
			struct umsi_pci_msix_cap *out);

/*
 * For what configuration space does not say: an erratum of a function or bridge.
 * @as: as it was found; may be changed.
 */
typedef void (*umsi_pci_requester_quirk)(void *arg, uint32_t requester_id, struct umsi_requester *as);

/**
 * umsi_pci_requester() - whose messages those of a function look like to a translator
 * @root_bus: the bus at the root complex that leads to it, mostly 0
 * @quirk: NULL, or called last
 * @out: for umsi_device_config.messages_as; written on success only
 *
 * Looks for the bridges above the function on the buses between: their numbers
 * must be final. A bridge from PCI Express to conventional PCI may send with any
 * id of its buses; one from conventional PCI takes its own; ports take none.
 *
 * Context: sleepable (it may read every function of each bus in between).
 * Return: UMSI_OK, UMSI_EINVAL (a NULL, a bus below @root_bus), UMSI_ENOENT (no bridge leads to
 *   a bus), UMSI_ECAP_GONE, UMSI_ECAP_HEADER, UMSI_ECAP_LOOP, UMSI_ECAP_POINTER, UMSI_ECAP_SIZE
 *   (the function's, or a bridge's, configuration space).
 */
int umsi_pci_requester(struct umsi *m, uint32_t requester_id, uint8_t root_bus,
		       umsi_pci_requester_quirk quirk, void *arg, struct umsi_requester *out);

/**
 * umsi_pci_msi_off() - MSI and MSI-X of a function off, function mask cleared
 *
 * For a host that enumerates: firmware or a crashed kernel may have left them
 * on, and umsi_pci_msix_create() takes that for somebody else's use. Not for a
 * function that has a table.
 *
 * Context: any. Return: UMSI_OK (also without either capability), UMSI_EINVAL, UMSI_ECAP_GONE,
 *   UMSI_ECAP_HEADER, UMSI_ECAP_LOOP, UMSI_ECAP_POINTER, UMSI_ECAP_SIZE.
 */
int umsi_pci_msi_off(struct umsi *m, uint32_t requester_id);

/**
 * umsi_pci_msix_create() - enable MSI-X and make its table
 * @dev: the function's device; its requester id must be @fn's
 * @out: indices 0 .. entries - 1
 *
 * Sets enable and function mask together, masks every entry (a crashed kernel
 * may have left some open), turns INTx off, then clears the function mask. Memory
 * decoding must be on; bus mastering is the driver's.
 * Destroying the table masks all, turns MSI-X off and INTx back as it was.
 *
 * Context: sleepable. Return: as umsi_pci_msix_probe(), and
 *   UMSI_EEXIST (MSI-X or MSI of this function is on already), UMSI_ESTATE (memory decoding
 *   off, or device being removed), UMSI_ENOMEM (memory or mapping), UMSI_EGONE (the function
 *   vanished), UMSI_EREFUSED (the enable bit did not stick).
 *   On error the function's registers are as found.
 */
int umsi_pci_msix_create(struct umsi_device *dev, const struct umsi_pci_function *fn,
			 struct umsi_table **out);

/**
 * umsi_pci_msi_probe() - find and check a function's plain MSI capability
 * @out: written on success only
 *
 * Reads configuration space only.
 *
 * Context: any. Return: UMSI_OK, UMSI_EINVAL, or
 *   UMSI_ECAP_GONE, UMSI_ECAP_HEADER, UMSI_ECAP_NONE, UMSI_ECAP_LOOP, UMSI_ECAP_POINTER,
 *   UMSI_ECAP_SIZE, UMSI_ECAP_MESSAGES (a reserved number).
 * Source: PCI Local Bus 3.0, "MSI Capability Structure".
 */
int umsi_pci_msi_probe(struct umsi *m, const struct umsi_pci_function *fn,
		       struct umsi_pci_msi_cap *out);

/**
 * umsi_pci_msi_create() - make the table of a function's plain MSI
 * @dev: the function's device; its requester id must be @fn's
 * @messages: a power of two, at most what the capability offers
 * @out: indices 0 .. messages - 1, allocated together by umsi_irq_alloc_block() (one: umsi_irq_alloc())
 *
 * Sets the number of messages, masks them where there are mask bits, turns INTx
 * off. The first request enables MSI, and turns INTx off again should a reset have cleared that; without mask bits the last release disables
 * it. A request whose message does not fit the function (an address above 4 GiB
 * on a 32-bit one, more than 16 bits of data) is answered UMSI_ENOTSUP. Bus
 * mastering is the driver's.
 * Destroying the table turns MSI off, and INTx and mask bits back as they were.
 *
 * Context: sleepable. Return: as umsi_pci_msi_probe(), and UMSI_ERANGE (@messages), UMSI_EEXIST (MSI
 *   or MSI-X is on already, or has a table), UMSI_ESTATE (device being removed), UMSI_ENOMEM,
 *   UMSI_EGONE (the function vanished), UMSI_EREFUSED (the number of messages did not stick).
 *   On error the function's registers are as found.
 */
int umsi_pci_msi_create(struct umsi_device *dev, const struct umsi_pci_function *fn,
			uint32_t messages, struct umsi_table **out);

/* ---- Whatever the function has, in one call. ---- */

enum umsi_pci_kind {
	UMSI_PCI_MSIX = 0,
	UMSI_PCI_MSI = 1,
	UMSI_PCI_WIRED = 2,
	UMSI_PCI_SHARED = 3,
};

/* Where the function's INTx line ends, if the host knows. */
struct umsi_pci_wire {
	struct umsi_table *table;	/* of an I/O APIC, a GIC, ...; NULL = not known */
	uint32_t index;			/* its pin there */
	uint8_t trigger;		/* UMSI_TRIGGER_LEVEL_LOW or as the bridge turns it into */
	struct umsi_shared *shared;	/* instead of the three above: the line, where others end at it too */
};

struct umsi_pci_irqs {
	enum umsi_pci_kind kind;
	struct umsi_table *table;	/* for UMSI_PCI_WIRED the wire's, for UMSI_PCI_SHARED NULL */
	uint32_t count;
	struct umsi_shared *shared;	/* UMSI_PCI_SHARED: the line */
	struct umsi_sharer *sharer;	/* and this function's driver on it, once requested */
};

/**
 * umsi_pci_irqs_alloc() - interrupts of a function: MSI-X, else MSI, else its wire
 * @at_least, @at_most: 1 <= at_least <= at_most <= 2048; the wire only for at_least == 1
 * @affinity: of all; NULL = any online CPU
 * @wire: NULL = no wire
 * @irqs: room for @at_most handles, by index; out->count of them are written
 *
 * Takes as many as there are between the two bounds; MSI gives a power of two.
 * A kind that cannot serve @at_least, for whatever reason, is passed over; the
 * function is then as it was. On a wire of its own INTx is enabled; on a shared
 * one by umsi_pci_irqs_request(), for until then nobody would lower the line. Its
 * only handle is the line's (umsi_shared_irq()); @affinity is not for it.
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL, UMSI_ERANGE, or what the last kind
 *   that exists answered; UMSI_ECAP_NONE when there is none.
 */
int umsi_pci_irqs_alloc(struct umsi_device *dev, const struct umsi_pci_function *fn, uint32_t at_least,
			uint32_t at_most, const struct umsi_affinity *affinity,
			const struct umsi_pci_wire *wire, umsi_irq *irqs,
			struct umsi_pci_irqs *out);

/**
 * umsi_pci_irqs_request() - attach a handler, whatever kind they are of
 * @set, @irqs: from umsi_pci_irqs_alloc()
 * @index: below set->count
 *
 * Where several drivers share a line, @handler must answer UMSI_NOT_MINE when its
 * function does not assert it, and disabling and done go by set->sharer (<umsi/shared.h>).
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL, UMSI_ERANGE (@index), UMSI_EEXIST (requested
 *   already), and as umsi_irq_request() or umsi_shared_join().
 */
int umsi_pci_irqs_request(struct umsi_device *dev, struct umsi_pci_irqs *set, const umsi_irq *irqs,
			  uint32_t index, umsi_handler handler, void *arg, const char *name);

/* Frees them; a table of messages is destroyed, INTx of a wire turned off, a shared line left. Sleepable. */
void umsi_pci_irqs_free(struct umsi_device *dev, const struct umsi_pci_irqs *set,
			const umsi_irq *irqs);

#endif
