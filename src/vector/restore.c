/* SPDX-License-Identifier: MIT */
/*
 * A CPU's slots after its controller lost everything (deep idle, suspend).
 *
 * Who may have sent to it meanwhile: every owner of a slot here, live or
 * retiring; what they sent is gone without a trace. Each is called once, from
 * an inbox, as if a message had come. The controller works again before the
 * table is walked, so a message is either lost before the walk or claimed.
 */
#include "core/run.h"
#include "idspace/word.h"
#include "vector/vector.h"

/* The marker that was out is lost; what it was to prove needs another. */
static void forget_marker(struct umsi_vec_cpu *c)
{
	c->marker_out = false;
	c->marker_claimed = false;
	c->marker_req = umsi_load64(&c->done);
}

void umsi_vec_shut_again(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	for (uint32_t w = 0; w < (v->nslots + 63) / 64; w++)
		for (uint64_t left = c->quarantined[w]; left; left &= left - 1)
			v->ops->shut(v, w * 64 + umsi_lowest_bit(left), true);
}

/* The owner of @slot with one more reference, so that it stays the one it is; or NULL. */
static struct umsi_record *owner_of(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot)
{
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);
	struct umsi_record *r = umsi_load_ptr(&c->table[slot]);

	if (r)
		umsi_fetch_add32(&r->references, 1);
	umsi_unlock(v->domain.m, &c->lock, state);
	return r;
}

/* A level source waits for the end of what was lost; only its present target can have lost it. */
static void tell_source(struct umsi_record *r, umsi_cpu cpu)
{
	uintptr_t state = umsi_record_enter(r);

	if (r->phase == UMSI_PHASE_ACTIVE && umsi_record_is_level(r) && umsi_load32(&r->target) == cpu)
		r->leaf->ops->source->lost(r->leaf, r);
	umsi_record_unlock(r, state);
}

void umsi_vec_restore(struct umsi_vec *v, umsi_cpu cpu, uint32_t ipis)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];

	forget_marker(c);
	umsi_vec_shut_again(v, c);
	for (uint32_t slot = v->first; slot < v->nslots; slot++) {
		struct umsi_record *r = owner_of(v, c, slot);

		if (!r)
			continue;
		umsi_inbox_trigger(r);
		tell_source(r, cpu);
		umsi_record_put(r);
	}
	umsi_vec_kick(v, cpu, UMSI_SLOT_KICK);
	for (uint32_t ipi = 0; ipi < ipis; ipi++)
		umsi_vec_kick(v, cpu, UMSI_SLOT_IPI + ipi);
}
