/* SPDX-License-Identifier: MIT */
/*
 * The trap path. From acknowledge to handler: one barrier, one load of the table
 * (and of the chunk it is in), one read-modify-write; no lock, no search, no allocation.
 */
#include "root/gicv3.h"
#include "umsi_arch.h"
#include "umsi_icc.h"

#define CLAIMS_A_TRAP	32

static inline void serve(struct umsi_gicv3 *v3, struct umsi_cpu_core *core, umsi_cpu cpu, uint32_t id)
{
	struct umsi_record *r;

	umsi_barrier_claim_to_handler();
	r = umsi_gicv3_owner(v3, id);
	if (__builtin_expect(r != NULL, 1))
		umsi_arrive(r, &core);
	else
		umsi_gic_serve_other(&v3->gic, cpu, id);
}

/* "INTIDs": 1020 to 8191 are special, or there are none. */
static bool is_special(const struct umsi_gicv3 *v3, uint32_t id)
{
	return (id >= GIC_FIRST_SPECIAL && id < GIC_FIRST_LPI) || id >= v3->gic.end;
}

/*
 * IHI 0069, "Physical CPU interface": ending drops the priority, and of SPIs and
 * private ones the active state; what arrives for the same number meanwhile stays pending.
 */
void umsi_gicv3_trap(struct umsi_domain *root, umsi_cpu cpu)
{
	struct umsi_gicv3 *v3 = umsi_gicv3_of(root);
	struct umsi_cpu_core *core = &root->m->cpu[cpu];
	uint32_t claimed;

	core->depth++;
	for (claimed = 0; claimed < CLAIMS_A_TRAP; claimed++) {
		uint32_t id = umsi_icc_acknowledge() & GICV3_ID_MASK;

		if (is_special(v3, id))
			break;
		serve(v3, core, cpu, id);
		umsi_icc_end(id);
	}
	if (claimed)
		umsi_store64(&core->count.claimed, umsi_load64(&core->count.claimed) + claimed);
	if (!--core->depth)
		umsi_gicv3_prove(v3, cpu);
}
