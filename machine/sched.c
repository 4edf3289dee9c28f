/* SPDX-License-Identifier: MIT */
/* One step of the machine, and which CPU takes the next. */
#include "inside.h"

/* However rarely a seed switches: a CPU that polls must not keep the others out. */
#define LONGEST_BURST	2000u
#define LONGEST_STARVE	1500u
#define LONGEST_STALL	400u

static void lower(uint64_t *least, uint64_t due)
{
	if (due < *least)
		*least = due;
}

/* The first set bit from @from on; @end: none. */
static uint32_t next_of(const uint64_t *bits, uint32_t from, uint32_t end)
{
	while (from < end) {
		uint64_t rest = bits[from / 64] >> from % 64;

		if (rest)
			return from + (uint32_t)__builtin_ctzll(rest);
		from = (from / 64 + 1) * 64;
	}
	return end;
}

#define FOR_BUSY_CPUS(i, m)	\
	for (uint32_t i = next_of((m)->busy, 0, (m)->ncpus); i < (m)->ncpus; i = next_of((m)->busy, i + 1, (m)->ncpus))
#define FOR_BUSY_FUNCTIONS(i, m)	\
	for (uint32_t i = next_of((m)->pci_busy, 0, (m)->npci); i < (m)->npci; i = next_of((m)->pci_busy, i + 1, (m)->npci))

static bool has_threads(const struct cpu *c)
{
	for (const struct thread *t = c->threads; t; t = t->next)
		if (!t->ended)
			return true;
	return false;
}

/* Nothing of it happens before somebody calls mach_cpu_touch(). */
static bool rests(const struct mach *m, const struct cpu *c)
{
	return m->config.kind == MACH_RISCV && !m->aplics && c->store_due == NEVER && c->timer_due == NEVER &&
	       c->file.due == NEVER && !c->depth && !c->thread && !c->spins_on && !has_threads(c) &&
	       !mach_trap_pending(c);
}

void mach_advance(struct mach *m)
{
	uint64_t next = NEVER;

	FOR_BUSY_CPUS(i, m) {
		struct cpu *c = &m->cpus[i];

		if (c->store_due <= m->step)
			mach_store_due(m, c);
		if (c->timer_due <= m->step)
			mach_timer_due(m, c);
	}
	FOR_BUSY_FUNCTIONS(i, m)
		if (m->pci[i]->due <= m->step)
			mach_pci_due(m->pci[i]);
	mach_regions_due(m);
	FOR_BUSY_CPUS(i, m) {
		if (m->cpus[i].file.due <= m->step)
			mach_file_due(m, &m->cpus[i]);
		if (m->cpus[i].lapic.due <= m->step)
			mach_lapic_due(m, &m->cpus[i]);
	}

	FOR_BUSY_CPUS(i, m) {
		lower(&next, m->cpus[i].store_due);
		lower(&next, m->cpus[i].timer_due);
		lower(&next, m->cpus[i].file.due);
		lower(&next, m->cpus[i].lapic.due);
		if (rests(m, &m->cpus[i]))
			m->busy[i / 64] &= ~(UINT64_C(1) << i % 64);
	}
	FOR_BUSY_FUNCTIONS(i, m) {
		lower(&next, m->pci[i]->due);
		if (m->pci[i]->due == NEVER)
			m->pci_busy[i / 64] &= ~(UINT64_C(1) << i % 64);
	}
	lower(&next, mach_regions_next(m));
	m->next_due = next;
}

static bool runnable(const struct cpu *c)
{
	if (c->spins_on)
		return *c->spins_on == 0;
	if (c->thread || c->depth)
		return true;
	if (!c->up)
		return false;
	return mach_cpu_has_ready(c) || (c->irq_on && mach_trap_pending(c));
}

static struct cpu *pick(struct mach *m)
{
	struct cpu *may[MACH_CPUS_MAX];
	uint32_t n = 0, fed = 0;

	/* The well-fed first, the starved behind them. */
	FOR_BUSY_CPUS(i, m) {
		struct cpu *c = &m->cpus[i];

		if (!runnable(c))
			continue;
		may[n] = c;
		if (c->starved_until <= m->step) {
			may[n] = may[fed];
			may[fed++] = c;
		}
		n++;
	}
	if (!n)
		return NULL;
	return may[rng_below(&m->rng, fed ? fed : n)];
}

static void new_burst(struct mach *m)
{
	uint32_t mean = m->chaos.burst;

	if (mean == 1)
		m->burst_end = m->step + 1;
	else if (mean)
		m->burst_end = m->step + 1 + rng_below(&m->rng, 2 * mean);
	else
		m->burst_end = m->step + LONGEST_BURST;
}

