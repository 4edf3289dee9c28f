/* SPDX-License-Identifier: MIT */
/* Who has which number, from being taken until nothing of it can be under way. */
#include "core/deadline.h"
#include "core/target.h"
#include "idspace/word.h"
#include "root/gic.h"

/* How long an allocation waits for numbers that are about to be free. */
#define ROOM_WAIT_NS	100000000u

/* Where its owner is noted; NULL: nobody owns any of its run. */
static umsi_atomic_ptr *entry_of(struct umsi_gic *gic, uint32_t id)
{
	umsi_atomic_ptr *owners = umsi_load_ptr_acquire(&gic->run[id >> GIC_RUN_BITS]);

	return owners ? &owners[id % GIC_RUN] : NULL;
}

struct umsi_record *umsi_gic_next_owner(struct umsi_gic *gic, uint32_t *id, uint32_t end)
{
	for (; *id < end; ++*id) {
		umsi_atomic_ptr *entry = entry_of(gic, *id);
		struct umsi_record *r = entry ? umsi_load_ptr_acquire(entry) : NULL;

		if (r)
			return r;
		if (!entry)
			*id |= GIC_RUN - 1;
	}
	return NULL;
}

static void count(umsi_atomic32 *counter, uint32_t n)
{
	umsi_store32(counter, umsi_load32(counter) + n);
}

static void release_locked(struct umsi_gic *gic, uint32_t id)
{
	umsi_atomic_ptr *entry = entry_of(gic, id);
	struct umsi_record *r = umsi_load_ptr(entry);

	if (id < GIC_FIRST_SPECIAL)
		umsi_gic_drop_pending(gic, id);
	umsi_store_ptr(entry, NULL);
	if (id >= GIC_FIRST_SPECIAL)
		umsi_ids_give(&gic->lpis.pool, id - GIC_FIRST_LPI);
	else if (umsi_gic_frame_of(gic, id))
		umsi_ids_give(&gic->messages.pool, id);
	count(&gic->owned, UINT32_MAX);
	umsi_record_put(r);
}

void umsi_gic_end_over_locked(struct umsi_gic *gic, uint32_t id)
{
	count(&gic->ending, UINT32_MAX);
	umsi_count_own(&gic->reaped);
	release_locked(gic, id);
}

/* ---- Taking ---- */

int umsi_gic_none_locked(const struct umsi_gic *gic)
{
	return umsi_load32(&gic->ending) ? UMSI_EAGAIN : UMSI_ENOSLOT;
}

/* A block's numbers are aligned; the device puts its own into the low bits. */
int umsi_gic_find_message_locked(struct umsi_gic *gic, const struct umsi_group *g, uint32_t *id)
{
	uint32_t first = umsi_ids_take_block(&gic->messages.pool, umsi_lowest_bit(g->count));

	for (uint32_t i = 0; i < g->count; i++)
		id[i] = first + i;
	return first == UMSI_IDS_NONE ? umsi_gic_none_locked(gic) : UMSI_OK;
}

/* The number is the index. */
int umsi_gic_find_wire_locked(struct umsi_gic *gic, const struct umsi_group *g, uint32_t *id)
{
	struct umsi_record *owner;

	*id = g->member[0]->index;
	if (*id < GIC_FIRST_SPI || *id >= gic->spis_end || umsi_gic_frame_of(gic, *id))
		return UMSI_ERANGE;
	owner = umsi_load_ptr(entry_of(gic, *id));
	if (!owner)
		return UMSI_OK;
	/* One that is ending has no target. */
	return umsi_load32(&owner->target) == UMSI_CPU_NONE ? UMSI_EAGAIN : UMSI_EEXIST;
}

/* Published in the same critical section that takes it. */
static void publish_locked(struct umsi_gic *gic, struct umsi_record *r, uint32_t id, umsi_cpu cpu)
{
	r->slot = id;
	r->told = false;
	umsi_store32(&r->target, cpu);
	umsi_fetch_add32(&r->references, 1);
	umsi_store_ptr_release(entry_of(gic, id), r);
	count(&gic->owned, 1);
}

/*
 * R1, R14: choosing and publishing are one critical section, so that whoever
 * has barred a CPU and then taken this lock sees every number aimed at it.
 */
int umsi_gic_take(struct umsi_gic *gic, struct umsi_record *r, const struct umsi_where *where,
		  umsi_gic_find_locked find)
{
	struct umsi_group g = umsi_group_of(&r);
	uintptr_t state = umsi_lock(gic->m, &gic->lock);
	umsi_cpu cpu = umsi_target_choose(gic->root, r, where, umsi_gic_load_of);
	uint32_t id[UMSI_BLOCK_MAX];
	int status = UMSI_ENOCPU;

	if (cpu != UMSI_CPU_NONE) {
		gic->kind->reap_locked(gic);
		status = find(gic, &g, id);
	}
	if (!status)
		umsi_fetch_add32(&gic->cpu[cpu].load, g.count);
	for (uint32_t i = 0; !status && i < g.count; i++)
		publish_locked(gic, g.member[i], id[i], cpu);
	umsi_unlock(gic->m, &gic->lock, state);
	return status;
}

/* ---- Giving ---- */

void umsi_gic_give(struct umsi_gic *gic, struct umsi_record *r, int settled)
{
	uintptr_t state = umsi_lock(gic->m, &gic->lock);

	if (r->told) {
		count(&gic->ending, 1);
		gic->kind->end_locked(gic, r->slot, settled);
	} else {
		release_locked(gic, r->slot);
	}
	umsi_unlock(gic->m, &gic->lock, state);
}

void umsi_gic_reap(struct umsi_domain *d)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	uintptr_t state = umsi_lock(d->m, &gic->lock);

	gic->kind->reap_locked(gic);
	umsi_unlock(d->m, &gic->lock, state);
}

int umsi_gic_make_room(struct umsi_domain *d, const struct umsi_where *where, bool for_move)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	struct umsi_deadline wait = umsi_deadline_in(d->m->host, ROOM_WAIT_NS);
	uint32_t before = umsi_load32(&gic->ending);

	(void)where;
	(void)for_move;
	if (gic->kind->ask)
		gic->kind->ask(gic);
	do {
		umsi_gic_reap(d);
		if (!before || umsi_load32(&gic->ending) < before)
			return UMSI_OK;
		umsi_host_relax(d->m->host);
	} while (umsi_deadline_left(&wait));
	return UMSI_ENOSLOT;
}
