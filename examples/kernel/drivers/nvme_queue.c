/* SPDX-License-Identifier: MIT */
/* Rings, doorbells and the handler. Source: NVM Express Base Specification 1.4,
 * "Submission Queue & Completion Queue Definition", "Doorbell Registers". */
#include <umsi/device.h>
#include <umsi/irq.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/text.h"
#include "drivers/nvme.h"

#define NVME_DOORBELLS	0x1000u

static void count(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

static void ring(struct nvme_queue *q, bool completion, uint16_t value)
{
	uintptr_t at = q->nvme->registers + NVME_DOORBELLS +
		       (2u * q->qid + completion) * q->nvme->doorbell_stride;

	arch_fence_doorbell();
	mmio_write32(at, value);
}

bool nvme_queue_init(struct nvme *nvme, struct nvme_queue *q, uint16_t qid, const char *name)
{
	q->nvme = nvme;
	q->qid = qid;
	q->name = name;
	q->sq = memory_alloc(NVME_ENTRIES * sizeof(*q->sq));
	q->cq = memory_alloc(PAGE);
	q->buffer = memory_alloc(NVME_ENTRIES * PAGE);
	if (!q->sq || !q->cq || !q->buffer)
		return false;
	nvme_queue_reset(q);
	return true;
}

void nvme_queue_reset(struct nvme_queue *q)
{
	memset(q->sq, 0, NVME_ENTRIES * sizeof(*q->sq));
	memset((void *)(uintptr_t)q->cq, 0, PAGE);
	memset(q->slot, 0, sizeof(q->slot));
	q->sq_tail = 0;
	q->cq_head = 0;
	q->cq_phase = 1;
	q->credit = 0;
}

/* ---- The handler ---- */

static void complete(struct nvme_queue *q, uint16_t cid, uint16_t status, uint32_t result)
{
	struct nvme_slot *slot = &q->slot[cid % NVME_ENTRIES];

	if (cid >= NVME_ENTRIES ||
	    __atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) != NVME_SLOT_BUSY) {
		count(&q->nvme->counts.stray, 1);
		return;
	}
	slot->status = status;
	slot->result = result;
	if (status)
		count(&q->nvme->counts.errors, 1);
	__atomic_store_n(&q->completed, q->completed + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&slot->state, NVME_SLOT_DONE, __ATOMIC_RELEASE);
	cpu_wake(slot->waiter);
}

/* Copies every entry whose phase tag is new. Only the handler may look. */
static unsigned int copy_entries(struct nvme_queue *q, struct nvme_completion *out)
{
	unsigned int n = 0;

	if (!this_cpu()->trap_depth || !__atomic_load_n(&q->in_handler, __ATOMIC_RELAXED))
		count(&q->nvme->counts.looks_outside, 1);
	while (n < NVME_ENTRIES) {
		volatile struct nvme_completion *entry = &q->cq[q->cq_head];
		uint16_t status = entry->status;

		if ((status & 1) != q->cq_phase)
			break;
		arch_fence_entry();
		out[n++] = (struct nvme_completion){
			.cid = entry->cid,
			.status = status >> 1,
			.result = entry->result,
		};
		if (++q->cq_head == NVME_ENTRIES) {
			q->cq_head = 0;
			q->cq_phase ^= 1;
		}
	}
	return n;
}

/*
 * The doorbell comes before anybody learns of a completion: its waiter may
 * delete the submission queue at once, and QEMU's model then sends another
 * message if the completion queue does not look empty to it.
 */
static unsigned int take_completions(struct nvme_queue *q)
{
	struct nvme_completion entry[NVME_ENTRIES];
	unsigned int n = copy_entries(q, entry);

	if (n)
		ring(q, true, q->cq_head);
	for (unsigned int i = 0; i < n; i++)
		complete(q, entry[i].cid, entry[i].status, entry[i].result);
	return n;
}

/*
 * The controller sends at most one message a completion, and it may send it
 * after the call for an earlier one has already taken the entry. Such a call
 * finds nothing and is late, not spurious; there are never more of them than
 * entries taken beyond the first of a call (the credit).
 */
static enum umsi_handled queue_handler(void *arg)
{
	struct nvme_queue *q = arg;
	enum umsi_handled answer = UMSI_HANDLED;
	unsigned int taken;

