/* SPDX-License-Identifier: MIT */
/*
 * The command queue. Any number of CPUs queue and wait at once: each batch is
 * written in one critical section, the wait is outside of it, and whoever looks
 * at CREADR counts for all.
 *
 * A queue that stalls (CREADR.Stalled) is helped over the command it stalled on,
 * which its waiter hears of; one that does not move within the time is broken:
 * everything is refused until it is seen to have moved on.
 * Source: IHI 0069, "The ITS command interface", "GITS_CREADR", "GITS_CWRITER".
 */
#include "translate/its.h"

#include "core/deadline.h"
#include "umsi_arch.h"
#include "umsi_icc.h"

#define MAPPED		UINT64_C(1)	/* in its->target[]: RDbase has no such bit */

static struct umsi *machine_of(const struct umsi_its *its)
{
	return its->domain.m;
}

static size_t queue_bytes(const struct umsi_its_queue *q)
{
	return (size_t)q->commands * ITS_COMMAND_BYTES;
}

static int give_queue(struct umsi_its *its)
{
	struct umsi_its_queue *q = &its->queue;
	uint64_t base = umsi_its_cbaser(q->bus, (uint32_t)queue_bytes(q) / 0x1000);

	umsi_gic_write64(its->frame + GITS_CBASER, base | umsi_its_attributes(GITS_CACHE_WRITE_BACK, GITS_SHARE_INNER));
	if (umsi_its_share(umsi_gic_read64(its->frame + GITS_CBASER)) == GITS_SHARE_NONE) {
		its->coherent = false;
		umsi_gic_write64(its->frame + GITS_CBASER, base | umsi_its_attributes(GITS_CACHE_NONE, GITS_SHARE_NONE));
	}
	/* CREADR is 0 from the write of CBASER on. */
	umsi_gic_write64(its->frame + GITS_CWRITER, 0);
	return umsi_gic_read64(its->frame + GITS_CREADR) ? UMSI_EREFUSED : UMSI_OK;
}

int umsi_its_queue_make(struct umsi_its *its)
{
	struct umsi_its_queue *q = &its->queue;
	struct umsi *m = machine_of(its);

	its->target = umsi_host_alloc(m->host, m->ncpus * sizeof(*its->target));
	q->memory = umsi_host_dma_alloc(m->host, queue_bytes(q), ITS_QUEUE_ALIGN, &q->bus);
	if (!its->target || !q->memory)
		return UMSI_ENOMEM;
	return give_queue(its);
}

bool umsi_its_queue_kept(struct umsi_its *its)
{
	uint64_t same = umsi_its_cbaser(UINT64_MAX, 1);

	return (umsi_gic_read64(its->frame + GITS_CBASER) & same) == (umsi_its_cbaser(its->queue.bus, 1) & same);
}

void umsi_its_queue_free(struct umsi_its *its)
{
	struct umsi *m = machine_of(its);

	if (its->queue.memory)
		umsi_host_dma_free(m->host, its->queue.memory, queue_bytes(&its->queue), ITS_QUEUE_ALIGN);
	if (its->target)
		umsi_host_free(m->host, its->target, m->ncpus * sizeof(*its->target));
}

static void write_command_locked(struct umsi_its *its, uint64_t position, const struct umsi_its_command *c)
{
	umsi_atomic64 *at = its->queue.memory + position % its->queue.commands * 4;

	for (uint32_t i = 0; i < 4; i++)
		umsi_store64(&at[i], c->word[i]);
	umsi_its_clean(its, at, sizeof(*c));
}

static void tell_locked(struct umsi_its *its, uint64_t flags)
{
	uint64_t offset = its->queue.posted % its->queue.commands * ITS_COMMAND_BYTES;

	/* The commands are in memory before the ITS hears of them. */
	umsi_barrier_publish_to_message();
	umsi_gic_write64(its->frame + GITS_CWRITER, offset | flags);
	/*
	 * It has arrived before the lock is given back, which orders no device write: an
	 * older CWRITER after a newer one would have the whole ring executed again.
	 */
	(void)umsi_gic_read64(its->frame + GITS_CWRITER);
	umsi_barrier_flush_to_stamp();
}

/* ---- A stall ---- */

