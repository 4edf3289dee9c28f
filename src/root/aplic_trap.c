/* SPDX-License-Identifier: MIT */
/*
 * The trap path. From claim to handler: one barrier, one table load, one
 * read-modify-write; no lock, no search, no allocation.
 */
#include "root/aplic.h"

#define CLAIMS_A_TRAP	32

/*
 * A level source is claimed again while its line is up, and by QEMU once more
 * after it fell: "the pending bit is cleared whenever the rectified input value
 * is low" does not hold there. Whose line is down has nothing to be told.
 */
static bool is_asserted(const struct umsi_aplic *a, uint32_t source)
{
	return umsi_aplic_read(a, umsi_aplic_input(source)) & umsi_aplic_bit(source);
}

static void serve_level(struct umsi_aplic *a, struct umsi_cpu_core *core, uint32_t source,
			struct umsi_record *r)
{
	if (!is_asserted(a, source))
		return;
	if (umsi_load32(&r->state) & UMSI_RUN)
		umsi_aplic_shut(a, source);
	umsi_arrive(r, &core);
}

static void serve(struct umsi_aplic *a, umsi_cpu cpu, uint32_t source)
{
	struct umsi_cpu_core *core = &a->domain.m->cpu[cpu];
	struct umsi_record *r;

	umsi_barrier_claim_to_handler();
	r = umsi_load_ptr(&a->record[source]);
	if (__builtin_expect(!r, 0))
		umsi_aplic_unowned(a, cpu, source);
	else if (!umsi_record_is_level(r))
		umsi_arrive(r, &core);
	else
		serve_level(a, core, source, r);
}

static void serve_ipis(struct umsi_aplic *a, umsi_cpu cpu, uint32_t bits)
{
	for (uint32_t ipi = 0; bits >> ipi; ipi++)
		if (bits >> ipi & 1)
			umsi_ipi_handle(&a->ipis, ipi, cpu);
}

/*
 * Nothing was left to claim, and that claim has cleared iforce: whatever a
 * signal that it cleared was about is seen here. Where it was the first claim,
 * iforce may have been all there was; QEMU before 8.2 then keeps the
 * interrupt asserted until iforce is written.
 */
static void serve_work(struct umsi_aplic *a, umsi_cpu cpu, bool first)
{
	struct umsi_aplic_cpu *c = &a->cpu[cpu];
	uint32_t work;

	if (first) {
		umsi_aplic_write(a, umsi_aplic_idc(c->index, APLIC_IFORCE), 0);
		(void)umsi_aplic_read(a, umsi_aplic_idc(c->index, APLIC_IFORCE));
	}
	umsi_barrier_claim_to_handler();
	if (!umsi_load32(&c->work))
		return;
	work = umsi_fetch_and32(&c->work, 0);
	if (work & APLIC_KICK)
		umsi_inbox_drain(a->domain.m, &a->domain.m->cpu[cpu]);
	serve_ipis(a, cpu, work >> 1);
}

/*
 * Every source this CPU has claimed has been served; what it claims from here
 * on was enabled after the ticket it has read.
 */
static void prove(struct umsi_aplic *a, umsi_cpu cpu)
{
	struct umsi_aplic_cpu *c = &a->cpu[cpu];
	uint64_t req = umsi_load64_acquire(&a->req);

	if (__builtin_expect(req == umsi_load64(&c->done), 1))
		return;
	umsi_barrier_req_to_look();
	umsi_barrier_look_to_done();
	umsi_store64_release(&c->done, req);
}

void umsi_aplic_drain(struct umsi_domain *d, umsi_cpu cpu)
{
	prove(umsi_aplic_of(d), cpu);
}

void umsi_aplic_direct_trap(struct umsi_domain *root, umsi_cpu cpu)
{
	struct umsi_aplic *a = umsi_aplic_of(root);
	struct umsi_cpu_core *core = &root->m->cpu[cpu];
	uint32_t claimi = umsi_aplic_idc(a->cpu[cpu].index, APLIC_CLAIMI);
	uint32_t claimed;

	core->depth++;
	for (claimed = 0; claimed < CLAIMS_A_TRAP; claimed++) {
		uint32_t source = umsi_aplic_claimed(umsi_aplic_read(a, claimi));

		if (!source)
			break;
		serve(a, cpu, source);
	}
	if (claimed < CLAIMS_A_TRAP)
		serve_work(a, cpu, !claimed);
	if (claimed)
		umsi_store64(&core->count.claimed, umsi_load64(&core->count.claimed) + claimed);
	if (core->depth == 1)
		prove(a, cpu);
	core->depth--;
}
