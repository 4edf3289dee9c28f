/* SPDX-License-Identifier: MIT */
/*
 * The trap path. From stopei to the handler: one fence, one table load, one
 * read-modify-write; no lock, no search, no allocation.
 */
#include "root/imsic.h"
#include "umsi_aia.h"

/* Major interrupt numbers: RISC-V Privileged ISA, "Supervisor Interrupt Registers (sip and sie)". */
#define IID_SOFTWARE	1
#define IID_TIMER	5
#define IID_EXTERNAL	9

/* Identities served before timer and software get their turn, and turns in one trap. */
#define CLAIMS_A_TURN	8
#define TURNS		4

static inline void serve_external(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	uint32_t claimed = 0;

	do {
		uint32_t id = umsi_imsic_topei_id(umsi_aia_stopei_claim());

		if (!id)
			break;
		umsi_vec_dispatch(v, c, id);
	} while (++claimed < CLAIMS_A_TURN);
	umsi_store64(&c->core->count.claimed, umsi_load64(&c->core->count.claimed) + claimed);
}

/* Apart from the way of a message, whose registers this would take. False: nothing there that this entry serves. */
static __attribute__((noinline)) bool serve_other(struct umsi_imsic *im, umsi_cpu cpu, uint32_t iid)
{
	void *host = im->v.domain.m->host;

	if (iid == IID_TIMER && im->timer)
		im->timer(host, cpu);
	else if (iid == IID_SOFTWARE && im->software)
		im->software(host, cpu);
	else
		return false;
	return true;
}

void umsi_imsic_trap(struct umsi_domain *root, umsi_cpu cpu)
{
	struct umsi_imsic *im = umsi_imsic_of(umsi_vec_of(root));
	struct umsi_vec_cpu *c = im->v.cpu[cpu];

	if (!c)
		return;
	umsi_vec_trap_enter(c);
	for (uint32_t turn = 0; turn < TURNS; turn++) {
		uint32_t iid = umsi_aia_topi_iid(umsi_aia_stopi());

		if (iid == IID_EXTERNAL)
			serve_external(&im->v, c);
		else if (!iid || !serve_other(im, c->cpu, iid))
			break;
	}
	umsi_vec_trap_leave(&im->v, c);
}

void umsi_imsic_drain(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_vec *v = umsi_vec_of(d);
	struct umsi_vec_cpu *c = v->cpu[cpu];

	if (c && umsi_load64(&c->req) != umsi_load64(&c->done))
		umsi_vec_drain(v, c);
}

void umsi_imsic_system(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot)
{
	struct umsi_imsic *im = umsi_imsic_of(v);

	if (slot < UMSI_SLOT_IPI || !umsi_ipi_handle(&im->ipis, slot - UMSI_SLOT_IPI, c->cpu))
		umsi_vec_unowned(v, c, slot);
}

int umsi_imsic_ipi_add(struct umsi_domain *root, umsi_ipi_handler handler,
		       void *arg, uint32_t *out_ipi)
{
	if (!root)
		return UMSI_EINVAL;
	return umsi_ipi_add(root->m, &umsi_imsic_of(umsi_vec_of(root))->ipis, handler, arg, out_ipi);
}

int umsi_imsic_ipi_send(struct umsi_domain *root, uint32_t ipi, umsi_cpu cpu)
{
	struct umsi_imsic *im = umsi_imsic_of(umsi_vec_of(root));
	int status = umsi_ipi_check(root->m, &im->ipis, ipi, cpu);

	if (!status && !im->v.cpu[cpu])
		status = UMSI_ENOCPU;
	if (!status)
		umsi_vec_kick(&im->v, cpu, UMSI_SLOT_IPI + ipi);
	return status;
}
