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

/* A collection's mapping may stand before its commands. */
static int outcome_locked(const struct umsi_its_queue *q, struct umsi_its_batch *b)
{
	int status = UMSI_OK;

	for (uint32_t i = 0; i < ITS_REFUSED_KEPT; i++) {
		if (q->refused_at[i] <= b->from || q->refused_at[i] > b->to)
			continue;
		status = UMSI_EREFUSED;
		if (q->refused_at[i] > b->to - b->count)
			b->refused = (uint32_t)(q->refused_at[i] - (b->to - b->count) - 1);
	}
	return status;
}

/* ---- Queueing and waiting ---- */

void umsi_its_add_words(struct umsi_its_batch *b, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
	b->command[b->count++] = (struct umsi_its_command){ { w0, w1, w2, w3 } };
}

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

static void queue_locked(struct umsi_its *its, const struct umsi_its_command *c)
{
	write_command_locked(its, its->queue.posted++, c);
}

/* MAPC and INVALL, once for each collection: it may have been mapped elsewhere in another life. */
static void map_collection_locked(struct umsi_its *its, umsi_cpu cpu, uint64_t target)
{
	struct umsi_its_command map = umsi_its_mapc(cpu, target), forget = umsi_its_invall(cpu);

	if (its->target[cpu] & MAPPED)
		return;
	its->target[cpu] = target | MAPPED;
	queue_locked(its, &map);
	queue_locked(its, &forget);
}

static void append_locked(struct umsi_its *its, struct umsi_its_batch *b)
{
	b->from = its->queue.posted;
	if (b->cpu != UMSI_CPU_NONE)
		map_collection_locked(its, b->cpu, b->target);
	for (uint32_t i = 0; i < b->count; i++)
		queue_locked(its, chosen_locked(b, i));
	b->to = its->queue.posted;
	tell_locked(its, 0);
}

static bool has_room_locked(const struct umsi_its_queue *q, const struct umsi_its_batch *b)
{
	return room_locked(q) >= b->count + 2;
}

/* UMSI_OK: it was appended; UMSI_EAGAIN: no room yet; UMSI_ETIMEOUT: the queue is broken. */
static int try_append_locked(struct umsi_its *its, struct umsi_its_batch *b)
{
	struct umsi_its_queue *q = &its->queue;

	if (q->broken || !has_room_locked(q, b))
		look_locked(its);
	if (q->broken) {
		q->timeouts++;
		return UMSI_ETIMEOUT;
	}
	if (!has_room_locked(q, b))
		return UMSI_EAGAIN;
	append_locked(its, b);
	return UMSI_OK;
}

/* UMSI_OK: executed; UMSI_EREFUSED: and one was skipped; UMSI_EAGAIN: not yet; UMSI_ETIMEOUT: never. */
static int try_finish_locked(struct umsi_its *its, struct umsi_its_batch *b)
{
	struct umsi_its_queue *q = &its->queue;

	if (q->consumed < b->to)
		look_locked(its);
	if (q->consumed >= b->to)
		return outcome_locked(q, b);
	if (!q->lost)
		return UMSI_EAGAIN;
	q->timeouts++;
	return UMSI_ETIMEOUT;
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

/* One look after the other, till it answers or time is over. */
static int look_until(struct umsi_its *its, struct umsi_its_batch *b,
		      int (*try_locked)(struct umsi_its *its, struct umsi_its_batch *b))
{
	struct umsi_deadline wait = umsi_deadline_in(machine_of(its)->host, its->timeout_ns);
	uint64_t consumed;
	int status;

	do {
		uintptr_t state = umsi_lock(machine_of(its), &its->queue.lock);

		status = try_locked(its, b);
		consumed = its->queue.consumed;
		umsi_unlock(machine_of(its), &its->queue.lock, state);
		if (status != UMSI_EAGAIN)
			return status;
	} while (umsi_deadline_left(&wait));
	return gave_up(its, consumed);
}

int umsi_its_execute(struct umsi_its *its, struct umsi_its_batch *b, umsi_cpu cpu, uint64_t target)
{
	int status;

	b->cpu = cpu;
	b->target = target;
	b->refused = ITS_NONE;
	status = look_until(its, b, try_append_locked);
	b->queued = !status;
	return status ? status : look_until(its, b, try_finish_locked);
}

/* Into a queue that does not move, too, while it has room: if it ever does, this comes after what failed. */
void umsi_its_post(struct umsi_its *its, struct umsi_its_batch *b, umsi_cpu cpu, uint64_t target)
{
	uintptr_t state = umsi_lock(machine_of(its), &its->queue.lock);

	b->cpu = cpu;
	b->target = target;
	if (has_room_locked(&its->queue, b))
		append_locked(its, b);
	umsi_unlock(machine_of(its), &its->queue.lock, state);
}

/*
 * Each interrupt has moved by itself, pending state and all. What else is
 * pending there goes to whoever is left: an event that could not be discarded,
 * what other software's ITS has raised.
 */
int umsi_its_unmap_collection(struct umsi_its *its, umsi_cpu cpu)
{
	struct umsi_its_batch b;
	uintptr_t state = umsi_lock(machine_of(its), &its->queue.lock);
	uint64_t own = its->target[cpu], other;

	umsi_its_begin(&b, NULL);
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
