/* SPDX-License-Identifier: MIT */
/*
 * Interrupts with a slot on every CPU they may go to: roaming and managed ones.
 * All slots are the interrupt's from its allocation to its end, so a move takes
 * nothing, retires nothing and cannot fail, and what was sent before it is
 * handled where it arrives.
 *
 * Best they all have one number, so that only the address of a message changes.
 * The slots of a CPU that is offline are kept like any other.
 */
#include "core/mask.h"
#include "idspace/word.h"
#include "vector/vector.h"

static bool may_have_place(const struct umsi_vec *v, const struct umsi_where *where, umsi_cpu cpu)
{
	if (!v->cpu[cpu] || (where->cpu != UMSI_CPU_NONE && where->cpu != cpu))
		return false;
	return !where->mask || umsi_mask_has(where->mask, cpu);
}

/* A number that is free on every CPU of @where, or 0. */
static uint32_t common_slot(struct umsi_vec *v, const struct umsi_where *where)
{
	uint64_t all[UMSI_VEC_WORDS_MAX], one[UMSI_VEC_WORDS_MAX];
	uint32_t words = (v->nslots + 63) / 64;

	for (uint32_t w = 0; w < words; w++)
		all[w] = UINT64_MAX;
	for (umsi_cpu cpu = 0; cpu < v->domain.m->ncpus; cpu++) {
		if (!may_have_place(v, where, cpu))
			continue;
		umsi_vec_free_slots(v, cpu, one);
		for (uint32_t w = 0; w < words; w++)
			all[w] &= one[w];
	}
	for (uint32_t w = 0; w < words; w++)
		if (all[w])
			return w * 64 + umsi_lowest_bit(all[w]);
	return 0;
}

static struct umsi_place *find(const struct umsi_places *places, umsi_cpu cpu)
{
	uint32_t low = 0, high = places->count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (places->at[middle].cpu < cpu)
			low = middle + 1;
		else
			high = middle;
	}
	return low < places->count && places->at[low].cpu == cpu
		? (struct umsi_place *)&places->at[low] : NULL;
}

const struct umsi_place *umsi_vec_place_on(const struct umsi_record *r, umsi_cpu cpu)
{
	const struct umsi_places *places = umsi_record_places(r);

	return places ? find(places, cpu) : NULL;
}

bool umsi_vec_is_place(const struct umsi_record *r, umsi_cpu cpu, uint32_t slot)
{
	const struct umsi_place *place = umsi_vec_place_on(r, cpu);

	return place && place->slot == slot;
}

const struct umsi_place *umsi_vec_choose_place(struct umsi_vec *v, const struct umsi_record *r,
					       const struct umsi_where *where)
{
	const struct umsi_places *places = umsi_record_places(r);
	const struct umsi_place *best = NULL;

	for (uint32_t i = 0; i < places->count; i++) {
		const struct umsi_place *place = &places->at[i];

		/* What is asked here is asked again by a CPU that leaves, under the record's lock, once it is closed. */
		if (!may_have_place(v, where, place->cpu) || !umsi_load32(&v->cpu[place->cpu]->open) ||
		    !umsi_cpu_open(v->domain.m, place->cpu))
			continue;
		if (!best || umsi_load32(&v->cpu[place->cpu]->free) > umsi_load32(&v->cpu[best->cpu]->free))
			best = place;
	}
	return best;
}

static void give_places(struct umsi_vec *v, struct umsi_record *r, bool told, int settled)
{
	struct umsi_places *places = umsi_record_places(r);

	for (uint32_t i = 0; i < places->count; i++)
		umsi_vec_give_up(v, r, places->at[i].cpu, places->at[i].slot, told, settled);
	places->count = 0;
}

int umsi_vec_take_places(struct umsi_vec *v, struct umsi_record *r, const struct umsi_where *where)
{
	struct umsi_group g = umsi_group_of(&r);
	struct umsi_places *places = umsi_record_places(r);
	uint32_t wanted = common_slot(v, where), slot;
	int status;

	for (umsi_cpu cpu = 0; cpu < v->domain.m->ncpus; cpu++) {
		if (!may_have_place(v, where, cpu))
			continue;
		status = umsi_vec_take_place(v, cpu, &g, wanted, &slot);
		if (status) {
			give_places(v, r, false, UMSI_OK);
			return status;
		}
		places->at[places->count++] = (struct umsi_place){ .cpu = cpu, .slot = slot };
	}
	return places->count ? UMSI_OK : UMSI_ENOCPU;
}

void umsi_vec_drop_places(struct umsi_vec *v, struct umsi_record *r, int settled)
{
	give_places(v, r, r->told, settled);
}

/* ---- Managed ones, when the last of their CPUs goes and the first comes back. ---- */

/* Its store is closed and flushed; what it is asked to do meanwhile is done when it starts again. */
void umsi_vec_shut_down(struct umsi_record *r)
{
	if (r->phase != UMSI_PHASE_ACTIVE)
		return;
	r->unsettled = umsi_path_deactivate(r) != UMSI_OK;
	r->phase = UMSI_PHASE_SHUT;
}

static void start_again(struct umsi_record *r, umsi_cpu cpu, uint32_t slot)
{
	uintptr_t state = umsi_record_enter(r);

	if (umsi_vec_is_place(r, cpu, slot))
		umsi_path_start(r);
	umsi_record_unlock(r, state);
}

void umsi_vec_start_places(struct umsi_vec *v, umsi_cpu cpu)
{
	for (uint32_t slot = v->first; slot < v->nslots; slot++) {
		struct umsi_record *r = umsi_load_ptr_acquire(&v->cpu[cpu]->table[slot]);

		if (r)
			start_again(r, cpu, slot);
	}
}
