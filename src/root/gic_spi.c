/* SPDX-License-Identifier: MIT */
/* SPIs as the root end of a path: by message, by wire. All under the record's (or block's) lock. */
#include "core/dump_root.h"
#include "root/gic.h"

static uint32_t load_of(const struct umsi_domain *d, umsi_cpu cpu)
{
	return umsi_load32(&((const struct umsi_gic_domain *)d)->gic->cpu[cpu].load);
}

umsi_cpu umsi_gic_choose(const struct umsi_gic *gic, const struct umsi_record *r,
			 const struct umsi_where *where)
{
	return umsi_target_choose(&gic->messages.domain, r, where, load_of);
}

static void add_load(struct umsi_gic *gic, umsi_cpu cpu, uint32_t n)
{
	umsi_fetch_add32(&gic->cpu[cpu].load, n);
}

static int message_reserve(struct umsi_domain *d, struct umsi_record *r,
			   const struct umsi_where *where)
{
	return umsi_gic_take(umsi_gic_of(d), r, where, false);
}

static int wire_reserve(struct umsi_domain *d, struct umsi_record *r,
			const struct umsi_where *where)
{
	return umsi_gic_take(umsi_gic_of(d), r, where, true);
}

static void unreserve(struct umsi_domain *d, struct umsi_record *r, int settled)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	struct umsi_group g = umsi_group_of(&r);

	(void)settled;
	add_load(gic, umsi_load32(&g.member[0]->target), -g.count);
	for (uint32_t i = 0; i < g.count; i++) {
		umsi_gic_disable(gic, g.member[i]->slot);
		umsi_store32(&g.member[i]->target, UMSI_CPU_NONE);
		umsi_gic_give(gic, g.member[i]);
	}
}

/* The record is in the table; from the enable on it may be found there. */
static void open_number(struct umsi_gic *gic, struct umsi_record *r)
{
	umsi_gic_route(gic, r->slot, umsi_load32(&r->target));
	r->told = true;
	umsi_barrier_publish_to_message();
}

static int message_activate_one(struct umsi_gic *gic, struct umsi_record *r)
{
	struct umsi *m = gic->messages.domain.m;
	uintptr_t state = umsi_lock(m, &gic->lock);
	int status = umsi_gic_set_edge_locked(gic, r->slot, true);

	umsi_unlock(m, &gic->lock, state);
	if (status)
		return status;
	open_number(gic, r);
	umsi_gic_enable(gic, r->slot);
	return UMSI_OK;
}

static int message_activate(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_group g = umsi_group_of(&r);
	int status = UMSI_OK;

	for (uint32_t i = 0; !status && i < g.count; i++)
		status = message_activate_one(umsi_gic_of(d), g.member[i]);
	return status;
}

/* The table's store sets the trigger and opens the line. */
static int wire_activate(struct umsi_domain *d, struct umsi_record *r)
{
	open_number(umsi_gic_of(d), r);
	return UMSI_OK;
}

/* A block's members end one by one; their numbers stay open until the last. */
static int deactivate(struct umsi_domain *d, struct umsi_record *r)
{
	if (!umsi_record_block(r))
		umsi_gic_disable(umsi_gic_of(d), r->slot);
	return UMSI_OK;
}

/* "SETSPI_NS": the value written is the interrupt id. */
static void message_compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	const struct umsi_gic *gic = umsi_gic_of(d);
	uint32_t id = umsi_record_leader(r)->slot;

	for (uint32_t i = 0; i < gic->frames; i++)
		if (id - gic->frame[i].spi_base < gic->frame[i].spis)
			out->address = gic->frame[i].phys + V2M_SETSPI_NS;
	out->data = id;
}

/* A wire's message is the wire. */
static void wire_compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	(void)d;
	out->address = 0;
	out->data = r->slot;
}

static int move_prepare(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	mv->cpu = umsi_gic_choose(umsi_gic_of(d), r, &mv->where);
	if (mv->cpu == UMSI_CPU_NONE)
		return UMSI_ENOCPU;
	mv->slot = umsi_record_leader(r)->slot;
	mv->absorbed = true;
	return UMSI_OK;
}

