/* SPDX-License-Identifier: MIT */
/* Who has which number, from being taken until nothing of it can be under way. */
#include "idspace/word.h"

#include "core/deadline.h"
#include "root/gic.h"

/* How long an allocation waits for numbers that are about to be free. */
#define ROOM_WAIT_NS	100000000u

static struct umsi *machine_of(const struct umsi_gic *gic)
{
	return gic->messages.domain.m;
}

bool umsi_gic_in_frame(const struct umsi_gic *gic, uint32_t id)
{
	for (uint32_t i = 0; i < gic->frames; i++)
		if (id - gic->frame[i].spi_base < gic->frame[i].spis)
			return true;
	return false;
}

/* The number's last message has been handled; its entry and its owner's reference go. */
static void release_locked(struct umsi_gic *gic, uint32_t id)
{
	struct umsi_record *r = umsi_load_ptr(&gic->record[id]);

	umsi_gic_drop_pending(gic, id);
	umsi_store_ptr(&gic->record[id], NULL);
	if (umsi_gic_in_frame(gic, id))
		umsi_ids_give(&gic->pool, id);
	umsi_record_put(r);
}

/*
 * M1, whatever the source's flush proved: nothing written says how soon a
 * disabled SPI can no longer be acknowledged.
 */
static void end_locked(struct umsi_gic *gic, uint32_t id)
{
	struct umsi *m = machine_of(gic);

	gic->not_before_ns[id] = umsi_host_time_ns(m->host) + m->min_age_ns;
	gic->ending[id / 64] |= UINT64_C(1) << (id % 64);
	umsi_store32(&gic->ending_count, umsi_load32(&gic->ending_count) + 1);
}

static void reap_locked(struct umsi_gic *gic)
{
	uint64_t now;

	if (!umsi_load32(&gic->ending_count))
		return;
	now = umsi_host_time_ns(machine_of(gic)->host);
	for (uint32_t w = 0; w < GIC_WORDS; w++) {
		for (uint64_t left = gic->ending[w]; left; left &= left - 1) {
			uint32_t id = w * 64 + umsi_lowest_bit(left);

			if (now < gic->not_before_ns[id] || umsi_gic_is_active(gic, id))
				continue;
			gic->ending[w] &= ~(UINT64_C(1) << (id % 64));
			umsi_store32(&gic->ending_count, umsi_load32(&gic->ending_count) - 1);
			umsi_count_own(&gic->reaped);
			release_locked(gic, id);
		}
	}
}

/* Published in the same critical section that takes it. */
static void publish_locked(struct umsi_gic *gic, struct umsi_record *r, uint32_t id, umsi_cpu cpu)
{
	r->slot = id;
	r->told = false;
	umsi_store32(&r->target, cpu);
	umsi_fetch_add32(&r->references, 1);
	umsi_store_ptr_release(&gic->record[id], r);
}

/* A block's numbers are aligned; the frame hands on the low bits that the device put in. */
static int take_message_locked(struct umsi_gic *gic, struct umsi_record *r, umsi_cpu cpu)
{
	struct umsi_group g = umsi_group_of(&r);
	uint32_t id = umsi_ids_take_block(&gic->pool, umsi_lowest_bit(g.count));

	if (id == UMSI_IDS_NONE)
		return umsi_load32(&gic->ending_count) ? UMSI_EAGAIN : UMSI_ENOSLOT;
	for (uint32_t i = 0; i < g.count; i++)
		publish_locked(gic, g.member[i], id + i, cpu);
	return UMSI_OK;
}

static int take_wire_locked(struct umsi_gic *gic, struct umsi_record *r, umsi_cpu cpu)
{
	uint32_t id = r->index;

	if (id < GIC_FIRST_SPI || id >= gic->ids || umsi_gic_in_frame(gic, id))
		return UMSI_ERANGE;
	if (umsi_load_ptr(&gic->record[id]))
		return gic->ending[id / 64] >> (id % 64) & 1 ? UMSI_EAGAIN : UMSI_EEXIST;
	publish_locked(gic, r, id, cpu);
	return UMSI_OK;
}

/*
 * R1, R14: choosing and publishing are one critical section, so that whoever
 * has barred a CPU and then taken this lock sees every number aimed at it.
 */
int umsi_gic_take(struct umsi_gic *gic, struct umsi_record *r, const struct umsi_where *where,
		  bool wire)
{
	struct umsi *m = machine_of(gic);
	uintptr_t state = umsi_lock(m, &gic->lock);
	umsi_cpu cpu = umsi_gic_choose(gic, r, where);
	int status = UMSI_ENOCPU;

	if (cpu != UMSI_CPU_NONE) {
		reap_locked(gic);
		status = wire ? take_wire_locked(gic, r, cpu) : take_message_locked(gic, r, cpu);
	}
	if (!status)
		umsi_fetch_add32(&gic->cpu[cpu].load, umsi_group_of(&r).count);
	umsi_unlock(m, &gic->lock, state);
	return status;
}

void umsi_gic_give(struct umsi_gic *gic, struct umsi_record *r)
{
	struct umsi *m = machine_of(gic);
	uintptr_t state = umsi_lock(m, &gic->lock);

	if (r->told)
		end_locked(gic, r->slot);
	else
		release_locked(gic, r->slot);
	umsi_unlock(m, &gic->lock, state);
}

void umsi_gic_reap(struct umsi_domain *d)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	uintptr_t state = umsi_lock(d->m, &gic->lock);

	reap_locked(gic);
	umsi_unlock(d->m, &gic->lock, state);
}

int umsi_gic_make_room(struct umsi_domain *d, const struct umsi_where *where, bool for_move)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	struct umsi_deadline wait = umsi_deadline_in(d->m->host, ROOM_WAIT_NS);
	uint32_t before = umsi_load32(&gic->ending_count);

	(void)where;
	(void)for_move;
	do {
		umsi_gic_reap(d);
		if (!before || umsi_load32(&gic->ending_count) < before)
			return UMSI_OK;
		umsi_host_relax(d->m->host);
	} while (umsi_deadline_left(&wait));
	return UMSI_ENOSLOT;
}
