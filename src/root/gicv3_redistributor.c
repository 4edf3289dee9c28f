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

#define ALL_SGIS	0x0000ffffu
#define ALL_PRIVATE	0xffff0000u

/* ---- Finding them ---- */

/* The redistributor at @offset of the region belongs to one CPU, or to one that is not ours. */
static void note(struct umsi_gicv3 *gic, const struct umsi_gicv3_region_map *map, uint64_t offset,
		 uint64_t typer)
{
	struct umsi *m = umsi_gicv3_machine(gic);

	for (umsi_cpu cpu = 0; cpu < m->ncpus; cpu++) {
		if (!umsi_gicr_is_of(typer, m->cpu[cpu].hw_id) || gic->cpu[cpu].frame)
			continue;
		gic->cpu[cpu].frame = map->at + offset;
		gic->cpu[cpu].phys = map->phys + offset;
		gic->cpu[cpu].number = umsi_gicr_number(typer);
		return;
	}
}

static int walk(struct umsi_gicv3 *gic, const struct umsi_gicv3_region_map *map, uint32_t stride)
{
	uint64_t typer, step = 0;

	for (uint64_t at = 0; at + 2 * GICV3_FRAME_BYTES <= map->bytes; at += step) {
		typer = umsi_gic_read64(map->at + at + GICR_TYPER);
		if (typer == UINT64_MAX)
			return UMSI_EGONE;
		if (!umsi_gicr_has_lpis(typer))
			return UMSI_ENOTSUP;
		note(gic, map, at, typer);
		if (umsi_gicr_is_last(typer))
			break;
		step = stride ? stride : umsi_gicr_stride(typer);
	}
	return UMSI_OK;
}

int umsi_gicv3_map_redistributors(struct umsi_gicv3 *gic, const struct umsi_gicv3_config *config)
{
	struct umsi *m = umsi_gicv3_machine(gic);
	int status;

	gic->region = umsi_host_alloc(m->host, config->regions * sizeof(*gic->region));
	if (!gic->region)
		return UMSI_ENOMEM;
	gic->regions = config->regions;
	for (uint32_t i = 0; i < config->regions; i++) {
		struct umsi_gicv3_region_map *map = &gic->region[i];

		map->phys = config->region[i].phys;
		map->bytes = config->region[i].bytes;
		map->at = umsi_host_mmio_map(m->host, map->phys, map->bytes);
		if (!map->at)
			return UMSI_ENOMEM;
		status = walk(gic, map, config->region[i].stride);
		if (status)
			return status;
	}
	for (umsi_cpu cpu = 0; cpu < m->ncpus; cpu++)
		if (!gic->cpu[cpu].frame)
			return UMSI_ERANGE;
	return UMSI_OK;
}

void umsi_gicv3_unmap_redistributors(struct umsi_gicv3 *gic)
{
	struct umsi *m = umsi_gicv3_machine(gic);

	if (!gic->region)
		return;
	for (uint32_t i = 0; i < gic->regions; i++)
		if (gic->region[i].at)
			umsi_host_mmio_unmap(m->host, (void *)gic->region[i].at, gic->region[i].bytes);
	umsi_host_free(m->host, gic->region, gic->regions * sizeof(*gic->region));
}

/* ---- On its CPU ---- */

static int wake(struct umsi_gicv3 *gic, struct umsi_gicv3_cpu *c)
{
	uint32_t waker = umsi_mmio_read32(c->frame + GICR_WAKER);

	umsi_mmio_write32(c->frame + GICR_WAKER, waker & ~GICR_WAKER_SLEEP);
	return umsi_gicv3_wait_clear(gic, c->frame + GICR_WAKER, GICR_WAKER_ASLEEP);
}

static int reset_private(struct umsi_gicv3 *gic, struct umsi_gicv3_cpu *c)
{
	volatile unsigned char *f = c->frame;
	uint32_t timer = gic->timer_id ? umsi_gicv3_bit(gic->timer_id) : 0;
	int status;

	umsi_mmio_write32(f + GICR_ICENABLER0, ALL_PRIVATE);
	status = umsi_gicv3_wait_clear(gic, f + GICR_CTLR, GICR_CTLR_RWP);
	if (status)
		return status;
	umsi_mmio_write32(f + GICR_ICPENDR0, ALL_PRIVATE);
	umsi_mmio_write32(f + GICR_ICACTIVER0, UINT32_MAX);
	umsi_mmio_write32(f + GICR_IGROUPR0, UINT32_MAX);
	umsi_mmio_write32(f + GICR_IGRPMODR0, 0);
	for (uint32_t id = 0; id < GICV3_FIRST_SPI; id += 4)
		umsi_mmio_write32(f + GICR_IPRIORITYR + id, GICV3_PRIORITIES);
	umsi_mmio_write32(f + GICR_ISENABLER0, ALL_SGIS | timer);
	return UMSI_OK;
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
static int lpis_on(struct umsi_gicv3 *gic, struct umsi_gicv3_cpu *c)
{
	uint32_t ctlr = umsi_mmio_read32(c->frame + GICR_CTLR);
	bool coherent;

	if (c->lpis_on && ctlr & GICR_CTLR_LPIS)
		return UMSI_OK;
	if (ctlr & GICR_CTLR_LPIS && !umsi_gicv3_redistributor_forget(gic, c))
		return UMSI_EREFUSED;
	coherent = give_table(c->frame + GICR_PROPBASER, umsi_gicr_propbaser(gic->config_bus, gic->id_bits));
	if (!give_table(c->frame + GICR_PENDBASER, umsi_gicr_pendbaser(c->pending_bus)))
		coherent = false;
	if (c->lpis_on)
		umsi_gicv3_pending_clear(gic, c, coherent);
	if (!coherent) {
		umsi_store32_release(&gic->incoherent, 1);
		umsi_gicv3_config_clean(gic);
	}
	umsi_barrier_publish_to_message();
	umsi_mmio_write32(c->frame + GICR_CTLR, ctlr | GICR_CTLR_LPIS);
	if (!(umsi_mmio_read32(c->frame + GICR_CTLR) & GICR_CTLR_LPIS))
		return UMSI_EREFUSED;
	c->lpis_on = true;
	return UMSI_OK;
}

int umsi_gicv3_redistributor_open(struct umsi_gicv3 *gic, struct umsi_gicv3_cpu *c)
{
	int status = wake(gic, c);

	if (!status)
		status = reset_private(gic, c);
	return status ? status : lpis_on(gic, c);
}

bool umsi_gicv3_redistributor_forget(struct umsi_gicv3 *gic, struct umsi_gicv3_cpu *c)
{
	uint32_t ctlr = umsi_mmio_read32(c->frame + GICR_CTLR);

	umsi_mmio_write32(c->frame + GICR_CTLR, ctlr & ~GICR_CTLR_LPIS);
	if (umsi_mmio_read32(c->frame + GICR_CTLR) & GICR_CTLR_LPIS)
		return false;
	return !umsi_gicv3_wait_clear(gic, c->frame + GICR_CTLR, GICR_CTLR_RWP);
}
