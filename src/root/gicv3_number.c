/* SPDX-License-Identifier: MIT */
/* Who has which number, from being taken until nothing of it can be under way. */
#include "root/gicv3.h"

#include "core/deadline.h"
#include "umsi_arch.h"

/* How long an allocation waits for numbers that are about to be free. */
#define ROOM_WAIT_NS	100000000u
/* As many that wait for a CPU without traps have it kicked. */
#define KICK_EVERY	128u

static struct umsi_gicv3_chunk *chunk_of(const struct umsi_gicv3 *gic, uint32_t id)
{
	return umsi_load_ptr(&gic->chunk[id >> GICV3_CHUNK_BITS]);
}

static void publish_locked(struct umsi_gicv3 *gic, struct umsi_record *r, uint32_t id, umsi_cpu cpu)
{
	r->slot = id;
	r->told = false;
	umsi_store32(&r->target, cpu);
	umsi_fetch_add32(&r->references, 1);
	umsi_store_ptr_release(&chunk_of(gic, id)->record[id % GICV3_CHUNK], r);
	umsi_store32(&gic->owned, umsi_load32(&gic->owned) + 1);
}

static bool is_by_message(const struct umsi_gicv3 *gic, uint32_t id)
{
	return id < GICV3_FIRST_SPECIAL && gic->by_message[id / 32] & umsi_gicv3_bit(id);
}

/* Its entry and its owner's reference go. */
static void release_locked(struct umsi_gicv3 *gic, uint32_t id)
{
	struct umsi_gicv3_chunk *chunk = chunk_of(gic, id);
	struct umsi_record *r = umsi_load_ptr(&chunk->record[id % GICV3_CHUNK]);

	umsi_store_ptr(&chunk->record[id % GICV3_CHUNK], NULL);
	chunk->next[id % GICV3_CHUNK] = 0;
	if (id >= GICV3_FIRST_LPI)
		umsi_ids_give(&gic->lpis, id - GICV3_FIRST_LPI);
	else
		umsi_gicv3_drop_pending(gic, id);
	if (is_by_message(gic, id))
		umsi_ids_give(&gic->spis, id);
	umsi_store32(&gic->owned, umsi_load32(&gic->owned) - 1);
	umsi_record_put(r);
}

/* ---- Ending: two batches, as in the vector space (DESIGN.md, "The vector space") ---- */

/* The ticket is taken after every number of the batch lost its source. */
static void turn_locked(struct umsi_gicv3 *gic)
{
	uint64_t stamp = umsi_load64(&gic->req) + 1;

	gic->waiting = gic->filling;
	gic->waiting.stamp = stamp;
	gic->waiting.next_cpu = 0;
	gic->filling = (struct umsi_gicv3_batch){ .first = GICV3_NO_ID };
	umsi_store64_release(&gic->req, stamp);
}

/* A CPU that is off has ended its traps, and has forgotten what it had not acknowledged. */
static bool has_proved(struct umsi_gicv3 *gic, umsi_cpu cpu)
{
	return umsi_load32_acquire(&umsi_gicv3_machine(gic)->cpu[cpu].online) == UMSI_CPU_OFFLINE ||
	       umsi_load64_acquire(&gic->cpu[cpu].done) >= gic->waiting.stamp;
}

/* Each CPU is asked until it has once said yes. */
static bool is_quiet_locked(struct umsi_gicv3 *gic)
{
	struct umsi *m = umsi_gicv3_machine(gic);
	struct umsi_gicv3_batch *b = &gic->waiting;

	while (b->next_cpu < m->ncpus && has_proved(gic, b->next_cpu))
		b->next_cpu++;
	if (b->next_cpu < m->ncpus)
		return false;
	return !b->not_before_ns || umsi_host_time_ns(m->host) >= b->not_before_ns;
}

static void release_batch_locked(struct umsi_gicv3 *gic, struct umsi_gicv3_batch *b)
{
	uint32_t id, next;

	for (id = b->first; id != GICV3_NO_ID; id = next) {
		next = chunk_of(gic, id)->next[id % GICV3_CHUNK];
		release_locked(gic, id);
		umsi_count_own(&gic->reaped);
	}
	umsi_store32(&gic->ending, umsi_load32(&gic->ending) - b->count);
	*b = (struct umsi_gicv3_batch){ .first = GICV3_NO_ID };
}

static void reap_locked(struct umsi_gicv3 *gic)
{
	while (gic->waiting.count && is_quiet_locked(gic)) {
		release_batch_locked(gic, &gic->waiting);
		if (gic->filling.count)
			turn_locked(gic);
	}
}

