/* SPDX-License-Identifier: MIT */
/*
 * LPIs as the root end of a path: always behind a translator, which holds the
 * other half of the mapping. All under the record's (or block's) lock.
 */
#include "core/dump_root.h"
#include "root/gicv3.h"

static int reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where)
{
	if (r->leaf->parent == d)
		return UMSI_ENOTSUP;
	return umsi_gic_take(umsi_gic_of(d), r, where, umsi_gicv3_find_lpis_locked);
}

/* The record is in the table; the configuration is there before the translator says that it is to be read. */
static int activate(struct umsi_domain *d, struct umsi_record *r)
{
	umsi_gicv3_lpi_configure(umsi_gicv3_of(d), r->slot, true);
	r->told = true;
	umsi_barrier_publish_to_message();
	return UMSI_OK;
}

/* Nobody maps it any more; the next to map it has it read again. */
static int deactivate(struct umsi_domain *d, struct umsi_record *r)
{
	umsi_gicv3_lpi_configure(umsi_gicv3_of(d), r->slot, false);
	return UMSI_OK;
}

/* For the translator: the redistributor, by address with its number in the low bits, and the LPI. */
static void message(const struct umsi_gic *gic, uint32_t lpi, umsi_cpu cpu, struct umsi_msg *out)
{
	out->address = gic->cpu[cpu].phys | gic->cpu[cpu].number;
	out->data = lpi;
}

static void compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	message(umsi_gic_of(d), r->slot, umsi_load32(&r->target), out);
}

static const struct umsi_gic_cpu *target_of(struct umsi_domain *d, struct umsi_record *r)
{
	return &umsi_gic_of(d)->cpu[umsi_load32(&umsi_record_leader(r)->target)];
}

static int move_prepare(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	int status = umsi_gic_move_prepare(d, r, mv);

	if (status)
		return status;
	mv->absorbed = false;
	mv->mark = umsi_gicv3_restore_mark(target_of(d, r));
	message(umsi_gic_of(d), mv->slot, mv->cpu, &mv->message);
	return UMSI_OK;
}

/*
 * The translator's SYNC has returned: what was pending at the old redistributor
 * is at the new one; what the old CPU has acknowledged it serves from the same table.
 * Unless the old redistributor had lost it, and could hand on nothing.
 */
static void move_commit(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	struct umsi_group g = umsi_group_of(&r);
	bool lost = umsi_gicv3_has_lost(target_of(d, r), mv->mark);

	umsi_gic_retarget(umsi_gic_of(d), &g, mv->cpu);
	for (uint32_t i = 0; lost && i < g.count; i++)
		umsi_inbox_trigger(g.member[i]);
}

static const struct umsi_controller_ops controller_ops = {
	.make_room = umsi_gicv3_make_room,
	.reap = umsi_gic_reap,
	.drain = umsi_gicv3_drain,
	.cpu_online = umsi_gicv3_cpu_online,
	.cpu_leave = UMSI_FOR_HOTPLUG(umsi_gic_cpu_leave),
	.cpu_dead = UMSI_FOR_HOTPLUG(umsi_gicv3_cpu_dead),
	.cpu_restore = UMSI_FOR_HOTPLUG(umsi_gicv3_cpu_restore),
	.resume = UMSI_FOR_SLEEP(umsi_gicv3_resume),
	.dump = UMSI_FOR_DUMPS(umsi_gic_dump),
	.stats = UMSI_FOR_STATS(umsi_gic_stats),
};

const struct umsi_domain_ops umsi_gicv3_lpi_ops = {
	.name = "gicv3",
	.number_name = "lpi",
	.controller = &controller_ops,
	.room = UMSI_FOR_LIMITS(umsi_gic_room),
	.reserve = reserve,
	.unreserve = umsi_gic_unreserve,
	.activate = activate,
	.deactivate = deactivate,
	.compose = compose,
	.move_prepare = UMSI_FOR_MOVES(move_prepare),
	.move_commit = UMSI_FOR_MOVES(move_commit),
	.move_abort = UMSI_FOR_MOVES(umsi_gic_move_abort),
	.dump_path = UMSI_FOR_DUMPS(umsi_dump_path),
};
