/* SPDX-License-Identifier: MIT */
/*
 * Redistributors: which is whose, waking it, a CPU's private interrupts, and the
 * tables of LPIs it is given.
 * Source: IHI 0069, "Redistributor register descriptions", "LPI Configuration
 * tables", "LPI Pending tables".
 */
#include "root/gicv3.h"
#include "umsi_arch.h"
#include "umsi_icc.h"

/* ---- Finding them ---- */

/* The redistributor at @offset of the region belongs to one CPU, or to one that is not ours. */
static void note(struct umsi_gicv3 *v3, const struct umsi_gicv3_region_map *map, uint64_t offset,
		 uint64_t typer)
{
	struct umsi *m = v3->gic.m;

	for (umsi_cpu cpu = 0; cpu < m->ncpus; cpu++) {
		if (!umsi_gicr_is_of(typer, m->cpu[cpu].hw_id) || v3->gic.cpu[cpu].frame)
			continue;
		v3->gic.cpu[cpu].frame = map->at + offset;
		v3->gic.cpu[cpu].private_ = map->at + offset + GICR_SGI_BASE;
		v3->gic.cpu[cpu].phys = map->phys + offset;
		v3->gic.cpu[cpu].number = umsi_gicr_number(typer);
		return;
	}
}

static int walk(struct umsi_gicv3 *v3, const struct umsi_gicv3_region_map *map, uint32_t stride)
{
	uint64_t typer, step = 0;

	for (uint64_t at = 0; at + 2 * GICV3_FRAME_BYTES <= map->bytes; at += step) {
		typer = umsi_gic_read64(map->at + at + GICR_TYPER);
		if (typer == UINT64_MAX)
			return UMSI_EGONE;
		if (!umsi_gicr_has_lpis(typer))
			return UMSI_ENOTSUP;
		note(v3, map, at, typer);
		if (umsi_gicr_is_last(typer))
			break;
		step = stride ? stride : umsi_gicr_stride(typer);
	}
	return UMSI_OK;
}

int umsi_gicv3_map_redistributors(struct umsi_gicv3 *v3, const struct umsi_gicv3_config *config)
{
	struct umsi *m = v3->gic.m;
	int status;

	v3->region = umsi_host_alloc(m->host, config->regions * sizeof(*v3->region));
	if (!v3->region)
		return UMSI_ENOMEM;
	v3->regions = config->regions;
	for (uint32_t i = 0; i < config->regions; i++) {
		struct umsi_gicv3_region_map *map = &v3->region[i];

		map->phys = config->region[i].phys;
		map->bytes = config->region[i].bytes;
		map->at = umsi_host_mmio_map(m->host, map->phys, map->bytes);
		if (!map->at)
			return UMSI_ENOMEM;
		status = walk(v3, map, config->region[i].stride);
		if (status)
			return status;
	}
	for (umsi_cpu cpu = 0; cpu < m->ncpus; cpu++)
		if (!v3->gic.cpu[cpu].frame)
			return UMSI_ERANGE;
	return UMSI_OK;
}

void umsi_gicv3_unmap_redistributors(struct umsi_gicv3 *v3)
{
	struct umsi *m = v3->gic.m;

	if (!v3->region)
		return;
	for (uint32_t i = 0; i < v3->regions; i++)
		if (v3->region[i].at)
			umsi_host_mmio_unmap(m->host, (void *)v3->region[i].at, v3->region[i].bytes);
	umsi_host_free(m->host, v3->region, v3->regions * sizeof(*v3->region));
}

/* ---- On its CPU ---- */

static int wake(struct umsi_gicv3 *v3, struct umsi_gic_cpu *c)
{
	uint32_t waker = umsi_mmio_read32(c->frame + GICR_WAKER);

	umsi_mmio_write32(c->frame + GICR_WAKER, waker & ~GICR_WAKER_SLEEP);
	return umsi_gic_wait_clear(&v3->gic, c->frame + GICR_WAKER, GICR_WAKER_ASLEEP);
}

/*
 * Shared and cached if the redistributor takes that; else it reads memory past
 * the caches and says so in what it reads back.
 */
static bool give_table(volatile unsigned char *at, uint64_t base)
{
	umsi_gic_write64(at, base | umsi_gicr_attributes(GICR_CACHE_WRITE_BACK, GICR_SHARE_INNER));
	if (umsi_gicr_share(umsi_gic_read64(at)) != GICR_SHARE_NONE)
		return true;
	umsi_gic_write64(at, base | umsi_gicr_attributes(GICR_CACHE_NONE, GICR_SHARE_NONE));
	return false;
}

/* "GICR_CTLR.EnableLPIs": the base registers are to be written with it clear, and it may stay set for good. */
static int lpis_on(struct umsi_gicv3 *v3, struct umsi_gic_cpu *c)
{
	uint32_t ctlr = umsi_mmio_read32(c->frame + GICR_CTLR);
	bool coherent;

	if (c->lpis_on && ctlr & GICR_CTLR_LPIS)
		return UMSI_OK;
	if (ctlr & GICR_CTLR_LPIS && !umsi_gicv3_redistributor_forget(v3, c))
		return UMSI_EREFUSED;
	coherent = give_table(c->frame + GICR_PROPBASER, umsi_gicr_propbaser(v3->config_bus, v3->id_bits));
	if (!give_table(c->frame + GICR_PENDBASER, umsi_gicr_pendbaser(c->pending_bus)))
		coherent = false;
	if (c->lpis_on)
		umsi_gicv3_pending_clear(v3, c, coherent);
	if (!coherent) {
		umsi_store32_release(&v3->gic.incoherent, 1);
		umsi_gicv3_config_clean(v3);
	}
	umsi_barrier_publish_to_message();
	umsi_mmio_write32(c->frame + GICR_CTLR, ctlr | GICR_CTLR_LPIS);
	if (!(umsi_mmio_read32(c->frame + GICR_CTLR) & GICR_CTLR_LPIS))
		return UMSI_EREFUSED;
	c->lpis_on = true;
	return UMSI_OK;
}

int umsi_gicv3_redistributor_open(struct umsi_gicv3 *v3, struct umsi_gic_cpu *c)
{
	int status = wake(v3, c);

	if (!status)
		status = umsi_gic_reset_private(&v3->gic, c->private_, c->frame + GICR_CTLR, GICR_CTLR_RWP);
	return status ? status : lpis_on(v3, c);
}

bool umsi_gicv3_redistributor_forget(struct umsi_gicv3 *v3, struct umsi_gic_cpu *c)
{
	uint32_t ctlr = umsi_mmio_read32(c->frame + GICR_CTLR);

	umsi_mmio_write32(c->frame + GICR_CTLR, ctlr & ~GICR_CTLR_LPIS);
	if (umsi_mmio_read32(c->frame + GICR_CTLR) & GICR_CTLR_LPIS)
		return false;
	return !umsi_gic_wait_clear(&v3->gic, c->frame + GICR_CTLR, GICR_CTLR_RWP);
}
