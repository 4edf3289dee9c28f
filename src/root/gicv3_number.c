/* SPDX-License-Identifier: MIT */
/* Who has which number, from being taken until nothing of it can be under way. */
#include "root/gicv3.h"

#include "umsi_arch.h"

/* As many that wait for a CPU without traps have it kicked. */
#define KICK_EVERY	128u

static struct umsi_gicv3_chunk *chunk_of(const struct umsi_gicv3 *v3, uint32_t id)
{
	return umsi_load_ptr(&v3->chunk[id >> GIC_RUN_BITS]);
}

/* ---- Ending: two batches, as in the vector space (DESIGN.md, "The vector space") ---- */

/* The ticket is taken after every number of the batch lost its source. */
static void turn_locked(struct umsi_gicv3 *v3)
{
	uint64_t stamp = umsi_load64(&v3->req) + 1;

	v3->waiting = v3->filling;
	v3->waiting.stamp = stamp;
	v3->waiting.next_cpu = 0;
	v3->filling = (struct umsi_gicv3_batch){ .first = GICV3_NO_ID };
	umsi_store64_release(&v3->req, stamp);
}

/* A CPU that is off has ended its traps, and has forgotten what it had not acknowledged. */
static bool has_proved(struct umsi_gicv3 *v3, umsi_cpu cpu)
{
	return umsi_load32_acquire(&v3->gic.m->cpu[cpu].online) == UMSI_CPU_OFFLINE ||
	       umsi_load64_acquire(&v3->gic.cpu[cpu].done) >= v3->waiting.stamp;
}

/* Each CPU is asked until it has once said yes. */
static bool is_quiet_locked(struct umsi_gicv3 *v3)
{
	struct umsi *m = v3->gic.m;
	struct umsi_gicv3_batch *b = &v3->waiting;

	while (b->next_cpu < m->ncpus && has_proved(v3, b->next_cpu))
		b->next_cpu++;
	if (b->next_cpu < m->ncpus)
		return false;
	return !b->not_before_ns || umsi_host_time_ns(m->host) >= b->not_before_ns;
}

static void release_waiting_locked(struct umsi_gicv3 *v3)
{
	uint32_t id, next;

	for (id = v3->waiting.first; id != GICV3_NO_ID; id = next) {
		next = chunk_of(v3, id)->next[id % GIC_RUN];
		umsi_gic_end_over_locked(&v3->gic, id);
	}
	v3->waiting = (struct umsi_gicv3_batch){ .first = GICV3_NO_ID };
}

void umsi_gicv3_reap_locked(struct umsi_gic *gic)
{
	struct umsi_gicv3 *v3 = (struct umsi_gicv3 *)gic;

	while (v3->waiting.count && is_quiet_locked(v3)) {
		release_waiting_locked(v3);
		if (v3->filling.count)
			turn_locked(v3);
	}
}

static void kick_locked(struct umsi_gicv3 *v3)
{
	struct umsi *m = v3->gic.m;

	for (umsi_cpu cpu = v3->waiting.next_cpu; cpu < m->ncpus; cpu++)
		if (umsi_load32(&m->cpu[cpu].online) != UMSI_CPU_OFFLINE && !has_proved(v3, cpu))
			umsi_gicv3_send(&v3->gic, cpu, GIC_SGI_KICK);
}

void umsi_gicv3_end_locked(struct umsi_gic *gic, uint32_t id, int settled)
{
	struct umsi_gicv3 *v3 = (struct umsi_gicv3 *)gic;
	struct umsi_gicv3_batch *b = &v3->filling;

	chunk_of(v3, id)->next[id % GIC_RUN] = b->first;
	b->first = id;
	b->count++;
	if (settled)
		b->not_before_ns = umsi_host_time_ns(gic->m->host) + gic->m->min_age_ns;
	if (!v3->waiting.count)
		turn_locked(v3);
	else if (b->count % KICK_EVERY == 0)
		kick_locked(v3);
}