	if (__atomic_exchange_n(&q->in_handler, 1, __ATOMIC_ACQUIRE))
		count(&q->nvme->counts.overlaps, 1);
	if (!__atomic_load_n(&q->live, __ATOMIC_RELAXED))
		count(&q->nvme->counts.calls_after_end, 1);
	q->runs++;
	taken = take_completions(q);
	if (taken) {
		q->credit += taken - 1;
		count(&q->nvme->counts.completions, taken);
	} else if (q->credit) {
		q->credit--;
		q->late++;
		count(&q->nvme->counts.late, 1);
	} else {
		answer = UMSI_NOT_MINE;
	}
	__atomic_store_n(&q->in_handler, 0, __ATOMIC_RELEASE);
	return answer;
}

/* ---- One wire for all queues ---- */

/* Its line stays up until every completion queue has been emptied. */
static enum umsi_handled wire_handler(void *arg)
{
	struct nvme *nvme = arg;
	unsigned int all = 0;

	for (unsigned int i = 0; i < NVME_WIRED_MAX; i++) {
		struct nvme_queue *q = __atomic_load_n(&nvme->wired[i], __ATOMIC_ACQUIRE);

		if (!q)
			continue;
		if (__atomic_exchange_n(&q->in_handler, 1, __ATOMIC_ACQUIRE))
			count(&nvme->counts.overlaps, 1);
		q->runs++;
		all += take_completions(q);
		__atomic_store_n(&q->in_handler, 0, __ATOMIC_RELEASE);
	}
	count(&nvme->counts.completions, all);
	count(&nvme->counts.wire_empty, !all);
	return UMSI_HANDLED;
}

int nvme_wire(struct nvme *nvme, struct umsi_table *table, const struct umsi_irq_request_at *at)
{
	int status = umsi_irq_alloc(table, at, &nvme->wire);

	if (status == UMSI_OK)
		status = umsi_irq_request(kernel.m, nvme->wire, wire_handler, nvme, "nvme-pin");
	return status;
}

uint32_t *nvme_mover(struct nvme_queue *q)
{
	return q->nvme->wire ? &q->nvme->admin.mover : &q->mover;
}

static int attach_wire(struct nvme_queue *q)
{
	struct nvme_queue *nobody = NULL;

	q->irq = q->nvme->wire;
	q->msix_index = 0;
	for (unsigned int i = 0; i < NVME_WIRED_MAX; i++, nobody = NULL)
		if (__atomic_compare_exchange_n(&q->nvme->wired[i], &nobody, q, false, __ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE))
			return UMSI_OK;
	return UMSI_ENOINDEX;
}

/* No call that began before looks at it any more. */
static int detach_wire(struct nvme_queue *q)
{
	for (unsigned int i = 0; i < NVME_WIRED_MAX; i++)
		if (__atomic_load_n(&q->nvme->wired[i], __ATOMIC_RELAXED) == q)
			__atomic_store_n(&q->nvme->wired[i], NULL, __ATOMIC_RELEASE);
	q->irq = UMSI_IRQ_NONE;
	return umsi_irq_synchronize(kernel.m, q->nvme->wire);
}

/* ---- An interrupt for each queue ---- */

static int attach_message(struct nvme_queue *q, uint32_t first, uint32_t last, uint32_t cpu)
{
	struct umsi_irq_request_at at = {
		.first = first,
		.last = last,
		.affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = cpu },
	};
	int status = umsi_irq_alloc(q->nvme->table, &at, &q->irq);

	if (status != UMSI_OK)
		return status;
	umsi_irq_index(kernel.m, q->irq, &q->msix_index);
	__atomic_store_n(&q->live, 1, __ATOMIC_RELEASE);
	status = umsi_irq_request(kernel.m, q->irq, queue_handler, q, q->name);
	if (status == UMSI_OK)
		return UMSI_OK;
	q->live = 0;
	umsi_irq_free(kernel.m, q->irq);
	return status;
}

static int detach_message(struct nvme_queue *q)
{
	int status = umsi_irq_release(kernel.m, q->irq);

	if (status != UMSI_OK)
		return status;
	__atomic_store_n(&q->live, 0, __ATOMIC_RELEASE);
	status = umsi_irq_free(kernel.m, q->irq);
	q->irq = UMSI_IRQ_NONE;
	return status;
}

