/* SPDX-License-Identifier: MIT */
/*
 * The command ring. A request is one or more invalidations and a wait that
 * writes the wait's number to a word of its own place, so that any number of
 * CPUs wait at once, each for its own word.
 * Source: AMD IOMMU Specification, "Command Buffer", "COMPLETION_WAIT",
 * "INVALIDATE_INTERRUPT_TABLE", "ILLEGAL_COMMAND_ERROR Event".
 */
#include "translate/amd_vi.h"

#include "core/deadline.h"

#define ANSWER_NS	50000000u	/* hardware answers in microseconds */

/* A place that was never used is done: its word holds the number it had a lap before. */
void umsi_amd_commands_reset(struct umsi_amd_vi *v)
{
	v->next = (v->next + AMD_COMMANDS - 1) / AMD_COMMANDS * AMD_COMMANDS;
	for (uint32_t i = 0; i < AMD_COMMANDS; i++)
		umsi_store64(&v->done[i], v->next + i - AMD_COMMANDS);
}

static bool is_done(const struct umsi_amd_vi *v, uint32_t number)
{
	uint32_t done = (uint32_t)umsi_load64_acquire(&v->done[number % AMD_COMMANDS]);

	return (int32_t)(done - number) >= 0;
}

/* The hardware has fetched all before the place it says. */
static uint32_t room_locked(const struct umsi_amd_vi *v)
{
	uint32_t head = umsi_amd_read32(v, AMD_COMMAND_HEAD) / AMD_COMMAND_BYTES % AMD_COMMANDS;

	/* One place stays empty: a tail that meets the head means nothing to do. */
	return (head - v->next - 1) % AMD_COMMANDS;
}

static void put_one_locked(struct umsi_amd_vi *v, uint64_t low, uint64_t high)
{
	struct umsi_amd_command *c = &v->commands[v->next % AMD_COMMANDS];

	umsi_store64(&c->low, low);
	umsi_store64(&c->high, high);
	v->next++;
}

static uint32_t put_locked(struct umsi_amd_vi *v, const uint64_t *low, uint32_t count)
{
	uint32_t number;

	for (uint32_t i = 0; i < count; i++)
		put_one_locked(v, low[i], 0);
	number = v->next;
	/* Not every place has a wait each lap: an old number must not look like a later one some day. */
	umsi_store64(&v->done[number % AMD_COMMANDS], number - AMD_COMMANDS);
	put_one_locked(v, umsi_amd_wait(v->done_bus + number % AMD_COMMANDS * sizeof(v->done[0])), number);
	/* Entries and commands are in memory before the unit is told. */
	umsi_barrier_publish_to_message();
	umsi_amd_write32(v, AMD_COMMAND_TAIL, v->next % AMD_COMMANDS * AMD_COMMAND_BYTES);
	return number;
}

/* False: no room. Each section ends with a read: releasing the lock orders no device write. */
static bool put(struct umsi_amd_vi *v, const uint64_t *low, uint32_t count, uint32_t *number)
{
	uintptr_t state = umsi_lock(v->domain.m, &v->lock);
	bool room = room_locked(v) > count;

	if (room) {
		*number = put_locked(v, low, count);
		umsi_amd_read32(v, AMD_COMMAND_TAIL);
	}
	umsi_barrier_flush_to_stamp();
	umsi_unlock(v->domain.m, &v->lock, state);
	return room;
}

/*
 * It stopped at a command it refused. That is replaced by an invalidation of
 * everything, so that whoever waits behind it is told the truth; enabling the
 * buffer once more makes it go on from there.
 */
static bool mend_locked(struct umsi_amd_vi *v, uint32_t status)
{
	uint32_t head = umsi_amd_read32(v, AMD_COMMAND_HEAD) / AMD_COMMAND_BYTES % AMD_COMMANDS;
	struct umsi_amd_command *c = &v->commands[head];
	uint64_t control = umsi_amd_read64(v, AMD_CONTROL);

	if (status & AMD_STATUS_COMMANDS_RUN || !(v->features & AMD_FEATURE_INVALIDATE_ALL))
		return false;
	/* A wait is written again as it was: it has an address, an invalidation has none. */
	if (!(umsi_load64(&c->low) & 1) || umsi_load64(&c->low) >> 60 != 1) {
		umsi_store64(&c->low, umsi_amd_invalidate_all());
		umsi_store64(&c->high, 0);
	}
	umsi_barrier_publish_to_message();
	umsi_amd_write32(v, AMD_CONTROL, (uint32_t)(control & ~AMD_CONTROL_COMMANDS));
	umsi_amd_write32(v, AMD_CONTROL, (uint32_t)control);
	umsi_amd_read32(v, AMD_STATUS);
	return true;
}

/* Nothing came in time. True: it may now. */
static bool look_why(struct umsi_amd_vi *v)
{
	uintptr_t state = umsi_lock(v->domain.m, &v->lock);
	uint32_t status = umsi_amd_read32(v, AMD_STATUS);
	bool mended = mend_locked(v, status);

	umsi_barrier_flush_to_stamp();
	umsi_unlock(v->domain.m, &v->lock, state);
	umsi_fetch_add64(&v->timeouts, 1);
	if (!umsi_fetch_or32(&v->silent, 1))
		umsi_amd_log(v, "the command buffer does not answer:", "status", status);
	return mended;
}

/* A unit that was silent is not waited for as long again: interrupts are off meanwhile. */
static uint64_t patience(const struct umsi_amd_vi *v)
{
	return umsi_load32(&v->silent) ? ANSWER_NS / 64 : ANSWER_NS;
}

struct request {
	const uint64_t *low;
	uint32_t count, number;
	bool given;
};

static bool wait_for(struct umsi_amd_vi *v, struct request *r, uint64_t patience_ns)
{
	struct umsi_deadline wait = umsi_deadline_in(v->domain.m->host, patience_ns);

	do {
		if (!r->given) {
			r->given = put(v, r->low, r->count, &r->number);
			if (wait.over && r->given)
				wait = umsi_deadline_in(wait.host, patience_ns);
		}
		if (r->given && is_done(v, r->number))
			return true;
	} while (umsi_deadline_left(&wait));
	return false;
}

int umsi_amd_command(struct umsi_amd_vi *v, const uint64_t *low, uint32_t count)
{
	struct request r = { .low = low, .count = count };

	if (!wait_for(v, &r, patience(v)) && !(look_why(v) && wait_for(v, &r, ANSWER_NS)))
		return UMSI_ETIMEOUT;
	/* What the wait proved comes before whatever is built on it (R4). */
	umsi_barrier_flush_to_stamp();
	umsi_store32(&v->silent, 0);
	umsi_fetch_add64(&v->invalidations, 1);
	return UMSI_OK;
}