static void log_refused(struct umsi_its *its, uint64_t position)
{
	const umsi_atomic64 *at = its->queue.memory + position % its->queue.commands * 4;
	struct umsi_text t;

	umsi_text_begin(&t, "its: queue stalled, command skipped:");
	for (uint32_t i = 0; i < 3; i++)
		umsi_text_field(&t, "word", umsi_load64(&at[i]));
	umsi_host_log(machine_of(its)->host, UMSI_LOG_ERROR, t.line);
}

static bool any_target_locked(const struct umsi_its *its, uint64_t *out)
{
	for (umsi_cpu cpu = 0; cpu < machine_of(its)->ncpus; cpu++) {
		if (!(its->target[cpu] & MAPPED))
			continue;
		*out = its->target[cpu] & ~MAPPED;
		return true;
	}
	return false;
}

bool umsi_its_any_target(struct umsi_its *its, uint64_t *out)
{
	uintptr_t state = umsi_lock(machine_of(its), &its->queue.lock);
	bool found = any_target_locked(its, out);

	umsi_unlock(machine_of(its), &its->queue.lock, state);
	return found;
}

/*
 * "GITS_CWRITER.Retry": the command it stalled on becomes a harmless one, and it
 * tries again. A SYNC of a mapped redistributor is harmless; before there is any,
 * so is taking an unmapped collection's mapping away.
 */
static void help_over_locked(struct umsi_its *its)
{
	struct umsi_its_queue *q = &its->queue;
	struct umsi_its_command nothing = umsi_its_unmapc(0);
	uint64_t target;

	/* Once is enough: it may not have tried again yet, or nothing helps. */
	if (q->refused && q->refused_at[(q->refused - 1) % ITS_REFUSED_KEPT] == q->consumed + 1)
		return;
	if (any_target_locked(its, &target))
		nothing = umsi_its_sync(target);
	log_refused(its, q->consumed);
	q->refused_at[q->refused++ % ITS_REFUSED_KEPT] = q->consumed + 1;
	write_command_locked(its, q->consumed, &nothing);
	tell_locked(its, GITS_CWRITER_RETRY);
}

/* Counts what was executed since the last look. One that says more than there was has lost its registers. */
static void look_locked(struct umsi_its *its)
{
	struct umsi_its_queue *q = &its->queue;
	uint64_t creadr = umsi_gic_read64(its->frame + GITS_CREADR);
	uint32_t at = (uint32_t)((creadr & GITS_QUEUE_OFFSET) / ITS_COMMAND_BYTES);
	uint32_t executed = (at - (uint32_t)(q->consumed % q->commands)) % q->commands;

	/* What it did precedes what its waiter does next. */
	umsi_barrier_flush_to_stamp();
	q->lost = executed > q->posted - q->consumed;
	if (q->lost) {
		q->broken = true;
		return;
	}
	q->consumed += executed;
	if (q->consumed == q->posted)
		q->broken = false;
	else if (creadr & GITS_CREADR_STALLED)
		help_over_locked(its);
}

/* The batch ends at position @to; a collection's mapping may precede it from @from on. */
static int outcome_locked(const struct umsi_its_queue *q, struct umsi_its_batch *b, uint64_t from, uint64_t to)
{
	int status = UMSI_OK;

	for (uint32_t i = 0; i < ITS_REFUSED_KEPT; i++) {
		if (q->refused_at[i] <= from || q->refused_at[i] > to)
			continue;
		status = UMSI_EREFUSED;
		if (q->refused_at[i] > to - b->count)
			b->refused = (uint32_t)(q->refused_at[i] - (to - b->count) - 1);
	}
	return status;
}

/* ---- Queueing and waiting ---- */

static uint64_t room_locked(const struct umsi_its_queue *q)
{
	return q->commands - 1 - (q->posted - q->consumed);
}

static void give_up_locked(struct umsi_its *its)
{
	struct umsi_its_queue *q = &its->queue;
	struct umsi_text t;

	q->timeouts++;
	if (q->broken)
		return;
	q->broken = true;
	umsi_text_begin(&t, "its: queue does not move:");
	umsi_text_field(&t, "posted", q->posted);
	umsi_text_field(&t, "executed", q->consumed);
	umsi_text_field(&t, "GITS_CREADR", umsi_gic_read64(its->frame + GITS_CREADR));
	umsi_barrier_flush_to_stamp();
	umsi_host_log(machine_of(its)->host, UMSI_LOG_ERROR, t.line);
}

