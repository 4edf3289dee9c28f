/* SPDX-License-Identifier: MIT */
/*
 * The distributor: what it holds of each SPI. All but ICFGR are registers where
 * a write names what it acts on, so callers need no lock among themselves.
 * Source: IHI 0069, "Distributor register descriptions".
 */
#include "root/gicv3.h"

#include "core/deadline.h"
#include "umsi_arch.h"
#include "umsi_icc.h"

#define WAIT_NS		100000000u

static uint32_t read(const struct umsi_gicv3 *gic, uint32_t offset)
{
	return umsi_mmio_read32(gic->distributor + offset);
}

static void write(struct umsi_gicv3 *gic, uint32_t offset, uint32_t value)
{
	umsi_mmio_write32(gic->distributor + offset, value);
}

int umsi_gicv3_wait_clear(struct umsi_gicv3 *gic, const volatile unsigned char *at, uint32_t bits)
{
	struct umsi_deadline wait = umsi_deadline_in(umsi_gicv3_machine(gic)->host, WAIT_NS);

	while (umsi_mmio_read32(at) & bits)
		if (!umsi_deadline_left(&wait))
			return UMSI_ETIMEOUT;
	/* The caller's locks order no device access. */
	umsi_barrier_flush_to_stamp();
	return UMSI_OK;
}

/* "GICD_CTLR.RWP": the writes that take time have taken effect. */
static int settle(struct umsi_gicv3 *gic)
{
	return umsi_gicv3_wait_clear(gic, gic->distributor + GICV3_GICD_CTLR, GICV3_GICD_CTLR_RWP);
}

static void reset_spis(struct umsi_gicv3 *gic)
{
	for (uint32_t id = GICV3_FIRST_SPI; id < gic->spis_end; id += 32) {
		write(gic, umsi_gicv3_bank(GICV3_GICD_ICENABLER, id), UINT32_MAX);
		write(gic, umsi_gicv3_bank(GICV3_GICD_ICPENDR, id), UINT32_MAX);
		write(gic, umsi_gicv3_bank(GICV3_GICD_ICACTIVER, id), UINT32_MAX);
		write(gic, umsi_gicv3_bank(GICV3_GICD_IGROUPR, id), UINT32_MAX);
	}
	for (uint32_t id = GICV3_FIRST_SPI; id < gic->spis_end; id += 4)
		write(gic, GICV3_GICD_IPRIORITYR + id, GICV3_PRIORITIES);
}

#define ON	(GICV3_GICD_CTLR_ARE | GICV3_GICD_CTLR_GROUP1)

bool umsi_gicv3_is_on(const struct umsi_gicv3 *gic)
{
	bool on = (read(gic, GICV3_GICD_CTLR) & ON) == ON;

	umsi_barrier_flush_to_stamp();
	return on;
}

/* "GICD_CTLR": affinity routing changes with the groups off. */
int umsi_gicv3_reset(struct umsi_gicv3 *gic)
{
	int status;

	write(gic, GICV3_GICD_CTLR, 0);
	status = settle(gic);
	if (status)
		return status;
	write(gic, GICV3_GICD_CTLR, GICV3_GICD_CTLR_ARE);
	status = settle(gic);
	if (status)
		return status;
	reset_spis(gic);
	write(gic, GICV3_GICD_CTLR, ON);
	status = settle(gic);
	if (status)
		return status;
	return umsi_gicv3_is_on(gic) ? UMSI_OK : UMSI_EREFUSED;
}

/* Read back: releasing the record's lock orders no device write, so the next holder's could arrive first. */
void umsi_gicv3_enable(struct umsi_gicv3 *gic, uint32_t id)
{
	write(gic, umsi_gicv3_bank(GICV3_GICD_ISENABLER, id), umsi_gicv3_bit(id));
	(void)read(gic, GICV3_GICD_TYPER);
	umsi_barrier_flush_to_stamp();
}

void umsi_gicv3_disable(struct umsi_gicv3 *gic, uint32_t id)
{
	write(gic, umsi_gicv3_bank(GICV3_GICD_ICENABLER, id), umsi_gicv3_bit(id));
	settle(gic);
}

void umsi_gicv3_drop_pending(struct umsi_gicv3 *gic, uint32_t id)
{
	write(gic, umsi_gicv3_bank(GICV3_GICD_ICPENDR, id), umsi_gicv3_bit(id));
	(void)read(gic, GICV3_GICD_TYPER);
	umsi_barrier_flush_to_stamp();
}

bool umsi_gicv3_is_active(struct umsi_gicv3 *gic, uint32_t id)
{
	bool active = read(gic, umsi_gicv3_bank(GICV3_GICD_ISACTIVER, id)) & umsi_gicv3_bit(id);

	umsi_barrier_look_to_done();
	return active;
}

void umsi_gicv3_route(struct umsi_gicv3 *gic, uint32_t id, umsi_cpu cpu)
{
	umsi_gic_write64(gic->distributor + GICV3_GICD_IROUTER + 8 * id,
			 umsi_gicv3_router(umsi_gicv3_machine(gic)->cpu[cpu].hw_id));
	(void)read(gic, GICV3_GICD_TYPER);
	umsi_barrier_flush_to_stamp();
}

/*
 * "GICD_IROUTER": what is pending follows the route. QEMU before 9.1 may leave it
 * with the old CPU until the next change; so it is made pending again while
 * nobody can acknowledge it. Edges only: of a level line this would outlive the level.
 */
void umsi_gicv3_reroute(struct umsi_gicv3 *gic, uint32_t id, umsi_cpu cpu)
{
	umsi_gicv3_disable(gic, id);
	umsi_gicv3_route(gic, id, cpu);
	if (read(gic, umsi_gicv3_bank(GICV3_GICD_ISPENDR, id)) & umsi_gicv3_bit(id)) {
		umsi_gicv3_drop_pending(gic, id);
		write(gic, umsi_gicv3_bank(GICV3_GICD_ISPENDR, id), umsi_gicv3_bit(id));
		(void)read(gic, GICV3_GICD_TYPER);
	}
	umsi_barrier_flush_to_stamp();
}

int umsi_gicv3_set_edge_locked(struct umsi_gicv3 *gic, uint32_t id, bool edge)
{
	uint32_t at = GICV3_GICD_ICFGR + id / 16 * 4, bit = UINT32_C(2) << (id % 16 * 2);
	uint32_t old = read(gic, at), now = edge ? old | bit : old & ~bit;
	int status = UMSI_OK;

	if (old != now) {
		write(gic, at, now);
		status = read(gic, at) == now ? UMSI_OK : UMSI_EREFUSED;
	}
	umsi_barrier_flush_to_stamp();
	return status;
}
