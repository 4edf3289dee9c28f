/* SPDX-License-Identifier: MIT */
/* LPIs and wires as the root end of a path. All under the record's (or block's) lock. */
#include "core/dump_root.h"
#include "root/gicv3.h"
#include "umsi_arch.h"

static uint32_t load_of(const struct umsi_domain *d, umsi_cpu cpu)
{
	return umsi_load32(&((const struct umsi_gicv3_domain *)d)->gic->cpu[cpu].load);
}

umsi_cpu umsi_gicv3_choose(const struct umsi_gicv3 *gic, const struct umsi_record *r,
			   const struct umsi_where *where)
{
	return umsi_target_choose(&gic->lpi.domain, r, where, load_of);
}

static void add_load(struct umsi_gicv3 *gic, umsi_cpu cpu, uint32_t n)
{
	umsi_fetch_add32(&gic->cpu[cpu].load, n);
}

/* ---- LPIs: always behind a translator, which holds the other half of the mapping ---- */

static int lpi_reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where)
{
	if (r->leaf->parent == d)
		return UMSI_ENOTSUP;
	return umsi_gicv3_take_lpis(umsi_gicv3_of(d), r, where);
}

static void unreserve_one(struct umsi_gicv3 *gic, struct umsi_record *r, int settled)
{
	umsi_store32(&r->target, UMSI_CPU_NONE);
	umsi_gicv3_give(gic, r, settled);
}

/* The translator has removed its mapping, with its wait. */
static void lpi_unreserve(struct umsi_domain *d, struct umsi_record *r, int settled)
{
	struct umsi_gicv3 *gic = umsi_gicv3_of(d);
	struct umsi_group g = umsi_group_of(&r);

	add_load(gic, umsi_load32(&g.member[0]->target), -g.count);
	for (uint32_t i = 0; i < g.count; i++)
		unreserve_one(gic, g.member[i], settled);
}

/* The record is in the table; the configuration is there before the translator says that it is to be read. */
static int lpi_activate(struct umsi_domain *d, struct umsi_record *r)
{
	umsi_gicv3_lpi_configure(umsi_gicv3_of(d), r->slot, true);
	r->told = true;
	umsi_barrier_publish_to_message();
	return UMSI_OK;
}

/* Nobody maps it any more; the next to map it has it read again. */
static int lpi_deactivate(struct umsi_domain *d, struct umsi_record *r)
{
	umsi_gicv3_lpi_configure(umsi_gicv3_of(d), r->slot, false);
	return UMSI_OK;
}

/* For the translator: the redistributor, by address with its number in the low bits, and the LPI. */
static void lpi_message(const struct umsi_gicv3 *gic, uint32_t lpi, umsi_cpu cpu, struct umsi_msg *out)
{
	out->address = gic->cpu[cpu].phys | gic->cpu[cpu].number;
	out->data = lpi;
}

static void lpi_compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	lpi_message(umsi_gicv3_of(d), r->slot, umsi_load32(&r->target), out);
}

static int move_prepare(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	struct umsi_gicv3 *gic = umsi_gicv3_of(d);

	mv->cpu = umsi_gicv3_choose(gic, r, &mv->where);
	if (mv->cpu == UMSI_CPU_NONE)
		return UMSI_ENOCPU;
	mv->mark = umsi_gicv3_restore_mark(gic, umsi_load32(&umsi_record_leader(r)->target));
	mv->slot = umsi_record_leader(r)->slot;
	lpi_message(gic, mv->slot, mv->cpu, &mv->message);
	return UMSI_OK;
}

void umsi_gicv3_retarget(struct umsi_gicv3 *gic, const struct umsi_group *g, umsi_cpu cpu)
{
	add_load(gic, umsi_load32(&g->member[0]->target), -g->count);
	add_load(gic, cpu, g->count);
	for (uint32_t i = 0; i < g->count; i++)
		umsi_store32(&g->member[i]->target, cpu);
}

/*
 * The translator's SYNC has returned: what was pending at the old redistributor
 * is at the new one; what the old CPU has acknowledged it serves from the same table.
 * Unless the old redistributor had lost it, and could hand on nothing.
 */
static void lpi_move_commit(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	struct umsi_gicv3 *gic = umsi_gicv3_of(d);
	struct umsi_group g = umsi_group_of(&r);
	bool lost = umsi_gicv3_has_lost(gic, umsi_load32(&g.member[0]->target), mv->mark);

	umsi_gicv3_retarget(gic, &g, mv->cpu);
	for (uint32_t i = 0; lost && i < g.count; i++)
		umsi_inbox_trigger(g.member[i]);
}

/* Nothing was taken: the number stays the same. */
void umsi_gicv3_move_abort(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	(void)d;
	(void)r;
	(void)mv;
}

/* ---- Wires: a number is the line's; the table's store sets the trigger and opens it ---- */

static int wire_reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where)
{
	return umsi_gicv3_take_wire(umsi_gicv3_of(d), r, where);
}

static void wire_unreserve(struct umsi_domain *d, struct umsi_record *r, int settled)
{
	struct umsi_gicv3 *gic = umsi_gicv3_of(d);

	add_load(gic, umsi_load32(&r->target), UINT32_MAX);
	umsi_gicv3_disable(gic, r->slot);
	unreserve_one(gic, r, settled);
}

static int wire_activate(struct umsi_domain *d, struct umsi_record *r)
{
	umsi_gicv3_route(umsi_gicv3_of(d), r->slot, umsi_load32(&r->target));
	r->told = true;
	umsi_barrier_publish_to_message();
	return UMSI_OK;
}

