/* SPDX-License-Identifier: MIT */
/* SPIs as the root end of a path: by message, by wire. All under the record's (or block's) lock. */
#include "core/dump_root.h"
#include "root/gic.h"

uint32_t umsi_gic_load_of(const struct umsi_domain *d, umsi_cpu cpu)
{
	return umsi_load32(&((const struct umsi_gic_domain *)d)->gic->cpu[cpu].load);
}

int umsi_gic_message_reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where)
{
	return umsi_gic_take(umsi_gic_of(d), r, where, umsi_gic_find_message_locked);
}

static int wire_reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where)
{
	return umsi_gic_take(umsi_gic_of(d), r, where, umsi_gic_find_wire_locked);
}

static void add_load(struct umsi_gic *gic, umsi_cpu cpu, uint32_t n)
{
	umsi_fetch_add32(&gic->cpu[cpu].load, n);
}

/* Of an LPI the translator has removed its mapping, with its wait. */
void umsi_gic_unreserve(struct umsi_domain *d, struct umsi_record *r, int settled)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	struct umsi_group g = umsi_group_of(&r);

	add_load(gic, umsi_load32(&g.member[0]->target), -g.count);
	for (uint32_t i = 0; i < g.count; i++) {
		if (g.member[i]->slot < GIC_FIRST_SPECIAL)
			umsi_gic_disable(gic, g.member[i]->slot);
		umsi_store32(&g.member[i]->target, UMSI_CPU_NONE);
		umsi_gic_give(gic, g.member[i], settled);
	}
}

/* The record is in the table; from the enable on it may be found there. */
static void open_number(struct umsi_gic *gic, struct umsi_record *r)
{
	umsi_gic_route(gic, r->slot, umsi_load32(&r->target));
	r->told = true;
	umsi_barrier_publish_to_message();
}

/* The table's store sets the trigger and opens the line. */
static int wire_activate(struct umsi_domain *d, struct umsi_record *r)
{
	open_number(umsi_gic_of(d), r);
	return UMSI_OK;
}

int umsi_gic_message_open(struct umsi_gic *gic, struct umsi_record *r)
{
	uintptr_t state = umsi_lock(gic->m, &gic->lock);
	int status = umsi_gic_set_edge_locked(gic, r->slot, true);

	umsi_unlock(gic->m, &gic->lock, state);
	if (status)
		return status;
	open_number(gic, r);
	umsi_gic_enable(gic, r->slot);
	return UMSI_OK;
}

int umsi_gic_message_activate(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_group g = umsi_group_of(&r);
	int status = UMSI_OK;

	for (uint32_t i = 0; !status && i < g.count; i++)
		status = umsi_gic_message_open(umsi_gic_of(d), g.member[i]);
	return status;
}

/* A block's members end one by one; their numbers stay open until the last. */
int umsi_gic_deactivate(struct umsi_domain *d, struct umsi_record *r)
{
	if (!umsi_record_block(r))
		umsi_gic_disable(umsi_gic_of(d), r->slot);
	return UMSI_OK;
}

/* "SETSPI_NS", "GICD_SETSPI_NSR": the value written is the interrupt id. A wire's message is the wire. */
void umsi_gic_compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	uint32_t id = umsi_record_leader(r)->slot;
	const struct umsi_gic_frame *frame = umsi_gic_frame_of(umsi_gic_of(d), id);

	out->address = frame ? frame->phys + V2M_SETSPI_NS : 0;
	out->data = id;
}

int umsi_gic_move_prepare(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	mv->cpu = umsi_target_choose(umsi_gic_of(d)->root, r, &mv->where, umsi_gic_load_of);
	if (mv->cpu == UMSI_CPU_NONE)
		return UMSI_ENOCPU;
	mv->slot = umsi_record_leader(r)->slot;
	mv->absorbed = true;
	return UMSI_OK;
}

void umsi_gic_retarget(struct umsi_gic *gic, const struct umsi_group *g, umsi_cpu cpu)
{
	add_load(gic, umsi_load32(&g->member[0]->target), -g->count);
	add_load(gic, cpu, g->count);
	for (uint32_t i = 0; i < g->count; i++)
		umsi_store32(&g->member[i]->target, cpu);
}

/* A level line is asserted for whichever CPU is asked. */
static void move_one(struct umsi_gic *gic, struct umsi_record *r, umsi_cpu cpu, bool open)
{
	if (umsi_record_is_level(r)) {
		umsi_gic_route(gic, r->slot, cpu);
		return;
	}
	umsi_gic_reroute(gic, r->slot, cpu);
	/* After a loss, and before resume comes to it, it is no edge (arm3 seed 43773). */
	if (open && umsi_load32(&gic->lost))
		umsi_gic_message_open(gic, r);
	else if (open)
		umsi_gic_enable(gic, r->slot);
}

/*
 * What is pending when the route changes goes to the new CPU, what the old one has
 * acknowledged is handled there: the table is the same for both.
 */
void umsi_gic_move_commit(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	struct umsi_group g = umsi_group_of(&r);
	bool open = false;

	for (uint32_t i = 0; i < g.count; i++)
		open = open || g.member[i]->phase == UMSI_PHASE_ACTIVE;
	umsi_gic_retarget(gic, &g, mv->cpu);
	for (uint32_t i = 0; i < g.count; i++)
		move_one(gic, g.member[i], mv->cpu, open);
}

/* Nothing was taken: the number stays the same. */
void umsi_gic_move_abort(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	(void)d;
	(void)r;
	(void)mv;
}

/* Never listed: what concerns CPUs and the whole controller is the root's that is. */
static const struct umsi_controller_ops spi_controller_ops = {
	.make_room = umsi_gic_make_room,
};

const struct umsi_domain_ops umsi_gic_message_ops = {
	.name = "gicv3",
	.number_name = "spi",
	.controller = &spi_controller_ops,
	.reserve = umsi_gic_message_reserve,
	.unreserve = umsi_gic_unreserve,
	.activate = umsi_gic_message_activate,
	.deactivate = umsi_gic_deactivate,
	.compose = umsi_gic_compose,
	.move_prepare = UMSI_FOR_MOVES(umsi_gic_move_prepare),
	.move_commit = UMSI_FOR_MOVES(umsi_gic_move_commit),
	.move_abort = UMSI_FOR_MOVES(umsi_gic_move_abort),
	.dump_path = UMSI_FOR_DUMPS(umsi_dump_path),
};

const struct umsi_domain_ops umsi_gic_wire_ops = {
	.name = "gic",
	.number_name = "spi",
	.controller = &spi_controller_ops,
	.reserve = wire_reserve,
	.unreserve = umsi_gic_unreserve,
	.activate = wire_activate,
	.deactivate = umsi_gic_deactivate,
	.compose = umsi_gic_compose,
	.move_prepare = UMSI_FOR_MOVES(umsi_gic_move_prepare),
	.move_commit = UMSI_FOR_MOVES(umsi_gic_move_commit),
	.move_abort = UMSI_FOR_MOVES(umsi_gic_move_abort),
	.dump_path = UMSI_FOR_DUMPS(umsi_dump_path),
};
