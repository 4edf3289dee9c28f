/* SPDX-License-Identifier: MIT */
/* Away from a CPU that is being left, where numbers are the machine's. */
#include "core/block.h"
#include "core/hold.h"
#include "core/target.h"

/* Within its affinity, or else anywhere. */
static int choose_new(struct umsi_domain *root, struct umsi_record *r, struct umsi_move *mv,
		      bool *broken)
{
	int status;

	*mv = (struct umsi_move){ .where = { .mask = r->mask, .cpu = r->affinity_cpu } };
	*broken = false;
	status = root->ops->move_prepare(root, r, mv);
	if (status != UMSI_ENOCPU || umsi_record_wish(r) & UMSI_WISH_STRICT)
		return status;
	mv->where = (struct umsi_where){ .cpu = UMSI_CPU_NONE };
	*broken = true;
	return root->ops->move_prepare(root, r, mv);
}

int umsi_target_evacuate(struct umsi_record *r, uint32_t slot, umsi_cpu cpu)
{
	struct umsi_hold hold;
	struct umsi_move mv;
	bool broken;
	int status = UMSI_OK;

	umsi_hold_enter(r, &hold);
	if (umsi_record_leader(r) == r && r->slot == slot && umsi_load32(&r->target) == cpu) {
		status = choose_new(umsi_domain_root(r->leaf), r, &mv, &broken);
		if (!status)
			status = umsi_move_finish(r, &mv);
		if (!status && broken && !r->broken)
			umsi_fetch_add64(&r->m->count.affinity_broken, 1);
		if (!status)
			r->broken = broken;
	}
	umsi_hold_unlock(r, &hold);
	return status;
}

int umsi_target_evacuate_all(const umsi_atomic_ptr *record, uint32_t count, uint32_t first, umsi_cpu cpu)
{
	int status = UMSI_OK;

	for (uint32_t i = 0; i < count && !status; i++) {
		struct umsi_record *r = umsi_load_ptr_acquire(&record[i]);

		if (r)
			status = umsi_target_evacuate(r, first + i, cpu);
	}
	return status;
}
