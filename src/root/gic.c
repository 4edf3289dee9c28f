/* SPDX-License-Identifier: MIT */
/* Creating and destroying a GIC root: checks, mappings, which SPIs messages raise. */
#include "root/gic.h"
#include "umsi_arch.h"

static void kick(void *root, umsi_cpu cpu)
{
	struct umsi_gic *gic = root;

	gic->kind->send(gic, cpu, GIC_SGI_KICK);
}

static const struct umsi_kick_ops kick_ops = {
	.kick = kick,
};

/* ---- Numbers ---- */

int umsi_gic_add_frame(struct umsi_gic *gic, const struct umsi_gic_frame *frame)
{
	struct umsi_ids *pool = &gic->messages.pool;

	if (frame->spi_base < GIC_FIRST_SPI || frame->spi_base >= gic->spis_end || !frame->spis ||
	    frame->spis > gic->spis_end - frame->spi_base)
		return UMSI_ERANGE;
	for (uint32_t id = frame->spi_base; id < frame->spi_base + frame->spis; id++) {
		if (umsi_ids_is_free(pool, id))
			return UMSI_ERANGE;
		umsi_ids_give(pool, id);
	}
	gic->frame[gic->frames++] = *frame;
	return UMSI_OK;
}

const struct umsi_gic_frame *umsi_gic_frame_of(const struct umsi_gic *gic, uint32_t id)
{
	for (const struct umsi_gic_frame *f = gic->frame; f < gic->frame + gic->frames; f++)
		if (id - f->spi_base < f->spis)
			return f;
	return NULL;
}

/* ---- Creating ---- */

static bool is_wrong(const struct umsi_gic_kind *kind, const struct umsi_gic_start *start)
{
	if (!start->distributor || start->distributor % kind->distributor_bytes)
		return true;
	return start->timer_id &&
	       (start->timer_id < GIC_SGIS || start->timer_id >= GIC_FIRST_SPI || !start->timer);
}

void umsi_gic_begin_domain(struct umsi_gic *gic, struct umsi_gic_domain *d, const struct umsi_domain_ops *ops)
{
	d->gic = gic;
	d->domain.m = gic->m;
	d->domain.ops = ops;
	umsi_domain_put_under(&d->domain, NULL);
}

/* One allocation: the version's struct, the CPUs', the pool of SPIs. */
static size_t bytes_of(const struct umsi *m, const struct umsi_gic_kind *kind)
{
	return kind->bytes + m->ncpus * sizeof(struct umsi_gic_cpu) + umsi_ids_bytes(GIC_FIRST_SPECIAL);
}

static int build(struct umsi_gic *gic, const struct umsi_gic_start *start, const void *config)
{
	uint32_t typer;
	int status;

	gic->timer_id = start->timer_id;
	gic->timer = start->timer;
	gic->ipis.limit = GIC_IPIS_MAX;
	gic->cpu = (void *)((char *)gic + gic->kind->bytes);
	umsi_ids_init(&gic->messages.pool, gic->cpu + gic->m->ncpus, GIC_FIRST_SPECIAL);
	while (umsi_ids_take(&gic->messages.pool) != UMSI_IDS_NONE)
		;
	gic->distributor = umsi_host_mmio_map(gic->m->host, start->distributor, gic->kind->distributor_bytes);
	if (!gic->distributor)
		return UMSI_ENOMEM;
	typer = umsi_mmio_read32(gic->distributor + GICD_TYPER);
	if (typer == UINT32_MAX)
		return UMSI_EGONE;
	gic->spis_end = gic->end = umsi_gic_ids(typer);
	status = gic->kind->build(gic, config, typer);
	return status ? status : umsi_gic_reset(gic);
}

static void dismantle(struct umsi_gic *gic)
{
	struct umsi *m = gic->m;

	gic->kind->dismantle(gic);
	if (gic->distributor)
		umsi_host_mmio_unmap(m->host, (void *)gic->distributor, gic->kind->distributor_bytes);
	umsi_host_free(m->host, gic, bytes_of(m, gic->kind));
}

int umsi_gic_make(struct umsi *m, const struct umsi_gic_kind *kind, const struct umsi_gic_start *start,
		  const void *config, struct umsi_domain **out)
{
	struct umsi_gic *gic;
	int status;

	if (is_wrong(kind, start))
		return UMSI_EINVAL;
	if (m->kick_ops)
		return UMSI_EEXIST;
	gic = umsi_host_alloc(m->host, bytes_of(m, kind));
	if (!gic)
		return UMSI_ENOMEM;
	gic->kind = kind;
	gic->m = m;
	umsi_gic_begin_domain(gic, &gic->messages, kind->message_ops);
	gic->lpis.gic = gic;
	gic->root = kind->message_ops == kind->root_ops ? &gic->messages.domain : &gic->lpis.domain;
	status = build(gic, start, config);
	if (status) {
		dismantle(gic);
		return status;
	}
	m->kick_ops = &kick_ops;
	m->kick_root = gic;
	umsi_domain_add(m, gic->root, NULL, kind->root_ops);
	*out = gic->root;
	return UMSI_OK;
}

/* ---- Destroying ---- */

bool umsi_gic_is_root(const struct umsi_domain *root, const struct umsi_gic_kind *kind)
{
	return root && root->ops == kind->root_ops;
}

/* Numbers that were ending count as quiet: this root's traps are over. */
static void drop_ending(struct umsi_gic *gic)
{
	struct umsi_record *r;

	for (uint32_t id = GIC_FIRST_SPI; (r = umsi_gic_next_owner(gic, &id, gic->end)); id++)
		umsi_record_put(r);
}

int umsi_gic_unmake(struct umsi_domain *root, const struct umsi_gic_kind *kind)
{
	struct umsi_gic *gic;
	int status;

	if (!umsi_gic_is_root(root, kind))
		return UMSI_EINVAL;
	gic = umsi_gic_of(root);
	if (umsi_load32_acquire(&gic->messages.domain.users))
		return UMSI_EBUSY;
	status = umsi_domain_remove(root);
	if (status)
		return status;
	gic->m->kick_ops = NULL;
	gic->m->kick_root = NULL;
	umsi_mmio_write32(gic->distributor + GICD_CTLR, kind->off);
	drop_ending(gic);
	dismantle(gic);
	return UMSI_OK;
}
