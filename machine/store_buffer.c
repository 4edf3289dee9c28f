/* SPDX-License-Identifier: MIT */
/*
 * What a CPU has stored and nobody else sees yet. Stores leave late and in
 * any order, but for what README lists under "Stores".
 */
#include <string.h>

#include "inside.h"

static bool blocks(const struct store *before, const struct store *s)
{
	if (!before->word)
		return !s->word && before->target == s->target;
	if (before->order < s->after)
		return true;
	return s->word && (s->release || before->word == s->word);
}

static bool may_leave(const struct cpu *c, uint32_t i)
{
	for (uint32_t j = 0; j < i; j++)
		if (blocks(&c->buffer[j], &c->buffer[i]))
			return false;
	return true;
}

static void leave(struct mach *m, struct cpu *c, uint32_t i)
{
	struct store s = c->buffer[i];
	struct cpu *running = m->cpu;

	c->stores--;
	memmove(&c->buffer[i], &c->buffer[i + 1], (c->stores - i) * sizeof(s));
	m->cpu = c;	/* whose doing it is, in the story */
	if (s.word)
		mach_word_commit(m, c, s.word, s.value);
	else
		mach_bus_post(m, &s);
	m->cpu = running;
}

static void next_due(struct mach *m, struct cpu *c)
{
	c->store_due = NEVER;
	for (uint32_t i = 0; i < c->stores; i++)
		if (c->buffer[i].due < c->store_due && may_leave(c, i))
			c->store_due = c->buffer[i].due;
	mach_cpu_touch(c);
	mach_due(m, c->store_due);
}

void mach_store_due(struct mach *m, struct cpu *c)
{
	for (uint32_t i = 0; i < c->stores; ) {
		if (c->buffer[i].due <= m->step && may_leave(c, i))
			leave(m, c, i);
		else
			i++;
	}
	next_due(m, c);
}

static void insert(struct mach *m, struct cpu *c, const struct store *s)
{
	struct store *at;

	if (c->stores == STORE_SLOTS)
		leave(m, c, 0);		/* the oldest is never blocked */
	at = &c->buffer[c->stores++];
	*at = *s;
	at->order = ++c->issued;
	at->due = at->word ? mach_later(m, m->chaos.store_now, m->chaos.store_max) :
		mach_later(m, m->chaos.leave_now, m->chaos.leave_max);
	at->after = c->fence_all;
	if (!at->word && c->fence_memory > at->after)
		at->after = c->fence_memory;
	if (at->due <= m->step)
		mach_store_due(m, c);
	else
		next_due(m, c);
}

void mach_store_word(struct mach *m, struct word *w, uint64_t value, bool release)
{
	struct store s = { .word = w, .value = value, .release = release };

	m->cpu->published |= release;
	insert(m, m->cpu, &s);
}

void mach_store_device(struct mach *m, const struct store *s)
{
	insert(m, m->cpu, s);
}

bool mach_store_forward(const struct cpu *c, const struct word *w, uint64_t *value)
{
	for (uint32_t i = c->stores; i--; ) {
		if (c->buffer[i].word != w)
			continue;
		*value = c->buffer[i].value;
		return true;
	}
	return false;
}

void mach_store_memory_all(struct mach *m, struct cpu *c)
{
	for (uint32_t i = 0; i < c->stores; ) {
		if (c->buffer[i].word)
			leave(m, c, i);
		else
			i++;
	}
	next_due(m, c);
}

/* What a fence has ordered before device writes. */
void mach_store_fenced(struct mach *m, struct cpu *c)
{
	for (uint32_t i = 0; i < c->stores; ) {
		if (c->buffer[i].word && c->buffer[i].order < c->fence_memory)
			leave(m, c, i);
		else
			i++;
	}
	next_due(m, c);
}

void mach_store_word_now(struct mach *m, struct cpu *c, const struct word *w)
{
	for (uint32_t i = 0; i < c->stores; ) {
		if (c->buffer[i].word != w) {
			i++;
		} else if (may_leave(c, i)) {
			leave(m, c, i);
		} else {
			mach_store_memory_all(m, c);
			return;
		}
	}
	next_due(m, c);
}

void mach_store_target_now(struct mach *m, struct cpu *c, uint32_t target)
{
	for (uint32_t i = 0; i < c->stores; ) {
		if (c->buffer[i].word || c->buffer[i].target != target) {
			i++;
		} else if (may_leave(c, i)) {
			leave(m, c, i);
			i = 0;
		} else {
			mach_store_memory_all(m, c);
			i = 0;
		}
	}
	next_due(m, c);
}

void mach_store_all(struct mach *m, struct cpu *c)
{
	while (c->stores)
		leave(m, c, 0);
	next_due(m, c);
}