/* ---- Taking ---- */

static void give_ids_locked(struct umsi_gicv3 *v3, const uint32_t *id, uint32_t count)
{
	while (count)
		umsi_ids_give(&v3->gic.lpis.pool, id[--count] - GIC_FIRST_LPI);
}

/* So many free LPIs, lowest first. How many there were; *@missing: a chunk that is not there for the last of them. */
static uint32_t take_ids_locked(struct umsi_gicv3 *v3, uint32_t *id, uint32_t count, uint32_t *missing)
{
	uint32_t taken = 0;

	*missing = GICV3_NO_ID;
	while (taken < count && *missing == GICV3_NO_ID) {
		uint32_t n = umsi_ids_take(&v3->gic.lpis.pool);

		if (n == UMSI_IDS_NONE)
			break;
		id[taken++] = n += GIC_FIRST_LPI;
		if (!chunk_of(v3, n))
			*missing = n >> GIC_RUN_BITS;
	}
	return taken;
}

/* All in chunks that exist; or none. */
int umsi_gicv3_find_lpis_locked(struct umsi_gic *gic, const struct umsi_group *g, uint32_t *id)
{
	struct umsi_gicv3 *v3 = (struct umsi_gicv3 *)gic;
	uint32_t missing, taken = take_ids_locked(v3, id, g->count, &missing);

	if (taken == g->count && missing == GICV3_NO_ID)
		return UMSI_OK;
	give_ids_locked(v3, id, taken);
	return missing != GICV3_NO_ID ? UMSI_EAGAIN : umsi_gic_none_locked(gic);
}

/* ---- Room: a chunk more, or numbers that CPUs are asked to prove quiet ---- */

static uint32_t missing_chunk(struct umsi_gicv3 *v3)
{
	uintptr_t state = umsi_lock(v3->gic.m, &v3->gic.lock);
	uint32_t id[UMSI_BLOCK_MAX], missing;

	give_ids_locked(v3, id, take_ids_locked(v3, id, UMSI_BLOCK_MAX, &missing));
	umsi_unlock(v3->gic.m, &v3->gic.lock, state);
	return missing;
}

static bool add_chunk(struct umsi_gicv3 *v3, uint32_t n)
{
	struct umsi *m = v3->gic.m;
	struct umsi_gicv3_chunk *chunk = umsi_host_alloc(m->host, sizeof(*chunk));
	uintptr_t state;

	if (!chunk)
		return false;
	state = umsi_lock(m, &v3->gic.lock);
	if (!umsi_load_ptr(&v3->chunk[n])) {
		umsi_store_ptr_release(&v3->chunk[n], chunk);
		chunk = NULL;
	}
	umsi_unlock(m, &v3->gic.lock, state);
	if (chunk)
		umsi_host_free(m->host, chunk, sizeof(*chunk));
	return true;
}

/* This CPU proves its own part here; the others at the end of the kick's trap. */
void umsi_gicv3_ask(struct umsi_gic *gic)
{
	struct umsi_gicv3 *v3 = (struct umsi_gicv3 *)gic;
	uintptr_t state = umsi_lock(gic->m, &gic->lock);
	umsi_cpu here = umsi_host_cpu(gic->m->host);

	if (!gic->m->cpu[here].depth)
		umsi_gicv3_prove(v3, here);
	kick_locked(v3);
	umsi_unlock(gic->m, &gic->lock, state);
}

int umsi_gicv3_make_room(struct umsi_domain *d, const struct umsi_where *where, bool for_move)
{
	uint32_t chunk = missing_chunk(umsi_gicv3_of(d));

	if (chunk == GICV3_NO_ID)
		return umsi_gic_make_room(d, where, for_move);
	return add_chunk(umsi_gicv3_of(d), chunk) ? UMSI_OK : UMSI_ENOMEM;
}
