/* SPDX-License-Identifier: MIT */
/* What a CPU does for itself in its traps: system slots, the proof of quietness, unowned slots. */
#include "core/trace.h"
#include "vector/vector.h"

/* Out of line: who does without needs no stack for it. */
#define APART	__attribute__((noinline))

static void add_slots(const struct umsi_vec *v, const struct umsi_vec_batch *b, uint64_t *slots)
{
	for (uint32_t w = 0; w < (v->nslots + 63) / 64; w++)
		slots[w] |= b->bits[w];
}

/*
 * The retiring slots that are old enough to be looked at, as one bitmap (NULL:
 * not asked for), and the ticket that a look at them proves. Age comes first: a
 * message that may arrive until then would be missed by an earlier look, or
 * queue behind an earlier marker. The ticket is read in the same critical
 * section: a slot retired later has a later one.
 */
static uint64_t ripe(struct umsi_vec *v, struct umsi_vec_cpu *c, uint64_t *slots)
{
	uint64_t now = umsi_host_time_ns(v->domain.m->host);
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);
	uint64_t req = umsi_load64(&c->done);

	for (uint32_t w = 0; slots && w < (v->nslots + 63) / 64; w++)
		slots[w] = 0;
	for (uint32_t i = 0; i < 2; i++) {
		const struct umsi_vec_batch *b = i == 0 ? c->waiting : c->filling;

		if (b->count && now < b->not_before_ns)
			break;
		if (slots)
			add_slots(v, b, slots);
		/* Behind the second batch nothing waits. */
		if (i == 1)
			req = umsi_load64(&c->req);
		else if (b->count && b->stamp > req)
			req = b->stamp;
	}
	umsi_unlock(v->domain.m, &c->lock, state);
	return req;
}

static inline void publish_done(struct umsi_vec *v, struct umsi_vec_cpu *c, uint64_t req)
{
	umsi_barrier_look_to_done();
	umsi_store64_release(&c->done, req);
	umsi_count_own(&c->drains);
	if (umsi_trace_is_on(v->domain.m))
		umsi_trace_point(v->domain.m, UMSI_TRACE_DRAINED, c->cpu, req);
}

/* R6 where a look is all there is: none of the retiring slots is pending. */
static APART void drain_by_look(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	uint64_t slots[UMSI_VEC_WORDS_MAX];
	uint64_t req = ripe(v, c, slots);

	if (req == umsi_load64(&c->done))
		return;
	umsi_barrier_req_to_look();
	if (v->ops->quiet(v, c, slots))
		publish_done(v, c, req);
}

/*
 * R6, R7: the marker queued behind every message that was performed before
 * req was read, and it has been claimed; nothing else is pending; so every
 * slot ticketed up to marker_req is quiet.
 */
static void drain_by_marker(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	uint64_t req;

	if (c->marker_out) {
		if (!c->marker_claimed || !v->ops->quiet(v, c, NULL))
			return;
		c->marker_out = false;
		c->marker_claimed = false;
		publish_done(v, c, c->marker_req);
	}
	req = umsi_load64_acquire(&c->req);
	if (__builtin_expect(umsi_load32(&c->aged), 0))
		req = ripe(v, c, NULL);
	if (req <= c->marker_req)
		return;
	/* What was ticketed up to here; the marker leaves after req was read. */
	c->marker_req = req;
	c->marker_out = true;
	if (umsi_trace_is_on(v->domain.m))
		umsi_trace_point(v->domain.m, UMSI_TRACE_MARKER, c->cpu, req);
	umsi_barrier_req_to_marker();
	v->ops->raise(v, c->cpu, UMSI_SLOT_MARKER);
}

/*
 * The end of the outermost trap (or thread context, interrupts off). Only
 * here has every claimed slot's table entry been used (R5).
 */
void umsi_vec_drain(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	if (v->marker)
		drain_by_marker(v, c);
	else
		drain_by_look(v, c);
}

void umsi_vec_system(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot)
{
	switch (slot) {
	case UMSI_SLOT_KICK:
		umsi_inbox_drain(v->domain.m, c->core);
		break;
	case UMSI_SLOT_MARKER:
		c->marker_claimed = c->marker_out;
		break;
	default:
		v->system(v, c, slot);
		break;
	}
}

/* ---- Slots nobody owns: counted; a storm is shut by the CPU it hits. ---- */

/* How often @slot was seen unowned in this second. */
static uint32_t note_storm(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot)
{
	struct umsi_vec_storm *s = &c->storm;
	uint64_t now = umsi_host_time_ns(v->domain.m->host);
	uint32_t at = 0;

	if (now - s->since_ns > 1000000000u) {
		*s = (struct umsi_vec_storm){ .since_ns = now };
	}
	for (uint32_t i = 0; i < UMSI_STORM_WATCHED; i++) {
		if (s->slot[i] == slot)
			return ++s->seen[i];
		if (s->seen[i] < s->seen[at])
			at = i;
	}
	s->slot[at] = (uint16_t)slot;
	s->seen[at] = 1;
	return 1;
}

static void log_quarantine(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot)
{
	struct umsi_text t;

	umsi_text_begin(&t, "umsi: storm on an identity nobody owns, shut:");
	umsi_text_field(&t, "cpu", c->cpu);
	umsi_text_field(&t, v->domain.ops->number_name, slot);
	umsi_host_log(v->domain.m->host, UMSI_LOG_WARN, t.line);
}

/*
 * Takes the slot out of circulation, unless it is being given out this very
 * moment: then its owner is about to be published and must find it enabled.
 */
static void quarantine(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot)
{
	struct umsi *m = v->domain.m;
	uintptr_t state = umsi_lock(m, &c->lock);
	bool ours = umsi_ids_take_at(&c->ids, slot);

	if (ours) {
		c->quarantined[slot / 64] |= UINT64_C(1) << (slot % 64);
		umsi_store32(&c->quarantines, umsi_load32(&c->quarantines) + 1);
		umsi_vec_note_free(c);
		v->ops->shut(v, slot, true);
		umsi_trace_point(m, UMSI_TRACE_QUARANTINE, c->cpu, slot);
	}
	umsi_unlock(m, &c->lock, state);
	if (ours)
		log_quarantine(v, c, slot);
}

void umsi_vec_unowned(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot)
{
	umsi_count_own(&c->unowned);
	umsi_trace_point(v->domain.m, UMSI_TRACE_UNOWNED, c->cpu, slot);
	if (UMSI_HAS_FLOW && note_storm(v, c, slot) >= v->domain.m->storm_limit)
		quarantine(v, c, slot);
}

void umsi_vec_no_record(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot)
{
	if (slot < v->first)
		umsi_vec_system(v, c, slot);
	else
		umsi_vec_unowned(v, c, slot);
}