/* MAPC and INVALL, once for each collection: it may have been mapped elsewhere in another life. */
static uint32_t map_collection_locked(struct umsi_its *its, umsi_cpu cpu, uint64_t target,
				      struct umsi_its_command *out)
{
	if (cpu == UMSI_CPU_NONE || its->target[cpu] & MAPPED)
		return 0;
	its->target[cpu] = target | MAPPED;
	out[0] = umsi_its_mapc(cpu, target);
	out[1] = umsi_its_invall(cpu);
	return 2;
}

/* Is the command to be queued? Notes what it does to its event, or to its device. */
static bool note_locked(struct umsi_its_device *dev, const struct umsi_its_command *c)
{
	uint32_t event = (uint32_t)c->word[1], *word = &dev->mapped[event / 32], bit = UINT32_C(1) << event % 32;
	bool was;

	switch (c->word[0] & 0xff) {
	case ITS_SYNC:
		return true;
	case ITS_MAPD:
		dev->given = c->word[2] & GITS_BASER_VALID;
		return true;
	case ITS_MAPTI:
		*word |= dev->given ? bit : 0;
		return dev->given;
	case ITS_DISCARD:
		was = *word & bit;
		if (c->word[0] >> 32 == dev->id[0])
			*word &= ~bit;
		return was;
	}
	return *word & bit;
}

/* A command that is left out leaves the place it would have had to the SYNC of its batch. */
static const struct umsi_its_command *chosen_locked(const struct umsi_its_batch *b, uint32_t i)
{
	return !b->of || note_locked(b->of, &b->command[i]) ? &b->command[i] : &b->command[b->count - 1];
}

static void append_locked(struct umsi_its *its, const struct umsi_its_batch *b, umsi_cpu cpu, uint64_t target)
{
	struct umsi_its_queue *q = &its->queue;
	struct umsi_its_command first[2];
	uint32_t n = map_collection_locked(its, cpu, target, first);

	for (uint32_t i = 0; i < n; i++)
		write_command_locked(its, q->posted++, &first[i]);
	for (uint32_t i = 0; i < b->count; i++)
		write_command_locked(its, q->posted++, chosen_locked(b, i));
	tell_locked(its, 0);
}

/* One look: UMSI_OK: it was appended; UMSI_EAGAIN: no room yet; UMSI_ETIMEOUT: the queue is broken. */
static int try_append(struct umsi_its *its, const struct umsi_its_batch *b, umsi_cpu cpu, uint64_t target,
		      uint64_t *from, uint64_t *to, uint64_t *consumed)
{
	struct umsi_its_queue *q = &its->queue;
	uintptr_t state = umsi_lock(machine_of(its), &q->lock);
	int status = UMSI_EAGAIN;

	if (q->broken || room_locked(q) < b->count + 2)
		look_locked(its);
	if (q->broken) {
		q->timeouts++;
		status = UMSI_ETIMEOUT;
	} else if (room_locked(q) >= b->count + 2) {
		*from = q->posted;
		append_locked(its, b, cpu, target);
		*to = q->posted;
		status = UMSI_OK;
	}
	*consumed = q->consumed;
	umsi_unlock(machine_of(its), &q->lock, state);
	return status;
}

/* One look: UMSI_OK: executed; UMSI_EREFUSED: and one was skipped; UMSI_EAGAIN: not yet; UMSI_ETIMEOUT: never. */
static int try_finish(struct umsi_its *its, struct umsi_its_batch *b, uint64_t from, uint64_t to,
		      uint64_t *consumed)
{
	struct umsi_its_queue *q = &its->queue;
	uintptr_t state = umsi_lock(machine_of(its), &q->lock);
	int status = UMSI_EAGAIN;

	if (q->consumed < to)
		look_locked(its);
	if (q->consumed >= to)
		status = outcome_locked(q, b, from, to);
	else if (q->lost)
		status = UMSI_ETIMEOUT;
	*consumed = q->consumed;
	umsi_unlock(machine_of(its), &q->lock, state);
	return status;
}

/* @consumed: at the last look. A queue that has gone on since, or was begun anew, is not broken. */
static int gave_up(struct umsi_its *its, uint64_t consumed)
{
	uintptr_t state = umsi_lock(machine_of(its), &its->queue.lock);

	if (its->queue.consumed == consumed)
		give_up_locked(its);
	else
		its->queue.timeouts++;
	umsi_unlock(machine_of(its), &its->queue.lock, state);
	return UMSI_ETIMEOUT;
}

