/* SPDX-License-Identifier: MIT */
/*
 * NVMe, driven by interrupts only: a completion queue, the admin queue's
 * included, is looked at by the handler of its own vector and by nobody else.
 * A command that is not completed in time is lost; nothing looks for it.
 * Source: NVM Express Base Specification 1.4, sections by title in each file.
 */
#ifndef NVME_H
#define NVME_H

#include <stdbool.h>
#include <stdint.h>

#include <umsi/device.h>
#include <umsi/umsi.h>

#include "core/spin.h"

struct cpu;
struct nvme;

#define NVME_ENTRIES		64	/* of each queue */
#define NVME_OUTSTANDING_MAX	32	/* so that a completion queue is never full */
#define NVME_WIRED_MAX		129
#define NVME_TIMEOUT_NS		(10 * 1000000000ull)

/* "Submission Queue Entry - Command Format" */
struct nvme_command {
	uint8_t opcode;
	uint8_t flags;
	uint16_t cid;
	uint32_t nsid;
	uint64_t reserved;
	uint64_t metadata;
	uint64_t prp1, prp2;
	uint32_t cdw10, cdw11, cdw12, cdw13, cdw14, cdw15;
};
_Static_assert(sizeof(struct nvme_command) == 64, "Submission Queue Entry");

/* "Completion Queue Entry" */
struct nvme_completion {
	uint32_t result;
	uint32_t reserved;
	uint16_t sq_head, sq_id;
	uint16_t cid;
	uint16_t status;	/* bit 0: phase tag */
};
_Static_assert(sizeof(struct nvme_completion) == 16, "Completion Queue Entry");

enum nvme_slot_state {
	NVME_SLOT_FREE = 0,
	NVME_SLOT_BUSY,		/* with the controller */
	NVME_SLOT_DONE,		/* set by the handler (release) */
	NVME_SLOT_LOST,		/* never used again */
};

struct nvme_slot {
	uint32_t state;
	uint32_t result;
	uint16_t status;
	struct cpu *waiter;	/* woken when done */
	uint64_t submitted_ns;
	uint64_t block;		/* the submitter's */
};

/*
 *   field               written by
 *   -----               ----------
 *   sq_tail, submitted  submitter, under lock
 *   cq_head .. credit   the handler alone
 *   mover               whoever moves its interrupt (try-lock)
 *   slot[].state        FREE/LOST -> submitter's side; DONE -> handler
 */
struct nvme_queue {
	struct nvme *nvme;
	const char *name;
	uint16_t qid;
	uint32_t msix_index;
	umsi_irq irq;
	struct nvme_command *sq;
	volatile struct nvme_completion *cq;
	unsigned char *buffer;	/* one page a slot */

	struct spin lock;
	uint16_t sq_tail;
	uint64_t submitted;

	uint32_t live;		/* between request and release of its interrupt */
	uint32_t in_handler;
	uint16_t cq_head;
	uint16_t cq_phase;
	uint64_t completed;
	uint64_t runs;		/* handler calls */
	uint64_t late;		/* calls that found nothing because an earlier call had taken two or more */
	uint64_t credit;

	uint32_t mover;
	struct nvme_slot slot[NVME_ENTRIES];
};

/* What must never be anything but 0, and sums over all queues. Atomic. */
struct nvme_counts {
	uint64_t completions;
	uint64_t late;
	uint64_t lost;
	uint64_t errors;		/* commands that ended with a bad status */
	uint64_t stray;			/* completions of no outstanding command */
	uint64_t looks_outside;		/* completion queue looked at outside its handler */
	uint64_t overlaps;		/* handler on two CPUs at once */
	uint64_t calls_after_end;	/* handler called after its interrupt was released */
	uint64_t wire_empty;		/* calls of the wire's handler that found no completion */
};

struct nvme {
	uintptr_t registers;
	uint32_t doorbell_stride;
	struct umsi_device *device;
	struct umsi_table *table;
	uint32_t vectors;
	umsi_irq wire;			/* of all queues, where functions send no messages; else UMSI_IRQ_NONE */
	struct nvme_queue *wired[NVME_WIRED_MAX];	/* atomic pointers; NULL = nobody's */
	struct nvme_queue admin;
	uint32_t queue_pairs;		/* granted by the controller */
	uint32_t block_bytes;
	uint64_t blocks;		/* of namespace 1, in block_bytes */
	struct nvme_counts counts;
};

/* Finds the controller, brings it up, identifies it. Ends the run on failure. */
void nvme_init(struct nvme *nvme, uint32_t queue_pairs_wanted);

/* ---- Queues (nvme_queue.c) ---- */

/* Memory for both rings and the buffers. */
bool nvme_queue_init(struct nvme *nvme, struct nvme_queue *q, uint16_t qid, const char *name);
/* Empties both rings; the controller must not use them. */
void nvme_queue_reset(struct nvme_queue *q);
/* An interrupt for it at an index of [first, last], on @cpu. Returns an umsi_status. */
int nvme_queue_attach(struct nvme_queue *q, uint32_t first, uint32_t last, uint32_t cpu);
/* The pin, a level, for all queues that are attached from now on. Returns an umsi_status. */
int nvme_wire(struct nvme *nvme, struct umsi_table *table, const struct umsi_irq_request_at *at);
/* Whoever sets it from 0 to 1 may move the queue's interrupt. */
uint32_t *nvme_mover(struct nvme_queue *q);
/* Gives the interrupt back. Returns an umsi_status. */
int nvme_queue_detach(struct nvme_queue *q);

/*
 * Index of the slot, or -1 with NVME_OUTSTANDING_MAX of them in use. Fills
 * cid, and prp1 with the slot's page where it is 0.
 */
int nvme_submit(struct nvme_queue *q, struct nvme_command *command, uint64_t block);
/* Sleeps until it is done; false = lost or ended badly. The slot stays the caller's. */
bool nvme_wait(struct nvme_queue *q, int slot);
/* True when nothing is with the controller any more. */
bool nvme_slot_done(const struct nvme_queue *q, int slot);
void nvme_slot_release(struct nvme_queue *q, int slot);
unsigned char *nvme_slot_buffer(struct nvme_queue *q, int slot);
/* Marks commands older than NVME_TIMEOUT_NS; returns how many this call found. */
unsigned int nvme_mark_lost(struct nvme_queue *q);
bool nvme_busy(const struct nvme_queue *q);

/* ---- Commands (nvme_command.c) ---- */

/* Admin commands wait; false = lost or refused. */
bool nvme_identify(struct nvme *nvme, uint32_t cns, uint32_t nsid, unsigned char out[4096]);
bool nvme_set_queue_count(struct nvme *nvme, uint32_t wanted, uint32_t *out_granted);
bool nvme_create_queue_pair(struct nvme_queue *q);
bool nvme_delete_queue_pair(struct nvme_queue *q);
/* One page at @page of the disk into the slot's buffer. As nvme_submit(). */
int nvme_read_page(struct nvme_queue *q, uint64_t page);

#endif