static void kick_locked(struct umsi_gicv3 *gic)
{
	struct umsi *m = umsi_gicv3_machine(gic);

	for (umsi_cpu cpu = gic->waiting.next_cpu; cpu < m->ncpus; cpu++)
		if (umsi_load32(&m->cpu[cpu].online) != UMSI_CPU_OFFLINE && !has_proved(gic, cpu))
			umsi_gicv3_send(gic, cpu, GICV3_SGI_KICK);
}

static void end_locked(struct umsi_gicv3 *gic, uint32_t id, int settled)
{
	struct umsi *m = umsi_gicv3_machine(gic);
	struct umsi_gicv3_batch *b = &gic->filling;

	chunk_of(gic, id)->next[id % GICV3_CHUNK] = b->first;
	b->first = id;
	b->count++;
	if (settled)
		b->not_before_ns = umsi_host_time_ns(m->host) + m->min_age_ns;
	umsi_store32(&gic->ending, umsi_load32(&gic->ending) + 1);
	if (!gic->waiting.count)
		turn_locked(gic);
	else if (b->count % KICK_EVERY == 0)
		kick_locked(gic);
}

void umsi_gicv3_give(struct umsi_gicv3 *gic, struct umsi_record *r, int settled)
{
	struct umsi *m = umsi_gicv3_machine(gic);
	uintptr_t state = umsi_lock(m, &gic->lock);

	if (r->told)
		end_locked(gic, r->slot, settled);
	else
		release_locked(gic, r->slot);
	umsi_unlock(m, &gic->lock, state);
}

void umsi_gicv3_drop_ending(struct umsi_gicv3 *gic)
{
	release_batch_locked(gic, &gic->waiting);
	release_batch_locked(gic, &gic->filling);
}

/* ---- Taking ---- */

/* As many free LPIs as the group has members, lowest first, all in chunks that exist; or none. */
static uint32_t take_ids_locked(struct umsi_gicv3 *gic, uint32_t *id, uint32_t count, uint32_t *missing)
{
	uint32_t taken = 0;

	*missing = GICV3_NO_ID;
	while (taken < count) {
		uint32_t n = umsi_ids_take(&gic->lpis);

		if (n == UMSI_IDS_NONE)
			break;
		id[taken++] = n + GICV3_FIRST_LPI;
		if (!chunk_of(gic, n + GICV3_FIRST_LPI)) {
			*missing = (n + GICV3_FIRST_LPI) >> GICV3_CHUNK_BITS;
			break;
		}
	}
	if (taken == count && *missing == GICV3_NO_ID)
		return count;
	while (taken)
		umsi_ids_give(&gic->lpis, id[--taken] - GICV3_FIRST_LPI);
	return 0;
}

static int take_locked(struct umsi_gicv3 *gic, struct umsi_record *r, umsi_cpu cpu)
{
	struct umsi_group g = umsi_group_of(&r);
	uint32_t id[UMSI_BLOCK_MAX], missing;

	if (!take_ids_locked(gic, id, g.count, &missing))
		return missing != GICV3_NO_ID || umsi_load32(&gic->ending) ? UMSI_EAGAIN : UMSI_ENOSLOT;
	for (uint32_t i = 0; i < g.count; i++)
		publish_locked(gic, g.member[i], id[i], cpu);
	umsi_fetch_add32(&gic->cpu[cpu].load, g.count);
	return UMSI_OK;
}

static int take_wire_locked(struct umsi_gicv3 *gic, struct umsi_record *r, umsi_cpu cpu)
{
	struct umsi_gicv3_chunk *chunk;
	uint32_t id = r->index;

	if (id < GICV3_FIRST_SPI || id >= gic->spis_end || is_by_message(gic, id))
		return UMSI_ERANGE;
	chunk = chunk_of(gic, id);
	if (umsi_load_ptr(&chunk->record[id % GICV3_CHUNK]))
		return chunk->next[id % GICV3_CHUNK] ? UMSI_EAGAIN : UMSI_EEXIST;
	publish_locked(gic, r, id, cpu);
	umsi_fetch_add32(&gic->cpu[cpu].load, 1);
	return UMSI_OK;
}

/* A block's numbers are aligned: the device puts its own into the low bits. */
static int take_messages_locked(struct umsi_gicv3 *gic, struct umsi_record *r, umsi_cpu cpu)
{
	struct umsi_group g = umsi_group_of(&r);
	uint32_t id = umsi_ids_take_block(&gic->spis, (unsigned int)__builtin_ctz(g.count));

	if (id == UMSI_IDS_NONE)
		return umsi_load32(&gic->ending) ? UMSI_EAGAIN : UMSI_ENOSLOT;
	for (uint32_t i = 0; i < g.count; i++)
		publish_locked(gic, g.member[i], id + i, cpu);
	umsi_fetch_add32(&gic->cpu[cpu].load, g.count);
	return UMSI_OK;
}

