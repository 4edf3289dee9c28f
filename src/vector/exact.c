/* SPDX-License-Identifier: MIT */
/* Slots of one number and no other, for a move whose message is read word by word (R3). */
#include "vector/slots.h"

static bool all_free(const struct umsi_vec_cpu *c, uint32_t slot, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!umsi_ids_is_free(&c->ids, slot + i))
			return false;
	return true;
}

/* The first slots of aligned blocks of @count whose every slot has its bit in @bits. */
static uint64_t block_starts(uint64_t bits, uint32_t count)
{
	uint64_t aligned = 0;

	for (uint32_t n = 1; n < count; n *= 2)
		bits &= bits >> n;
	for (uint32_t at = 0; at < 64; at += count)
		aligned |= UINT64_C(1) << at;
	return bits & aligned;
}

void umsi_vec_ownable(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint64_t *slots)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);

	umsi_vec_reap_locked(v, c);
	for (uint32_t w = 0; w < (v->nslots + 63) / 64; w++)
		slots[w] = block_starts(umsi_ids_free_word(&c->ids, w), g->count) |
			   umsi_vec_own_retiring(c, g->member[0], w);
	umsi_unlock(v->domain.m, &c->lock, state);
}

static bool take_at_locked(struct umsi_vec_cpu *c, const struct umsi_group *g,
			   uint32_t slot, bool *revived)
{
	*revived = umsi_vec_revive_at(c, g, slot);
	if (*revived)
		return true;
	if (!all_free(c, slot, g->count))
		return false;
	for (uint32_t i = 0; i < g->count; i++)
		umsi_ids_take_at(&c->ids, slot + i);
	umsi_vec_own_slots(c, g, slot);
	return true;
}

bool umsi_vec_take_at(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint32_t slot,
		      bool *revived)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);
	bool taken;

	umsi_vec_reap_locked(v, c);
	/* One that is being left gives out nothing but to who is on the way out. */
	taken = (umsi_load32(&c->open) || umsi_load32(&g->member[0]->target) == cpu) &&
		take_at_locked(c, g, slot, revived);
	umsi_unlock(v->domain.m, &c->lock, state);
	return taken;
}
