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

/*
 * R14 (3), (4): interrupts are off for good and no store is aimed here. What
 * was accepted stays in the request register until INIT clears it; its owner
 * is called on another CPU.
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
	for (uint32_t w = 0; w < LAPIC_VECTORS / 32; w++) {
		for (uint64_t left = requests[w]; left; left &= left - 1) {
			uint32_t slot = w * 32 + umsi_lowest_bit(left);

			if (slot < la->v.nslots && umsi_load_ptr(&c->table[slot]))
				umsi_vec_forward(&la->v, c, slot);
		}
	}
	umsi_vec_dead(&la->v, c);
	return UMSI_OK;
}