int nvme_queue_attach(struct nvme_queue *q, uint32_t first, uint32_t last, uint32_t cpu)
{
	return q->nvme->wire ? attach_wire(q) : attach_message(q, first, last, cpu);
}

int nvme_queue_detach(struct nvme_queue *q)
{
	return q->nvme->wire ? detach_wire(q) : detach_message(q);
}

/* ---- The submitter's side ---- */

static int free_slot_locked(const struct nvme_queue *q)
{
	for (int i = 0; i < NVME_OUTSTANDING_MAX; i++)
		if (__atomic_load_n(&q->slot[i].state, __ATOMIC_ACQUIRE) == NVME_SLOT_FREE)
			return i;
	return -1;
}

unsigned char *nvme_slot_buffer(struct nvme_queue *q, int slot)
{
	return q->buffer + (unsigned long)slot * PAGE;
}

int nvme_submit(struct nvme_queue *q, struct nvme_command *command, uint64_t block)
{
	uintptr_t state = spin_lock(&q->lock);
	int index = free_slot_locked(q);

	if (index >= 0) {
		struct nvme_slot *slot = &q->slot[index];

		command->cid = (uint16_t)index;
		if (!command->prp1)
			command->prp1 = (uintptr_t)nvme_slot_buffer(q, index);
		slot->waiter = this_cpu();
		slot->submitted_ns = time_ns();
		slot->block = block;
		__atomic_store_n(&slot->state, NVME_SLOT_BUSY, __ATOMIC_RELEASE);
		q->sq[q->sq_tail] = *command;
		q->sq_tail = (uint16_t)((q->sq_tail + 1) % NVME_ENTRIES);
		__atomic_store_n(&q->submitted, q->submitted + 1, __ATOMIC_RELEASE);
		ring(q, false, q->sq_tail);
	}
	spin_unlock(&q->lock, state);
	return index;
}

bool nvme_slot_done(const struct nvme_queue *q, int slot)
{
	return __atomic_load_n(&q->slot[slot].state, __ATOMIC_ACQUIRE) >= NVME_SLOT_DONE;
}

void nvme_slot_release(struct nvme_queue *q, int slot)
{
	if (q->slot[slot].state == NVME_SLOT_DONE)
		__atomic_store_n(&q->slot[slot].state, NVME_SLOT_FREE, __ATOMIC_RELEASE);
}

static void mark_lost(struct nvme_queue *q, int slot)
{
	uint32_t busy = NVME_SLOT_BUSY;

	if (!__atomic_compare_exchange_n(&q->slot[slot].state, &busy, NVME_SLOT_LOST, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return;
	count(&q->nvme->counts.lost, 1);
	kprintf("lost: queue %u (%s) slot %d, vector %u on cpu %u, %lu submitted, %lu completed, %lu handler calls\n",
		q->qid, q->name, slot, q->msix_index, umsi_irq_effective_cpu(kernel.m, q->irq),
		q->submitted, q->completed, q->runs);
}

unsigned int nvme_mark_lost(struct nvme_queue *q)
{
	uint64_t now = time_ns();
	unsigned int found = 0;

	for (int i = 0; i < NVME_OUTSTANDING_MAX; i++) {
		if (__atomic_load_n(&q->slot[i].state, __ATOMIC_ACQUIRE) != NVME_SLOT_BUSY ||
		    now - q->slot[i].submitted_ns < NVME_TIMEOUT_NS)
			continue;
		mark_lost(q, i);
		found++;
	}
	return found;
}

bool nvme_busy(const struct nvme_queue *q)
{
	for (int i = 0; i < NVME_OUTSTANDING_MAX; i++)
		if (__atomic_load_n(&q->slot[i].state, __ATOMIC_ACQUIRE) == NVME_SLOT_BUSY)
			return true;
	return false;
}

static bool slot_done(const void *arg)
{
	const struct nvme_slot *slot = arg;

	return __atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) != NVME_SLOT_BUSY;
}

bool nvme_wait(struct nvme_queue *q, int slot)
{
	struct nvme_slot *s = &q->slot[slot];

	if (!cpu_wait(slot_done, s, s->submitted_ns + NVME_TIMEOUT_NS))
		mark_lost(q, slot);
	return s->state == NVME_SLOT_DONE && s->status == 0;
}