static int wire_deactivate(struct umsi_domain *d, struct umsi_record *r)
{
	umsi_gicv3_disable(umsi_gicv3_of(d), r->slot);
	return UMSI_OK;
}

/* A wire's message is the wire. */
static void wire_compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	(void)d;
	*out = (struct umsi_msg){ .data = r->slot };
}

int umsi_gicv3_spi_move_prepare(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	mv->absorbed = true;
	return move_prepare(d, r, mv);
}

/* A level line is asserted for whichever CPU is asked. */
static void wire_move_commit(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	struct umsi_gicv3 *gic = umsi_gicv3_of(d);
	struct umsi_group g = umsi_group_of(&r);

	umsi_gicv3_retarget(gic, &g, mv->cpu);
	if (umsi_record_is_level(r)) {
		umsi_gicv3_route(gic, r->slot, mv->cpu);
		return;
	}
	umsi_gicv3_reroute(gic, r->slot, mv->cpu);
	if (r->phase == UMSI_PHASE_ACTIVE)
		umsi_gicv3_enable(gic, r->slot);
}

/* ---- Numbers for the outside ---- */

static void stats(struct umsi_domain *d, struct umsi_stats *out)
{
	struct umsi_gicv3 *gic = umsi_gicv3_of(d);

	for (umsi_cpu cpu = 0; cpu < d->m->ncpus; cpu++)
		out->unowned += umsi_load64(&gic->cpu[cpu].unowned);
	out->reaped += umsi_load64(&gic->reaped);
	out->retiring += umsi_load32(&gic->ending);
}

static uint64_t room(struct umsi_domain *d)
{
	struct umsi_gicv3 *gic = umsi_gicv3_of(d);
	uintptr_t state = umsi_lock(d->m, &gic->lock);
	uint64_t n = umsi_ids_free_count(&gic->lpis) + umsi_load32(&gic->ending);

	umsi_unlock(d->m, &gic->lock, state);
	return n;
}

static void dump(struct umsi_domain *d, umsi_dump_line line, void *arg)
{
	struct umsi_gicv3 *gic = umsi_gicv3_of(d);
	struct umsi_text t;

	umsi_text_begin(&t, "gicv3");
	umsi_text_field(&t, "lpis", gic->lpis_end - GICV3_FIRST_LPI);
	umsi_text_field(&t, "free", umsi_ids_free_count(&gic->lpis));
	umsi_text_field(&t, "owned", umsi_load32(&gic->owned));
	umsi_text_field(&t, "ending", umsi_load32(&gic->ending));
	umsi_text_field(&t, "coherent", !umsi_load32(&gic->incoherent));
	umsi_dump_loads(d, &t, load_of, line, arg);
}

int umsi_gicv3_count(struct umsi_domain *root, struct umsi_gicv3_lpis *out)
{
	struct umsi_gicv3 *gic;

	if (!root || !out || root->ops != &umsi_gicv3_lpi_ops)
		return UMSI_EINVAL;
	gic = umsi_gicv3_of(root);
	out->total = gic->lpis_end - GICV3_FIRST_LPI;
	out->ending = umsi_load32(&gic->ending);
	out->owned = umsi_load32(&gic->owned) - out->ending;
	return UMSI_OK;
}

const struct umsi_controller_ops umsi_gicv3_controller_ops = {
	.make_room = umsi_gicv3_make_room,
	.reap = umsi_gicv3_reap,
	.drain = umsi_gicv3_drain,
	.cpu_online = umsi_gicv3_cpu_online,
	.cpu_leave = UMSI_FOR_HOTPLUG(umsi_gicv3_cpu_leave),
	.cpu_dead = UMSI_FOR_HOTPLUG(umsi_gicv3_cpu_dead),
	.cpu_restore = UMSI_FOR_HOTPLUG(umsi_gicv3_cpu_restore),
	.resume = UMSI_FOR_SLEEP(umsi_gicv3_resume),
	.dump = UMSI_FOR_DUMPS(dump),
	.stats = UMSI_FOR_STATS(stats),
};

const struct umsi_domain_ops umsi_gicv3_lpi_ops = {
	.name = "gicv3",
	.number_name = "lpi",
	.controller = &umsi_gicv3_controller_ops,
	.room = UMSI_FOR_LIMITS(room),
	.reserve = lpi_reserve,
	.unreserve = lpi_unreserve,
	.activate = lpi_activate,
	.deactivate = lpi_deactivate,
	.compose = lpi_compose,
	.move_prepare = UMSI_FOR_MOVES(move_prepare),
	.move_commit = UMSI_FOR_MOVES(lpi_move_commit),
	.move_abort = UMSI_FOR_MOVES(umsi_gicv3_move_abort),
	.dump_path = UMSI_FOR_DUMPS(umsi_dump_path),
};

/* Never listed: what concerns CPUs and the whole controller is the other one's. */
const struct umsi_domain_ops umsi_gicv3_wire_ops = {
	.name = "gicv3",
	.number_name = "spi",
	.controller = &umsi_gicv3_controller_ops,
	.reserve = wire_reserve,
	.unreserve = wire_unreserve,
	.activate = wire_activate,
	.deactivate = wire_deactivate,
	.compose = wire_compose,
	.move_prepare = UMSI_FOR_MOVES(umsi_gicv3_spi_move_prepare),
	.move_commit = UMSI_FOR_MOVES(wire_move_commit),
	.move_abort = UMSI_FOR_MOVES(umsi_gicv3_move_abort),
	.dump_path = UMSI_FOR_DUMPS(umsi_dump_path),
};
