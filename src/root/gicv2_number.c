/* SPDX-License-Identifier: MIT */
/* Numbers that ended, until nothing of them can be under way. */
#include "idspace/word.h"
#include "root/gicv2.h"

/*
 * M1, whatever the source's flush proved: nothing written says how soon a
 * disabled SPI can no longer be acknowledged.
 */
void umsi_gicv2_end_locked(struct umsi_gic *gic, uint32_t id, int settled)
{
	struct umsi_gicv2 *v2 = (struct umsi_gicv2 *)gic;

	(void)settled;
	v2->not_before_ns[id] = umsi_host_time_ns(gic->m->host) + gic->m->min_age_ns;
	v2->ended[id / 64] |= UINT64_C(1) << (id % 64);
}

void umsi_gicv2_reap_locked(struct umsi_gic *gic)
{
	struct umsi_gicv2 *v2 = (struct umsi_gicv2 *)gic;
	uint64_t now;

	if (!umsi_load32(&gic->ending))
		return;
	now = umsi_host_time_ns(gic->m->host);
	for (uint32_t w = 0; w < GICV2_WORDS; w++) {
		for (uint64_t left = v2->ended[w]; left; left &= left - 1) {
			uint32_t id = w * 64 + umsi_lowest_bit(left);

			if (now < v2->not_before_ns[id] || umsi_gic_is_active(gic, id))
				continue;
			v2->ended[w] &= ~(UINT64_C(1) << (id % 64));
			umsi_gic_end_over_locked(gic, id);
		}
	}
}
