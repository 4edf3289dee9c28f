/* SPDX-License-Identifier: MIT */
/*
 * The trap path. From acknowledge to handler: one barrier, one load of the table
 * (and of the chunk it is in), one read-modify-write; no lock, no search, no allocation.
 */
#include "root/gicv3.h"
#include "umsi_arch.h"
#include "umsi_icc.h"

#define CLAIMS_A_TRAP	32

static __attribute__((noinline)) void serve_private(struct umsi_gicv3 *gic, umsi_cpu cpu, uint32_t id)
{
	struct umsi *m = umsi_gicv3_machine(gic);

	if (id == GICV3_SGI_KICK) {
		umsi_inbox_drain(m, &m->cpu[cpu]);
	} else if (id == gic->timer_id) {
		gic->timer(m->host, cpu);
	} else if (id >= GICV3_SGIS || !umsi_ipi_handle(&gic->ipis, id - GICV3_SGI_KICK - 1, cpu)) {
		umsi_count_own(&gic->cpu[cpu].unowned);
		umsi_mmio_write32(gic->cpu[cpu].frame + GICR_ICENABLER0, umsi_gicv3_bit(id));
	}
}

/* A number without an owner was on its way when it lost its own. */
static inline void serve(struct umsi_gicv3 *gic, struct umsi_cpu_core *core, umsi_cpu cpu, uint32_t id)
{
	struct umsi_record *r;

	umsi_barrier_claim_to_handler();
	if (__builtin_expect(id < GICV3_FIRST_SPI, 0)) {
		serve_private(gic, cpu, id);
		return;
	}
	r = umsi_gicv3_owner(gic, id);
	if (__builtin_expect(r != NULL, 1))
		umsi_arrive(r, &core);
	else
		umsi_count_own(&gic->cpu[cpu].unowned);
}

/* "INTIDs": 1020 to 8191 are special, or there are none. */
static bool is_special(const struct umsi_gicv3 *gic, uint32_t id)
{
	return (id >= GICV3_FIRST_SPECIAL && id < GICV3_FIRST_LPI) || id >= gic->lpis_end;
}

/*
 * IHI 0069, "Physical CPU interface": ending drops the priority, and of SPIs and
 * private ones the active state; what arrives for the same number meanwhile stays pending.
 */
void umsi_gicv3_trap(struct umsi_domain *root, umsi_cpu cpu)
{
	struct umsi_gicv3 *gic = umsi_gicv3_of(root);
	struct umsi_cpu_core *core = &root->m->cpu[cpu];
	uint32_t claimed;

	core->depth++;
	for (claimed = 0; claimed < CLAIMS_A_TRAP; claimed++) {
		uint32_t id = umsi_icc_acknowledge() & GICV3_ID_MASK;

		if (is_special(gic, id))
			break;
		serve(gic, core, cpu, id);
		umsi_icc_end(id);
	}
	if (claimed)
		umsi_store64(&core->count.claimed, umsi_load64(&core->count.claimed) + claimed);
	if (!--core->depth)
		umsi_gicv3_prove(gic, cpu);
}
