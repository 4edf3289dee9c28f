/* SPDX-License-Identifier: MIT */
/*
 * The trap path. From acknowledge to handler: one barrier, one table load, one
 * read-modify-write; no lock, no search, no allocation.
 */
#include "root/gic.h"
#include "umsi_arch.h"

#define CLAIMS_A_TRAP	32

/* A number without an owner is disabled; this one was on its way when it lost its own. */
static void serve_unowned(struct umsi_gic *gic, umsi_cpu cpu, uint32_t id)
{
	umsi_count_own(&gic->cpu[cpu].unowned);
	if (id < GIC_FIRST_SPI)
		umsi_gic_disable(gic, id);	/* private: banked, nobody else's */
}

/* Private numbers have no record. */
static __attribute__((noinline)) void serve_other(struct umsi_gic *gic, umsi_cpu cpu, uint32_t id)
{
	struct umsi *m = gic->messages.domain.m;

	if (id == GIC_SGI_KICK)
		umsi_inbox_drain(m, &m->cpu[cpu]);
	else if (id == gic->timer_id)
		gic->timer(m->host, cpu);
	else if (id >= GIC_SGIS || !umsi_ipi_handle(&gic->ipis, id - GIC_SGI_KICK - 1, cpu))
		serve_unowned(gic, cpu, id);
}

static inline void serve(struct umsi_gic *gic, struct umsi_cpu_core *core, umsi_cpu cpu, uint32_t id)
{
	struct umsi_record *r;

	umsi_barrier_claim_to_handler();
	r = umsi_load_ptr(&gic->record[id]);
	if (__builtin_expect(r != NULL, 1))
		umsi_arrive(r, &core);
	else
		serve_other(gic, cpu, id);
}

/*
 * IHI 0048, "Interrupt prioritization", "GICC_EOIR": the value written is the
 * value read, with the sender of a software generated interrupt. What arrives
 * for the same number between the two stays pending.
 */
void umsi_gic_trap(struct umsi_domain *root, umsi_cpu cpu)
{
	struct umsi_gic *gic = umsi_gic_of(root);
	struct umsi_cpu_core *core = &root->m->cpu[cpu];
	uint32_t claimed;

	core->depth++;
	for (claimed = 0; claimed < CLAIMS_A_TRAP; claimed++) {
		uint32_t iar = umsi_mmio_read32(gic->cpu_interface + GICC_IAR);

		if ((iar & GICC_ID_MASK) >= GIC_FIRST_SPECIAL)
			break;
		serve(gic, core, cpu, iar & GICC_ID_MASK);
		umsi_mmio_write32(gic->cpu_interface + GICC_EOIR, iar);
	}
	if (claimed)
		umsi_store64(&core->count.claimed, umsi_load64(&core->count.claimed) + claimed);
	core->depth--;
}