static void maybe_starve(struct mach *m)
{
	struct cpu *c;

	if (!rng_chance(&m->rng, m->chaos.starve))
		return;
	c = &m->cpus[rng_below(&m->rng, m->ncpus)];
	c->starved_until = m->step + 1 + rng_below(&m->rng, LONGEST_STARVE);
}

/* Runs @c until somebody runs the present CPU again. */
static void go_on_with(struct mach *m, struct cpu *c)
{
	struct cpu *here = m->cpu;

	new_burst(m);
	if (c == here)
		return;
	m->cpu = c;
	mach_fiber_switch(here->fiber, c->fiber, false);
}

void mach_reschedule(struct mach *m)
{
	struct cpu *c = m->cpu;
	struct cpu *next;

	maybe_starve(m);
	next = pick(m);
	go_on_with(m, next ? next : c);
	if (c->up && c->thread && c->irq_on && !c->depth && !c->nheld &&
	    rng_chance(&m->rng, m->chaos.thread_switch))
		mach_thread_switch(m);
}

void mach_stall(struct mach *m, uint32_t chance)
{
	if (!m->running || !rng_chance(&m->rng, chance))
		return;
	m->cpu->starved_until = m->step + 1 + rng_below(&m->rng, LONGEST_STALL);
	mach_reschedule(m);
}

static void stuck(struct mach *m)
{
	for (uint32_t i = 0; i < m->ncpus; i++) {
		const struct cpu *c = &m->cpus[i];

		if (c->spins_on)
			mach_violate(m, "I-LOCK", "cpu%u waits for a spin lock of cpu%u for ever",
				     i, (unsigned int)(*c->spins_on - 1));
	}
	mach_violate(m, "I-PROG", "threads are left, and none can ever run");
}

static void over_the_limit(struct mach *m)
{
	for (uint32_t i = 0; i < m->ncpus; i++)
		mach_trace(m, "limit: cpu % trap depth %", i, m->cpus[i].depth);
	mach_violate(m, "I-PROG", "not finished after %llu steps",
		     (unsigned long long)m->config.max_steps);
}

void mach_stop_here(struct mach *m)
{
	m->stopped = true;
	mach_abandon(m);
}

void mach_schedule_away(struct mach *m)
{
	struct cpu *c;

	while (!(c = pick(m))) {
		if (m->next_due == NEVER) {
			if (!mach_threads_ended(m))
				stuck(m);
			mach_fiber_switch(m->cpu->fiber, &m->home, false);
			continue;
		}
		if (m->step < m->next_due)
			m->step = m->next_due;
		if (m->step > m->config.max_steps)
			over_the_limit(m);
		if (m->step >= m->config.stop_step)
			mach_stop_here(m);
		mach_advance(m);
		if (m->config.stepped)
			m->config.stepped(m->config.watch_arg);
	}
	go_on_with(m, c);
}

void mach_step(struct mach *m)
{
	struct cpu *c = m->cpu;

	m->step++;
	if (m->config.stepped)
		m->config.stepped(m->config.watch_arg);
	if (!m->running)
		return;
	if (m->step >= m->next_due)
		mach_advance(m);
	if (m->step >= m->burst_end)
		mach_reschedule(m);
	if (c->irq_on && mach_trap_pending(c))
		mach_trap_maybe(m, c);
	if (m->step > m->config.max_steps)
		over_the_limit(m);
	if (m->step >= m->config.stop_step)
		mach_stop_here(m);
}

void mach_abandon(struct mach *m)
{
	m->running = false;
	mach_fiber_switch(m->cpu->fiber, &m->home, false);
	__builtin_unreachable();
}

bool mach_run(struct mach *m)
{
	struct cpu *c;

	if (m->violated || m->stopped)
		return false;
	for (uint32_t i = 0; i < m->ncpus; i++) {
		c = &m->cpus[i];
		c->ticks_left = 3;
		mach_cpu_touch(c);
		if (m->config.tick_steps && c->up && c->timer_due == NEVER)
			c->timer_due = m->step + 1 + rng_below(&m->rng, m->config.tick_steps);
	}
	m->running = true;
	m->next_due = m->step;
	new_burst(m);
	c = &m->cpus[rng_below(&m->rng, m->ncpus)];
	m->cpu = c;
	mach_fiber_switch(&m->home, c->fiber, false);
	m->running = false;
	m->cpu = &m->cpus[0];
	return !m->violated && !m->stopped;
}
