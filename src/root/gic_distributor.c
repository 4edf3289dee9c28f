/* SPDX-License-Identifier: MIT */
/*
 * The distributor: what it holds of each number. All but ICFGR are registers
 * where a write names what it acts on, so callers need no lock among themselves.
 * Source: IHI 0048, "Distributor register descriptions".
 */
#include "root/gic.h"
#include "umsi_arch.h"
#include "umsi_gic.h"

/* One priority for all: nothing preempts, and the mask of every CPU lets it pass. */
#define PRIORITY_ALL	0xa0a0a0a0u

static uint32_t read(const struct umsi_gic *gic, uint32_t offset)
{
	return umsi_mmio_read32(gic->distributor + offset);
}

static void write(struct umsi_gic *gic, uint32_t offset, uint32_t value)
{
	umsi_mmio_write32(gic->distributor + offset, value);
}

/* "GICD_CTLR": configuration changes with forwarding off. */
void umsi_gic_reset(struct umsi_gic *gic)
{
	write(gic, GICD_CTLR, 0);
	for (uint32_t id = GIC_FIRST_SPI; id < gic->ids; id += 32) {
		write(gic, umsi_gic_bank(GICD_ICENABLER, id), UINT32_MAX);
		write(gic, umsi_gic_bank(GICD_ICPENDR, id), UINT32_MAX);
		write(gic, umsi_gic_bank(GICD_ICACTIVER, id), UINT32_MAX);
	}
	for (uint32_t id = GIC_FIRST_SPI; id < gic->ids; id += 4)
		write(gic, GICD_IPRIORITYR + id, PRIORITY_ALL);
	write(gic, GICD_CTLR, GICD_CTLR_ENABLE);
}

/*
 * The three below return once the distributor has taken the write: releasing
 * the record's lock orders no device write, so the next holder's could arrive first.
 */
static void settle(struct umsi_gic *gic)
{
	(void)read(gic, GICD_TYPER);
	umsi_barrier_flush_to_stamp();
}

void umsi_gic_enable(struct umsi_gic *gic, uint32_t id)
{
	write(gic, umsi_gic_bank(GICD_ISENABLER, id), umsi_gic_bit(id));
	settle(gic);
}

void umsi_gic_disable(struct umsi_gic *gic, uint32_t id)
{
	write(gic, umsi_gic_bank(GICD_ICENABLER, id), umsi_gic_bit(id));
	settle(gic);
}

void umsi_gic_drop_pending(struct umsi_gic *gic, uint32_t id)
{
	write(gic, umsi_gic_bank(GICD_ICPENDR, id), umsi_gic_bit(id));
	settle(gic);
}

bool umsi_gic_is_active(struct umsi_gic *gic, uint32_t id)
{
	bool active = read(gic, umsi_gic_bank(GICD_ISACTIVER, id)) & umsi_gic_bit(id);

	/* The table is rewritten only after the look. */
	umsi_barrier_look_to_done();
	return active;
}

/* A byte write: neighbours may be moving at the same time. */
void umsi_gic_route(struct umsi_gic *gic, uint32_t id, umsi_cpu cpu)
{
	umsi_gic_write8(gic->distributor + GICD_ITARGETSR + id,
			(uint8_t)umsi_load32(&gic->cpu[cpu].targets));
	settle(gic);
}

/*
 * "GICD_ITARGETSR": a target that changes takes the pending state along. QEMU
 * before 9.1 leaves it with the old CPU, which no longer is a target, and the
 * message is lost; so it is made pending again while nobody can acknowledge
 * it. What arrives meanwhile merges with it or goes to the new target. Edges only:
 * of a level line this would outlive the level.
 */
void umsi_gic_reroute(struct umsi_gic *gic, uint32_t id, umsi_cpu cpu)
{
	umsi_gic_disable(gic, id);
	umsi_gic_route(gic, id, cpu);
	if (read(gic, umsi_gic_bank(GICD_ISPENDR, id)) & umsi_gic_bit(id)) {
		umsi_gic_drop_pending(gic, id);
		write(gic, umsi_gic_bank(GICD_ISPENDR, id), umsi_gic_bit(id));
		(void)read(gic, GICD_TYPER);
	}
	umsi_barrier_flush_to_stamp();
}

int umsi_gic_set_edge_locked(struct umsi_gic *gic, uint32_t id, bool edge)
{
	uint32_t at = umsi_gic_config_register(id), bit = umsi_gic_edge_bit(id);
	uint32_t old = read(gic, at), wanted = edge ? old | bit : old & ~bit, now = old;

	if (old != wanted) {
		write(gic, at, wanted);
		now = read(gic, at);
	}
	/* The next holder of the lock reads and writes the same register. */
	umsi_barrier_flush_to_stamp();
	return now == wanted ? UMSI_OK : UMSI_EREFUSED;
}
