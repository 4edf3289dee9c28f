/* SPDX-License-Identifier: MIT */
/* A CPU's own part: its interface, interrupts from CPU to CPU, and what its traps prove. */
#include "root/gicv3.h"
#include "umsi_arch.h"
#include "umsi_icc.h"

int umsi_gicv3_cpu_online(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_gicv3 *v3 = umsi_gicv3_of(d);
	struct umsi_gic_cpu *c = &v3->gic.cpu[cpu];
	int status;

	if (c->open)
		return UMSI_OK;
	/* "ICC_SRE_EL1": a level above may keep it clear, and then there is no access. */
	if (!(umsi_icc_use(ICC_SRE_ENABLE) & ICC_SRE_ENABLE))
		return UMSI_EREFUSED;
	umsi_icc_group(0);
	status = umsi_gicv3_redistributor_open(v3, c);
	if (status)
		return status;
	umsi_icc_setup(GIC_PRIORITY_MASK);
	umsi_icc_group(ICC_IGRPEN1_ENABLE);
	c->open = true;
	return UMSI_OK;
}

/*
 * Outside traps nothing is acknowledged here, and what was signalled and not
 * acknowledged is pending for its new target. A software generated interrupt may
 * stay pending: the inbox it was about is handed on.
 */
int umsi_gicv3_cpu_dead(struct umsi_domain *d, umsi_cpu cpu)
{
	umsi_icc_group(0);
	umsi_gic_of(d)->cpu[cpu].open = false;
	umsi_gicv3_prove(umsi_gicv3_of(d), cpu);
	return UMSI_OK;
}

void umsi_gicv3_send(struct umsi_gic *gic, umsi_cpu cpu, uint32_t sgi)
{
	umsi_barrier_link_to_kick();
	umsi_icc_send(umsi_gicv3_sgi(gic->m->cpu[cpu].hw_id, sgi));
}

/*
 * R5 to R7. Every number this CPU has acknowledged was looked up, and its table
 * entry used; what it acknowledges from here on was signalled after req was
 * read, so it is no number ticketed up to there.
 */
void umsi_gicv3_prove(struct umsi_gicv3 *v3, umsi_cpu cpu)
{
	struct umsi_gic_cpu *c = &v3->gic.cpu[cpu];
	uint64_t req = umsi_load64_acquire(&v3->req);

	if (req == umsi_load64(&c->done))
		return;
	umsi_barrier_req_to_look();
	umsi_barrier_look_to_done();
	umsi_store64_release(&c->done, req);
}

void umsi_gicv3_drain(struct umsi_domain *d, umsi_cpu cpu)
{
	umsi_gicv3_prove(umsi_gicv3_of(d), cpu);
}