int umsi_its_execute(struct umsi_its *its, struct umsi_its_batch *b, umsi_cpu cpu, uint64_t target)
{
	void *host = machine_of(its)->host;
	struct umsi_deadline wait = umsi_deadline_in(host, its->timeout_ns);
	uint64_t from, to, consumed;
	int status;

	b->queued = false;
	b->refused = ITS_NONE;
	while ((status = try_append(its, b, cpu, target, &from, &to, &consumed)) == UMSI_EAGAIN)
		if (!umsi_deadline_left(&wait))
			return gave_up(its, consumed);
	if (status)
		return status;
	b->queued = true;
	wait = umsi_deadline_in(host, its->timeout_ns);
	while ((status = try_finish(its, b, from, to, &consumed)) == UMSI_EAGAIN)
		if (!umsi_deadline_left(&wait))
			return gave_up(its, consumed);
	return status == UMSI_ETIMEOUT ? gave_up(its, consumed) : status;
}

/* Into a queue that does not move, too, while it has room: if it ever does, this comes after what failed. */
void umsi_its_post(struct umsi_its *its, const struct umsi_its_batch *b, umsi_cpu cpu, uint64_t target)
{
	uintptr_t state = umsi_lock(machine_of(its), &its->queue.lock);

	if (room_locked(&its->queue) >= b->count + 2)
		append_locked(its, b, cpu, target);
	umsi_unlock(machine_of(its), &its->queue.lock, state);
}

/*
 * Each interrupt has moved by itself, pending state and all. What else is
 * pending there goes to whoever is left: an event that could not be discarded,
 * what other software's ITS has raised.
 */
int umsi_its_unmap_collection(struct umsi_its *its, umsi_cpu cpu)
{
	struct umsi_its_batch b = { .count = 0 };
	uintptr_t state = umsi_lock(machine_of(its), &its->queue.lock);
	uint64_t own = its->target[cpu], other;

	its->target[cpu] = 0;
	if (own & MAPPED) {
		umsi_its_add(&b, umsi_its_unmapc(cpu));
		if (any_target_locked(its, &other)) {
			umsi_its_add(&b, umsi_its_movall(own & ~MAPPED, other));
			umsi_its_add(&b, umsi_its_sync(own & ~MAPPED));
			umsi_its_add(&b, umsi_its_sync(other));
		}
	}
	umsi_unlock(machine_of(its), &its->queue.lock, state);
	if (!b.count)
		return UMSI_OK;
	return umsi_its_execute(its, &b, UMSI_CPU_NONE, 0);
}

bool umsi_its_has_event(struct umsi_its *its, const struct umsi_its_device *dev, uint32_t event)
{
	uintptr_t state = umsi_lock(machine_of(its), &its->queue.lock);
	bool has = dev->mapped[event / 32] >> event % 32 & 1;

	umsi_unlock(machine_of(its), &its->queue.lock, state);
	return has;
}

void umsi_its_forget_event(struct umsi_its *its, struct umsi_its_device *dev, uint32_t event)
{
	uintptr_t state = umsi_lock(machine_of(its), &its->queue.lock);

	dev->mapped[event / 32] &= ~(UINT32_C(1) << event % 32);
	umsi_unlock(machine_of(its), &its->queue.lock, state);
}

/* Positions only grow: whoever waits for one of the old queue has been passed. */
int umsi_its_queue_restart(struct umsi_its *its)
{
	struct umsi_its_queue *q = &its->queue;
	uintptr_t state = umsi_lock(machine_of(its), &q->lock);
	int status;

	q->posted = (q->posted + q->commands - 1) & ~(uint64_t)(q->commands - 1);
	q->consumed = q->posted;
	q->broken = q->lost = false;
	for (umsi_cpu cpu = 0; cpu < machine_of(its)->ncpus; cpu++)
		its->target[cpu] = 0;
	for (struct umsi_its_device *dev = its->devices; dev; dev = dev->next) {
		dev->given = false;
		__builtin_memset(dev->mapped, 0, umsi_its_mapped_bytes(dev->event_bits));
	}
	status = give_queue(its);
	if (!status)
		status = umsi_its_enable(its);
	umsi_barrier_flush_to_stamp();
	umsi_unlock(machine_of(its), &q->lock, state);
	return status;
}
