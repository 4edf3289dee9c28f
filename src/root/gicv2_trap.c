/* SPDX-License-Identifier: MIT */
/*
 * The trap path. From acknowledge to handler: one barrier, one table load, one
 * read-modify-write; no lock, no search, no allocation.
 */
#include "root/gicv2.h"
#include "umsi_arch.h"

#define CLAIMS_A_TRAP	32

static inline void serve(struct umsi_gicv2 *v2, struct umsi_cpu_core *core, umsi_cpu cpu, uint32_t id)
{
	struct umsi_record *r;

	umsi_barrier_claim_to_handler();
	r = umsi_load_ptr(&v2->record[id]);
	if (__builtin_expect(r != NULL, 1))
		umsi_arrive(r, &core);
	else
		umsi_gic_serve_other(&v2->gic, cpu, id);
}

/*
 * IHI 0048, "Interrupt prioritization", "GICC_EOIR": the value written is the
 * value read, with the sender of a software generated interrupt. What arrives
 * for the same number between the two stays pending.
 */
void umsi_gic_trap(struct umsi_domain *root, umsi_cpu cpu)
{
	struct umsi_gicv2 *v2 = umsi_gicv2_of(root);
	struct umsi_cpu_core *core = &root->m->cpu[cpu];
	uint32_t claimed;

	core->depth++;
	for (claimed = 0; claimed < CLAIMS_A_TRAP; claimed++) {
		uint32_t iar = umsi_mmio_read32(v2->cpu_interface + GICC_IAR);

		if ((iar & GICC_ID_MASK) >= GIC_FIRST_SPECIAL)
			break;
		serve(v2, core, cpu, iar & GICC_ID_MASK);
		umsi_mmio_write32(v2->cpu_interface + GICC_EOIR, iar);
	}
	if (claimed)
		umsi_store64(&core->count.claimed, umsi_load64(&core->count.claimed) + claimed);
	core->depth--;
}