/*
 * R1, R14: choosing and publishing are one critical section, so that whoever
 * has barred a CPU and then taken this lock sees every number aimed at it.
 */
static int take(struct umsi_gicv3 *gic, struct umsi_record *r, const struct umsi_where *where,
		int (*how)(struct umsi_gicv3 *gic, struct umsi_record *r, umsi_cpu cpu))
{
	struct umsi *m = umsi_gicv3_machine(gic);
	uintptr_t state = umsi_lock(m, &gic->lock);
	umsi_cpu cpu = umsi_gicv3_choose(gic, r, where);
	int status = UMSI_ENOCPU;

	if (cpu != UMSI_CPU_NONE) {
		reap_locked(gic);
		status = how(gic, r, cpu);
	}
	umsi_unlock(m, &gic->lock, state);
	return status;
}

int umsi_gicv3_take_lpis(struct umsi_gicv3 *gic, struct umsi_record *r, const struct umsi_where *where)
{
	return take(gic, r, where, take_locked);
}

int umsi_gicv3_take_wire(struct umsi_gicv3 *gic, struct umsi_record *r, const struct umsi_where *where)
{
	return take(gic, r, where, take_wire_locked);
}

int umsi_gicv3_take_messages(struct umsi_gicv3 *gic, struct umsi_record *r, const struct umsi_where *where)
{
	return take(gic, r, where, take_messages_locked);
}

void umsi_gicv3_reap(struct umsi_domain *d)
{
	struct umsi_gicv3 *gic = umsi_gicv3_of(d);
	uintptr_t state = umsi_lock(d->m, &gic->lock);

	reap_locked(gic);
	umsi_unlock(d->m, &gic->lock, state);
}

/* ---- Room: a chunk more, or numbers that CPUs are asked to prove quiet ---- */

static uint32_t missing_chunk(struct umsi_gicv3 *gic)
{
	struct umsi *m = umsi_gicv3_machine(gic);
	uint32_t id[UMSI_BLOCK_MAX], missing, taken;
	uintptr_t state = umsi_lock(m, &gic->lock);

	taken = take_ids_locked(gic, id, UMSI_BLOCK_MAX, &missing);
	while (taken)
		umsi_ids_give(&gic->lpis, id[--taken] - GICV3_FIRST_LPI);
	umsi_unlock(m, &gic->lock, state);
	return missing;
}

static bool add_chunk(struct umsi_gicv3 *gic, uint32_t n)
{
	struct umsi *m = umsi_gicv3_machine(gic);
	struct umsi_gicv3_chunk *chunk = umsi_host_alloc(m->host, sizeof(*chunk));
	uintptr_t state;

	if (!chunk)
		return false;
	state = umsi_lock(m, &gic->lock);
	if (!umsi_load_ptr(&gic->chunk[n])) {
		umsi_store_ptr_release(&gic->chunk[n], chunk);
		chunk = NULL;
	}
	umsi_unlock(m, &gic->lock, state);
	if (chunk)
		umsi_host_free(m->host, chunk, sizeof(*chunk));
	return true;
}

/* This CPU proves its own part here; the others at the end of the kick's trap. */
static void ask_all(struct umsi_gicv3 *gic)
{
	struct umsi *m = umsi_gicv3_machine(gic);
	uintptr_t state = umsi_lock(m, &gic->lock);
	umsi_cpu here = umsi_host_cpu(m->host);

	if (!m->cpu[here].depth)
		umsi_gicv3_prove(gic, here);
	kick_locked(gic);
	umsi_unlock(m, &gic->lock, state);
}

int umsi_gicv3_make_room(struct umsi_domain *d, const struct umsi_where *where, bool for_move)
{
	struct umsi_gicv3 *gic = umsi_gicv3_of(d);
	struct umsi_deadline wait = umsi_deadline_in(d->m->host, ROOM_WAIT_NS);
	uint32_t before = umsi_load32(&gic->ending), chunk;

	(void)where;
	if (for_move)
		return UMSI_ENOSLOT;
	chunk = missing_chunk(gic);
	if (chunk != GICV3_NO_ID)
		return add_chunk(gic, chunk) ? UMSI_OK : UMSI_ENOMEM;
	ask_all(gic);
	do {
		umsi_gicv3_reap(d);
		if (!before || umsi_load32(&gic->ending) < before)
			return UMSI_OK;
		umsi_host_relax(d->m->host);
	} while (umsi_deadline_left(&wait));
	return UMSI_ENOSLOT;
}
