/* SPDX-License-Identifier: MIT */
/*
 * The distributor: what it holds of each SPI, and a CPU's private ids, which
 * have the same registers. All but ICFGR are registers where a write names what
 * it acts on, so callers need no lock among themselves.
 * Source: IHI 0048 and IHI 0069, "Distributor register descriptions".
 */
#include "core/deadline.h"
#include "root/gic.h"
#include "umsi_arch.h"

#define WAIT_NS		100000000u

#define ALL_SGIS	0x0000ffffu
#define ALL_PRIVATE	0xffff0000u

static uint32_t read(const struct umsi_gic *gic, uint32_t offset)
{
	return umsi_mmio_read32(gic->distributor + offset);
}

static void write(struct umsi_gic *gic, uint32_t offset, uint32_t value)
{
	umsi_mmio_write32(gic->distributor + offset, value);
}

int umsi_gic_wait_clear(struct umsi_gic *gic, const volatile unsigned char *at, uint32_t bits)
{
	struct umsi_deadline wait = umsi_deadline_in(gic->m->host, WAIT_NS);

	while (umsi_mmio_read32(at) & bits)
		if (!umsi_deadline_left(&wait))
			return UMSI_ETIMEOUT;
	/* The caller's locks order no device access. */
	umsi_barrier_flush_to_stamp();
	return UMSI_OK;
}

/* ---- The whole ---- */

/* "GICD_CTLR.RWP" (GICv3): the writes that take time have taken effect. */
static int settle(struct umsi_gic *gic)
{
	return umsi_gic_wait_clear(gic, gic->distributor + GICD_CTLR, gic->kind->busy);
}

static int control(struct umsi_gic *gic, uint32_t value)
{
	write(gic, GICD_CTLR, value);
	return settle(gic);
}

bool umsi_gic_is_on(const struct umsi_gic *gic)
{
	bool on = (read(gic, GICD_CTLR) & gic->kind->on) == gic->kind->on;

	umsi_barrier_flush_to_stamp();
	return on;
}

/* Ids @id to @id + 31 of the registers @at. What is pending between CPUs stays. */
static void reset_word(const struct umsi_gic *gic, volatile unsigned char *at, uint32_t id)
{
	umsi_mmio_write32(at + umsi_gic_bank(GICD_ICPENDR, id), id ? UINT32_MAX : ALL_PRIVATE);
	umsi_mmio_write32(at + umsi_gic_bank(GICD_ICACTIVER, id), UINT32_MAX);
	if (gic->kind->groups)
		umsi_mmio_write32(at + umsi_gic_bank(GICD_IGROUPR, id), UINT32_MAX);
	for (uint32_t i = 0; i < 32; i += 4)
		umsi_mmio_write32(at + GICD_IPRIORITYR + id + i, GIC_PRIORITIES);
}

/* "GICD_CTLR": configuration changes with forwarding off, affinity routing with the groups off. */
int umsi_gic_reset(struct umsi_gic *gic)
{
	int status = control(gic, 0);

	if (!status)
		status = control(gic, gic->kind->off);
	if (status)
		return status;
	for (uint32_t id = GIC_FIRST_SPI; id < gic->spis_end; id += 32) {
		write(gic, umsi_gic_bank(GICD_ICENABLER, id), UINT32_MAX);
		reset_word(gic, gic->distributor, id);
	}
	status = control(gic, gic->kind->on);
	if (status)
		return status;
	return umsi_gic_is_on(gic) ? UMSI_OK : UMSI_EREFUSED;
}

int umsi_gic_reset_private(struct umsi_gic *gic, volatile unsigned char *at, const volatile unsigned char *ctlr,
			   uint32_t busy)
{
	int status;

	umsi_mmio_write32(at + GICD_ICENABLER, ALL_PRIVATE);
	status = umsi_gic_wait_clear(gic, ctlr, busy);
	if (status)
		return status;
	reset_word(gic, at, 0);
	if (gic->kind->groups)
		umsi_mmio_write32(at + GICD_IGRPMODR, 0);
	umsi_mmio_write32(at + GICD_ISENABLER, ALL_SGIS | (gic->timer_id ? umsi_gic_bit(gic->timer_id) : 0));
	return UMSI_OK;
}

/* ---- One SPI ---- */

/* Waits, because releasing the record's lock orders no device write: the next holder's could arrive first. */
static void act(struct umsi_gic *gic, uint32_t bank, uint32_t id)
{
	write(gic, umsi_gic_bank(bank, id), umsi_gic_bit(id));
	settle(gic);
}

static bool is_set(const struct umsi_gic *gic, uint32_t bank, uint32_t id)
{
	return read(gic, umsi_gic_bank(bank, id)) & umsi_gic_bit(id);
}

void umsi_gic_enable(struct umsi_gic *gic, uint32_t id)
{
	act(gic, GICD_ISENABLER, id);
}

void umsi_gic_disable(struct umsi_gic *gic, uint32_t id)
{
	act(gic, GICD_ICENABLER, id);
}

void umsi_gic_drop_pending(struct umsi_gic *gic, uint32_t id)
{
	act(gic, GICD_ICPENDR, id);
}

bool umsi_gic_is_active(struct umsi_gic *gic, uint32_t id)
{
	bool active = is_set(gic, GICD_ISACTIVER, id);

	/* The table is rewritten only after the look. */
	umsi_barrier_look_to_done();
	return active;
}

void umsi_gic_route(struct umsi_gic *gic, uint32_t id, umsi_cpu cpu)
{
	gic->kind->route(gic, id, cpu);
	settle(gic);
}

/*
 * "GICD_ITARGETSR", "GICD_IROUTER": what is pending follows the route. QEMU before 9.1
 * may leave it with the old CPU until the next change, and the message is lost;
 * so it is made pending again while nobody can acknowledge it. What arrives
 * meanwhile merges with it or goes to the new target. Edges only: of a level line
 * this would outlive the level.
 */
void umsi_gic_reroute(struct umsi_gic *gic, uint32_t id, umsi_cpu cpu)
{
	umsi_gic_disable(gic, id);
	umsi_gic_route(gic, id, cpu);
	if (is_set(gic, GICD_ISPENDR, id)) {
		umsi_gic_drop_pending(gic, id);
		act(gic, GICD_ISPENDR, id);
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