/*
 * What is pending when the target changes goes to the new CPU, what the old
 * one has acknowledged is handled there: the table is the same for both. A
 * level line is asserted for whichever CPU is asked.
 */
static void move_commit_one(struct umsi_gic *gic, struct umsi_record *r, umsi_cpu cpu)
{
	umsi_store32(&r->target, cpu);
	if (umsi_record_is_level(r)) {
		umsi_gic_route(gic, r->slot, cpu);
		return;
	}
	umsi_gic_reroute(gic, r->slot, cpu);
	if (r->told)
		umsi_gic_enable(gic, r->slot);
}

static void move_commit(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	struct umsi_group g = umsi_group_of(&r);

	add_load(gic, umsi_load32(&g.member[0]->target), -g.count);
	add_load(gic, mv->cpu, g.count);
	for (uint32_t i = 0; i < g.count; i++)
		move_commit_one(gic, g.member[i], mv->cpu);
}

/* Nothing was taken: the number stays the same. */
static void move_abort(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	(void)d;
	(void)r;
	(void)mv;
}

static uint64_t room(struct umsi_domain *d)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	uintptr_t state = umsi_lock(d->m, &gic->lock);
	uint64_t n = umsi_ids_free_count(&gic->pool) + umsi_load32(&gic->ending_count);

	umsi_unlock(d->m, &gic->lock, state);
	return n;
}

static void stats(struct umsi_domain *d, struct umsi_stats *out)
{
	struct umsi_gic *gic = umsi_gic_of(d);

	for (umsi_cpu cpu = 0; cpu < d->m->ncpus; cpu++)
		out->unowned += umsi_load64(&gic->cpu[cpu].unowned);
	out->reaped += umsi_load64(&gic->reaped);
	out->retiring += umsi_load32(&gic->ending_count);
}

static void dump(struct umsi_domain *d, umsi_dump_line line, void *arg)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	struct umsi_text t;

	umsi_text_begin(&t, "gic");
	umsi_text_field(&t, "ids", gic->ids);
	umsi_text_field(&t, "frames", gic->frames);
	umsi_text_field(&t, "free", umsi_ids_free_count(&gic->pool));
	umsi_text_field(&t, "ending", umsi_load32(&gic->ending_count));
	umsi_dump_loads(d, &t, load_of, line, arg);
}

static const struct umsi_controller_ops gic_controller_ops = {
	.make_room = umsi_gic_make_room,
	.reap = umsi_gic_reap,
	.cpu_online = umsi_gic_cpu_online,
	.cpu_leave = UMSI_FOR_HOTPLUG(umsi_gic_cpu_leave),
	.cpu_dead = UMSI_FOR_HOTPLUG(umsi_gic_cpu_dead),
	.cpu_restore = UMSI_FOR_HOTPLUG(umsi_gic_cpu_restore),
	.dump = UMSI_FOR_DUMPS(dump),
	.stats = UMSI_FOR_STATS(stats),
};

const struct umsi_domain_ops umsi_gic_message_ops = {
	.name = "gic",
	.number_name = "spi",
	.controller = &gic_controller_ops,
	.room = UMSI_FOR_LIMITS(room),
	.reserve = message_reserve,
	.unreserve = unreserve,
	.activate = message_activate,
	.deactivate = deactivate,
	.compose = message_compose,
	.move_prepare = UMSI_FOR_MOVES(move_prepare),
	.move_commit = UMSI_FOR_MOVES(move_commit),
	.move_abort = UMSI_FOR_MOVES(move_abort),
	.dump_path = UMSI_FOR_DUMPS(umsi_dump_path),
};

/* Never listed: what concerns CPUs and the whole distributor is the other one's. */
const struct umsi_domain_ops umsi_gic_wire_ops = {
	.name = "gic",
	.number_name = "spi",
	.controller = &gic_controller_ops,
	.reserve = wire_reserve,
	.unreserve = unreserve,
	.activate = wire_activate,
	.deactivate = deactivate,
	.compose = wire_compose,
	.move_prepare = UMSI_FOR_MOVES(move_prepare),
	.move_commit = UMSI_FOR_MOVES(move_commit),
	.move_abort = UMSI_FOR_MOVES(move_abort),
	.dump_path = UMSI_FOR_DUMPS(umsi_dump_path),
};
