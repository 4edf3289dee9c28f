/* SPDX-License-Identifier: MIT */
/*
 * The ring of commands. A request is one or more commands and a wait that writes its
 * number to a word of its own place, so that any number of CPUs wait at once,
 * each for its own word.
 * Source: Intel VT-d, "Queued Invalidation Interface", "Invalidation Wait Descriptor",
 * "Interrupt Draining"; AMD IOMMU Specification, "Command Buffer", "COMPLETION_WAIT".
 */
#include "translate/unit.h"

#include "core/deadline.h"

#define ANSWER_NS	50000000u	/* hardware answers in microseconds */

/* A place that was never used is done: its word holds the number it had a lap before. */
void umsi_unit_ring_reset(struct umsi_unit *u)
{
	u->next = (u->next + UNIT_COMMANDS - 1) / UNIT_COMMANDS * UNIT_COMMANDS;
	u->head = 0;
	for (uint32_t i = 0; i < UNIT_COMMANDS; i++)
		umsi_store32(&u->ring->done[i].number, u->next + i - UNIT_COMMANDS);
}

static bool is_done(const struct umsi_unit *u, uint32_t number)
{
	return (int32_t)(umsi_load32_acquire(&u->ring->done[number % UNIT_COMMANDS].number) - number) >= 0;
}

/* The hardware has fetched all before the place it says. */
static void look_at_head_locked(struct umsi_unit *u)
{
	u->head = umsi_unit_read32(u, u->kind->head) / sizeof(u->ring->command[0]) % UNIT_COMMANDS;
}

/* One place stays empty: a tail that meets the head means nothing to do. */
static bool has_room_locked(const struct umsi_unit *u, uint32_t count)
{
	return (u->head - u->next - 1) % UNIT_COMMANDS > count;
}

static void put_one_locked(struct umsi_unit *u, uint64_t low, uint64_t high)
{
	struct umsi_unit_command *c = &u->ring->command[u->next++ % UNIT_COMMANDS];

	umsi_store64(&c->low, low);
	umsi_store64(&c->high, high);
}

static uint32_t put_locked(struct umsi_unit *u, const uint64_t *low, uint32_t count)
{
	struct umsi_unit_entry wait;
	uint32_t number, at;

	for (uint32_t i = 0; i < count; i++)
		put_one_locked(u, low[i], 0);
	number = u->next;
	at = number % UNIT_COMMANDS;
	/*
	 * Not every place has a wait each lap: an old number must not look like a later one some
	 * day. Who still waits for the one of the lap before, waits for this one.
	 */
	umsi_store32(&u->ring->done[at].number, number - UNIT_COMMANDS - 1);
	wait = u->kind->wait(u->ring_bus + offsetof(struct umsi_unit_ring, done) +
			     at * sizeof(u->ring->done[0]), number);
	put_one_locked(u, wait.low, wait.high);
	/* Entries and commands are in memory before the unit is told. */
	umsi_barrier_publish_to_message();
	umsi_unit_write32(u, u->kind->tail, u->next % UNIT_COMMANDS * (uint32_t)sizeof(u->ring->command[0]));
	/* Read back: releasing the lock orders no device write, and the next tail must not be overtaken by this one. */
	umsi_unit_read32(u, u->kind->tail);
	return number;
}

struct request {
	const uint64_t *low;
	uint32_t count, number;
	bool given;
};

static void put(struct umsi_unit *u, struct request *r)
{
	uintptr_t state = umsi_lock(u->domain.m, &u->lock);

	if (!has_room_locked(u, r->count))
		look_at_head_locked(u);
	r->given = has_room_locked(u, r->count);
	if (r->given)
		r->number = put_locked(u, r->low, r->count);
	umsi_barrier_flush_to_stamp();
	umsi_unlock(u->domain.m, &u->lock, state);
}

/* Nothing came in time. True: it may now. */
static bool look_why(struct umsi_unit *u)
{
	uintptr_t state = umsi_lock(u->domain.m, &u->lock);
	uint32_t why = umsi_unit_read32(u, u->kind->why);
	bool mended;

	look_at_head_locked(u);
	mended = u->kind->mend(u, why, &u->ring->command[u->head]);
	umsi_barrier_flush_to_stamp();
	umsi_unlock(u->domain.m, &u->lock, state);
	umsi_fetch_add64(&u->timeouts, 1);
	if (!umsi_fetch_or32(&u->silent, 1))
		umsi_unit_log(u, u->kind->silence, why);
	return mended;
}

static bool wait_for(struct umsi_unit *u, struct request *r, uint64_t patience_ns)
{
	struct umsi_deadline wait = umsi_deadline_in(u->domain.m->host, patience_ns);

	do {
		if (!r->given) {
			put(u, r);
			if (wait.over && r->given)
				wait = umsi_deadline_in(wait.host, patience_ns);
		}
		if (r->given && is_done(u, r->number))
			return true;
	} while (umsi_deadline_left(&wait));
	return false;
}

int umsi_unit_command(struct umsi_unit *u, const uint64_t *low, uint32_t count)
{
	struct request r = { .low = low, .count = count };
	/* A unit that was silent is not waited for as long again: interrupts are off meanwhile. */
	uint64_t patience = umsi_load32(&u->silent) ? ANSWER_NS / 64 : ANSWER_NS;

	if (!wait_for(u, &r, patience) && !(look_why(u) && wait_for(u, &r, ANSWER_NS)))
		return UMSI_ETIMEOUT;
	/* What the wait proved comes before whatever is built on it (R4). */
	umsi_barrier_flush_to_stamp();
	umsi_store32(&u->silent, 0);
	umsi_fetch_add64(&u->invalidations, 1);
	return UMSI_OK;
}
