/* SPDX-License-Identifier: MIT */
/* The last moments of a CPU's local APIC. */
#include "idspace/word.h"
#include "root/lapic.h"

/*
 * No written promise says when an accepted message can be seen (M1), so the
 * minimum age passes once between the last flush and the look.
 */
static void let_messages_land(struct umsi *m)
{
	uint64_t until = umsi_host_time_ns(m->host) + m->min_age_ns;

	while (umsi_host_time_ns(m->host) < until)
		;
}

/* The timer dies with its CPU, and the core empties the inbox itself. */
static void serve_system(struct umsi_lapic *la, struct umsi_vec_cpu *c, uint32_t slot)
{
	if (slot < UMSI_SLOT_IPI)
		return;
	umsi_barrier_claim_to_handler();
	umsi_lapic_system(&la->v, c, slot);
}

static void forward(struct umsi_lapic *la, struct umsi_vec_cpu *c, uint32_t vector)
{
	if (vector >= LAPIC_SPURIOUS)
		return;
	if (vector >= la->system)
		serve_system(la, c, vector - la->system);
	else if (vector >= la->v.first)
		umsi_vec_forward(&la->v, c, vector);
}

/*
 * R14 (3), (4): interrupts are off for good and no store is aimed here. What
 * was accepted stays in the request register until INIT clears it: an owner is
 * called on another CPU, an IPI is served here.
 */
int umsi_lapic_cpu_dead(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_lapic *la = umsi_lapic_of(umsi_vec_of(d));
	struct umsi_vec_cpu *c = la->v.cpu[cpu];
	uint32_t requests[LAPIC_VECTORS / 32];

	if (!c)
		return UMSI_OK;
	let_messages_land(d->m);
	/* Whatever this CPU knew of its slots it read before this look. */
	umsi_barrier_req_to_look();
	for (uint32_t w = 0; w < LAPIC_VECTORS / 32; w++)
		requests[w] = umsi_lapic_requests(la, w * 32);
	for (uint32_t w = 0; w < LAPIC_VECTORS / 32; w++)
		for (uint64_t left = requests[w]; left; left &= left - 1)
			forward(la, c, w * 32 + umsi_lowest_bit(left));
	umsi_vec_dead(&la->v, c);
	return UMSI_OK;
}
