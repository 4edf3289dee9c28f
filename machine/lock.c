/* SPDX-License-Identifier: MIT */
/*
 * The host's locks. A spin lock word holds the owner's CPU number + 1; taking
 * it is an acquire, giving it back a release store like any other: late, and
 * no fence for device writes.
 */
#include "inside.h"

void mach_must_sleep(struct mach *m, const char *call)
{
	const struct cpu *c = m->cpu;

	if (m->running && (c->depth || c->nheld || !c->irq_on))
		mach_violate(m, "I-LOCK", "%s on cpu%u %s", call, c->number,
			     c->depth ? "in a trap" : c->nheld ? "with a spin lock held" :
			     "with interrupts off");
}

static bool holds(const struct cpu *c, const uint64_t *word)
{
	for (uint32_t i = 0; i < c->nheld; i++)
		if (c->held[i] == word)
			return true;
	return false;
}

/* Where the pair is, or where it would go. */
static uint64_t *pair_slot(struct mach *m, uint32_t outer, uint32_t inner)
{
	uint64_t pair = (uint64_t)(outer + 1) << 32 | inner;
	uint32_t at = (uint32_t)(mix64(pair) % LOCK_PAIRS);

	while (m->lock_pair[at] && m->lock_pair[at] != pair)
		at = (at + 1) % LOCK_PAIRS;
	return &m->lock_pair[at];
}

/* What a lock's word holds from now on, at once. */
static void take_plain(struct mach *m, uint64_t *word, uint64_t owner)
{
	struct cpu *c = m->cpu;

	while (*word && m->running) {
		c->spins_on = word;
		mach_schedule_away(m);
		c->spins_on = NULL;
	}
	*word = owner;
}

/* Two locks ever taken in both orders could deadlock, though they did not now. */
static void check_order(struct mach *m, const struct cpu *c, uint32_t inner)
{
	for (uint32_t i = 0; i < c->nheld; i++) {
		uint32_t outer = mach_word_find(m, c->held[i])->number;
		uint64_t *slot = pair_slot(m, outer, inner);

		if (*slot || m->lock_pairs >= LOCK_PAIRS / 2)
			continue;
		if (*pair_slot(m, inner, outer))
			mach_violate(m, "I-LOCK", "locks %u and %u are taken in both orders",
				     outer, inner);
		*slot = (uint64_t)(outer + 1) << 32 | inner;
		m->lock_pairs++;
	}
}

void mach_lock(struct mach *m, uint64_t *word)
{
	struct cpu *c = m->cpu;
	struct word *w;

	if (m->config.plain_memory) {
		take_plain(m, word, c->number + 1);
		c->held[c->nheld++] = word;
		return;
	}
	w = mach_word(m, word, 8);
	if (holds(c, word))
		mach_violate(m, "I-LOCK", "cpu%u takes a spin lock it holds", c->number);
	if (c->nheld == HELD_LOCKS)
		mach_violate(m, "I-LOCK", "cpu%u holds %u spin locks", c->number, HELD_LOCKS);
	check_order(m, c, w->number);
	mach_store_word_now(m, c, w);
	while (*word && m->running) {
		c->spins_on = word;
		mach_schedule_away(m);
		c->spins_on = NULL;
	}
	mach_word_commit(m, c, w, c->number + 1);
	mach_order_loads(m, c);
	c->held[c->nheld++] = word;
}

void mach_unlock(struct mach *m, uint64_t *word)
{
	struct cpu *c = m->cpu;

	if (!holds(c, word)) {
		mach_violate(m, "I-LOCK", "cpu%u gives back a spin lock it does not hold", c->number);
		return;
	}
	if (m->running && c->read_locked)
		mach_violate(m, "ORD", "cpu%u gives back a spin lock, its device read is not ordered before",
			     c->number);
	for (uint32_t i = 0; i < c->nheld; i++) {
		if (c->held[i] != word)
			continue;
		c->held[i] = c->held[--c->nheld];
		break;
	}
	if (m->config.plain_memory)
		*word = 0;
	else
		mach_store_word(m, mach_word(m, word, 8), 0, true);
}

/* Word 0: the owner's thread number + 1. */
void mach_mutex_lock(struct mach *m, uint64_t *word)
{
	struct cpu *c = m->cpu;
	struct thread *t = c->thread;
	uint64_t self = t ? t->number + 1 : UINT32_MAX;
	struct word *w = m->config.plain_memory ? NULL : mach_word(m, word, 8);

	mach_must_sleep(m, "mutex lock");
	if (*word == self)
		mach_violate(m, "I-LOCK", "a thread takes a mutex it holds");
	while (*word && m->running) {
		t->mutex = word;
		mach_thread_switch(m);
		t->mutex = NULL;
	}
	if (!w) {
		*word = self;
		return;
	}
	mach_word_commit(m, c, w, self);
	mach_order_loads(m, c);
}

void mach_mutex_unlock(struct mach *m, uint64_t *word)
{
	struct cpu *c = m->cpu;
	uint64_t self = c->thread ? c->thread->number + 1 : UINT32_MAX;

	mach_must_sleep(m, "mutex unlock");
	if (*word != self)
		mach_violate(m, "I-LOCK", "a mutex is given back by somebody else");
	if (m->config.plain_memory) {
		*word = 0;
		return;
	}
	mach_store_memory_all(m, c);
	mach_word_commit(m, c, mach_word(m, word, 8), 0);
}
