/* SPDX-License-Identifier: MIT */
/* Threads of a CPU, and what it does without any. */
#include <stdlib.h>

#include "inside.h"

bool mach_thread_ready(const struct thread *t)
{
	return !t->ended && (!t->mutex || *t->mutex == 0);
}

bool mach_cpu_has_ready(const struct cpu *c)
{
	for (const struct thread *t = c->threads; t; t = t->next)
		if (mach_thread_ready(t))
			return true;
	return false;
}

bool mach_threads_ended(const struct mach *m)
{
	for (uint32_t i = 0; i < m->ncpus; i++) {
		if (!m->cpus[i].up)
			continue;
		for (const struct thread *t = m->cpus[i].threads; t; t = t->next)
			if (!t->ended)
				return false;
	}
	return true;
}

static struct thread *choose(struct mach *m, struct cpu *c)
{
	struct thread *found = NULL;
	uint32_t n = 0;

	if (!c->up)
		return NULL;
	if (c->boot) {
		found = c->boot;
		c->boot = NULL;
		return found;
	}
	for (struct thread *t = c->threads; t; t = t->next)
		if (mach_thread_ready(t) && rng_below(&m->rng, ++n) == 0)
			found = t;
	return found;
}

void mach_thread_switch(struct mach *m)
{
	struct cpu *c = m->cpu;
	struct thread *was = c->thread;
	struct thread *t = choose(m, c);
	struct fiber *from = c->fiber;
	bool last = was && was->ended;
	bool published = c->published;

	if (t == was)
		return;
	c->thread = t;
	c->fiber = t ? &t->fiber : &c->idle;
	if (t)
		mach_trace(m, "thread % runs", t->number, 0);
	c->published = false;
	mach_fiber_switch(from, c->fiber, last);
	c->published = published;
}

static void idle_main(void *arg)
{
	struct cpu *c = arg;
	struct mach *m = c->m;

	for (;;) {
		while (c->up && c->irq_on && mach_trap_pending(c))
			mach_trap_take(m, c);
		if (c->up && mach_cpu_has_ready(c))
			mach_thread_switch(m);
		else
			mach_schedule_away(m);
	}
}

void mach_cpu_set_idle(struct cpu *c)
{
	mach_fiber_init(&c->idle, idle_main, c);
	c->fiber = &c->idle;
}

static void thread_main(void *arg)
{
	struct thread *t = arg;
	struct mach *m = t->m;

	mach_order_loads(m, m->cpu);
	t->fn(t->arg);
	if (m->cpu->nheld || (m->cpu->up && !m->cpu->irq_on))
		mach_violate(m, "I-LOCK", "a thread ended with %s",
			     m->cpu->nheld ? "a lock held" : "interrupts off");
	mach_trace(m, "thread % ended", t->number, 0);
	mach_store_memory_all(m, m->cpu);
	t->ended = true;
	mach_thread_switch(m);
}

void mach_thread_add(struct mach *m, struct cpu *c, void (*fn)(void *arg), void *arg, bool boot)
{
	struct thread *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	*t = (struct thread){ .m = m, .cpu = c, .fn = fn, .arg = arg,
			      .number = m->nthreads++, .next = c->threads };
	c->threads = t;
	mach_cpu_touch(c);
	if (boot)
		c->boot = t;
	mach_fiber_init(&t->fiber, thread_main, t);
	mach_store_memory_all(m, m->cpu);
}

void mach_thread(struct mach *m, umsi_cpu cpu, void (*fn)(void *arg), void *arg)
{
	mach_thread_add(m, &m->cpus[cpu], fn, arg, false);
}

void mach_threads_done(struct mach *m)
{
	for (uint32_t i = 0; i < m->ncpus; i++) {
		struct cpu *c = &m->cpus[i];
		struct thread *t;

		while ((t = c->threads)) {
			c->threads = t->next;
			mach_fiber_done(&t->fiber);
			free(t);
		}
		mach_fiber_done(&c->idle);
	}
}

/* The running thread has nothing to do for the moment. */
void mach_yield(struct mach *m)
{
	mach_step(m);
	if (!m->running)
		return;
	mach_thread_switch(m);
	mach_reschedule(m);
}

void mach_wait(struct mach *m, bool (*condition)(void *arg), void *arg)
{
	while (!condition(arg)) {
		if (!m->running) {
			mach_violate(m, "I-PROG", "a cold machine waits for something");
			return;
		}
		mach_yield(m);
	}
	mach_sync(m);
}

void mach_sync(struct mach *m)
{
	for (uint32_t i = 0; i < m->ncpus; i++)
		mach_store_memory_all(m, &m->cpus[i]);
	mach_order_loads(m, m->cpu);
}
