/* SPDX-License-Identifier: MIT */
/*
 * SPIs by message: a device writes the number to GICD_SETSPI_NSR, which makes it
 * pending. The number says all, so a move changes its route and no message.
 * Source: IHI 0069, "Message-based SPIs", "GICD_SETSPI_NSR".
 */
#include "core/dump_root.h"
#include "root/gicv3.h"
#include "umsi_arch.h"

/* ---- The pool ---- */

static int add_range(struct umsi_gicv3 *gic, const struct umsi_gicv3_mbi *range)
{
	if (range->spi_base < GICV3_FIRST_SPI || range->spi_base >= gic->spis_end || !range->spis ||
	    range->spis > gic->spis_end - range->spi_base)
		return UMSI_ERANGE;
	for (uint32_t id = range->spi_base; id < range->spi_base + range->spis; id++) {
		if (gic->by_message[id / 32] & umsi_gicv3_bit(id))
			return UMSI_ERANGE;
		gic->by_message[id / 32] |= umsi_gicv3_bit(id);
		umsi_ids_give(&gic->spis, id);
	}
	return UMSI_OK;
}

int umsi_gicv3_messages_make(struct umsi_gicv3 *gic, const struct umsi_gicv3_config *config)
{
	struct umsi *m = umsi_gicv3_machine(gic);
	int status = UMSI_OK;

	gic->messages.domain = (struct umsi_domain){ .ops = &umsi_gicv3_message_ops, .m = m };
	umsi_domain_put_under(&gic->messages.domain, NULL);
	gic->messages.gic = gic;
	if (!config->mbis)
		return UMSI_OK;
	if (!umsi_gicv3_has_messages(umsi_mmio_read32(gic->distributor + GICV3_GICD_TYPER)))
		return UMSI_ENOTSUP;
	gic->doorbell = (config->mbi_alias ? config->mbi_alias : config->distributor) + GICV3_GICD_SETSPI_NSR;
	gic->spi_ids = umsi_host_alloc(m->host, umsi_ids_bytes(gic->spis_end));
	if (!gic->spi_ids)
		return UMSI_ENOMEM;
	umsi_ids_init(&gic->spis, gic->spi_ids, gic->spis_end);
	while (umsi_ids_take(&gic->spis) != UMSI_IDS_NONE)
		;
	for (uint32_t i = 0; i < config->mbis && !status; i++)
		status = add_range(gic, &config->mbi[i]);
	return status;
}

void umsi_gicv3_messages_free(struct umsi_gicv3 *gic)
{
	if (gic->spi_ids)
		umsi_host_free(umsi_gicv3_machine(gic)->host, gic->spi_ids, umsi_ids_bytes(gic->spis.size));
}

int umsi_gicv3_messages(struct umsi_domain *root, struct umsi_domain **out)
{
	if (!root || !out || root->ops != &umsi_gicv3_lpi_ops)
		return UMSI_EINVAL;
	if (!umsi_gicv3_of(root)->doorbell)
		return UMSI_ENOTSUP;
	*out = &umsi_gicv3_of(root)->messages.domain;
	return UMSI_OK;
}

/* ---- The end of a path ---- */

static int reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where)
{
	return umsi_gicv3_take_messages(umsi_gicv3_of(d), r, where);
}

static void unreserve(struct umsi_domain *d, struct umsi_record *r, int settled)
{
	struct umsi_gicv3 *gic = umsi_gicv3_of(d);
	struct umsi_group g = umsi_group_of(&r);

	umsi_fetch_add32(&gic->cpu[umsi_load32(&g.member[0]->target)].load, -g.count);
	for (uint32_t i = 0; i < g.count; i++) {
		umsi_gicv3_disable(gic, g.member[i]->slot);
		umsi_store32(&g.member[i]->target, UMSI_CPU_NONE);
		umsi_gicv3_give(gic, g.member[i], settled);
	}
}

int umsi_gicv3_message_open(struct umsi_gicv3 *gic, struct umsi_record *r)
{
	struct umsi *m = umsi_gicv3_machine(gic);
	uintptr_t state = umsi_lock(m, &gic->lock);
	int status = umsi_gicv3_set_edge_locked(gic, r->slot, true);

	umsi_unlock(m, &gic->lock, state);
	if (status)
		return status;
	umsi_gicv3_route(gic, r->slot, umsi_load32(&r->target));
	r->told = true;
	umsi_barrier_publish_to_message();
	umsi_gicv3_enable(gic, r->slot);
	return UMSI_OK;
}

static int activate(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_group g = umsi_group_of(&r);
	int status = UMSI_OK;

	for (uint32_t i = 0; !status && i < g.count; i++)
		status = umsi_gicv3_message_open(umsi_gicv3_of(d), g.member[i]);
	return status;
}

/* A block's members end one by one; their numbers stay open until the last. */
static int deactivate(struct umsi_domain *d, struct umsi_record *r)
{
	if (!umsi_record_block(r))
		umsi_gicv3_disable(umsi_gicv3_of(d), r->slot);
	return UMSI_OK;
}

static void compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	out->address = umsi_gicv3_of(d)->doorbell;
	out->data = umsi_record_leader(r)->slot;
}

/* What is pending when the route changes goes along; what the old CPU has acknowledged it serves from the same table. */
static void move_commit(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	struct umsi_gicv3 *gic = umsi_gicv3_of(d);
	struct umsi_group g = umsi_group_of(&r);
	bool open = false;

	for (uint32_t i = 0; i < g.count; i++)
		open = open || g.member[i]->phase == UMSI_PHASE_ACTIVE;
	umsi_gicv3_retarget(gic, &g, mv->cpu);
	for (uint32_t i = 0; i < g.count; i++) {
		umsi_gicv3_reroute(gic, g.member[i]->slot, mv->cpu);
		if (!open)
			continue;
		/* After a loss, and before resume comes to it, it is no edge (arm3 seed 43773). */
		if (umsi_load32(&gic->lost))
			umsi_gicv3_message_open(gic, g.member[i]);
		else
			umsi_gicv3_enable(gic, g.member[i]->slot);
	}
}

/* Never listed: what concerns CPUs and the whole controller is the LPIs'. */
const struct umsi_domain_ops umsi_gicv3_message_ops = {
	.name = "gicv3",
	.number_name = "spi",
	.controller = &umsi_gicv3_controller_ops,
	.reserve = reserve,
	.unreserve = unreserve,
	.activate = activate,
	.deactivate = deactivate,
	.compose = compose,
	.move_prepare = UMSI_FOR_MOVES(umsi_gicv3_spi_move_prepare),
	.move_commit = UMSI_FOR_MOVES(move_commit),
	.move_abort = UMSI_FOR_MOVES(umsi_gicv3_move_abort),
	.dump_path = UMSI_FOR_DUMPS(umsi_dump_path),
};
