/* SPDX-License-Identifier: MIT */
/* When a CPU is interrupted; its local interrupt state, timer and power. */
#include <stdlib.h>

#include "inside.h"

#define DEEPEST_TRAP	16u

bool mach_trap_pending(const struct cpu *c)
{
	if (c->m->config.kind == MACH_X86)
		return c->m->config.trap && c->up && mach_lapic_pends(c);
	if (c->m->config.kind == MACH_ARM)
		return c->m->config.trap && c->up && mach_gic_pends(c);
	if (c->m->config.kind == MACH_ARM3)
		return c->m->config.trap && c->up && mach_gicv3_pends(c);
	return c->m->config.trap && c->up &&
	       (c->timer || c->software || (c->file.top && c->file.delivery == 1) || mach_aplic_signals(c));
}

/*
 * Entering a trap is no fence: what was stored may still be in the buffer and
 * what is loaded in the trap may be old.
 */
void mach_trap_take(struct mach *m, struct cpu *c)
{
	bool published = c->published;

	c->published = false;
	c->armed = false;
	c->irq_on = false;
	c->entered = ++m->tick;
	if (++c->depth > DEEPEST_TRAP)
		mach_violate(m, "I-PROG", "traps nest %u deep on cpu%u", c->depth, c->number);
	mach_trace(m, "trap begins, depth %", c->depth, 0);
	if (m->config.kind == MACH_X86)
		mach_lapic_take(m, c);
	m->config.trap(m->config.trap_arg, c->number);
	if (c->nheld)
		mach_violate(m, "I-LOCK", "a trap on cpu%u ended with a lock held", c->number);
	mach_trace(m, "trap ends, depth %", c->depth, 0);
	c->published = published;
	c->depth--;
	c->irq_on = true;
	c->looked = false;
}

void mach_trap_maybe(struct mach *m, struct cpu *c)
{
	if (!c->armed) {
		c->armed = true;
		c->trap_due = mach_later(m, m->chaos.trap_now, m->chaos.trap_max);
	}
	if (m->step >= c->trap_due)
		mach_trap_take(m, c);
}

void mach_timer_due(struct mach *m, struct cpu *c)
{
	c->timer_due = NEVER;
	if (!c->up)
		return;
	if (m->config.kind == MACH_X86)
		mach_lapic_timer(m, c);
	else
		c->timer = true;
	if (!m->config.tick_steps)
		return;
	/* A few more ticks after the last thread, or no run would end. */
	if (mach_threads_ended(m) && !c->ticks_left--) {
		c->ticks_left = 0;
		c->timer = false;
		return;
	}
	c->timer_due = m->step + m->config.tick_steps;
}

umsi_cpu mach_cpu(struct mach *m)
{
	return m->cpu->number;
}

unsigned int mach_trap_depth(struct mach *m)
{
	return m->cpu->depth;
}

void mach_irq_on(struct mach *m)
{
	if (m->cpu->nheld)
		mach_violate(m, "I-LOCK", "interrupts on with a spin lock held");
	m->cpu->irq_on = true;
	m->cpu->looked = false;
	mach_step(m);
}

void mach_irq_off(struct mach *m)
{
	mach_step(m);
	m->cpu->irq_on = false;
}

void mach_delay(struct mach *m, uint64_t steps)
{
	uint64_t until = m->step + steps;

	while (m->step < until) {
		mach_step(m);
		if (m->running)
			mach_reschedule(m);
	}
}

void mach_cpu_down(struct mach *m)
{
	struct cpu *c = m->cpu;

	if (c->depth || c->nheld || !m->running)
		mach_violate(m, "I-LOCK", "cpu%u goes down in a trap or with a lock", c->number);
	mach_trace(m, "cpu down", 0, 0);
	mach_say(m, "goes down");
	mach_store_all(m, c);
	c->irq_on = false;
	c->up = false;
	c->timer = c->software = false;
	c->timer_due = NEVER;
	c->looked = false;
	mach_file_reset(m, c);
	mach_lapic_reset(m, c);
	mach_gic_reset(m, c);
	mach_gicv3_reset(m, c);
}

void mach_cpu_up(struct mach *m, umsi_cpu cpu, void (*fn)(void *arg), void *arg)
{
	struct cpu *c = &m->cpus[cpu];

	if (c->up || c == m->cpu)
		mach_violate(m, "I-LOCK", "cpu%u is up already", cpu);
	/* The one that went down must have left: its stack is the CPU's. */
	while (c->thread)
		mach_delay(m, 1);
	mach_trace(m, "cpu % up", cpu, 0);
	mach_say(m, "powers cpu%u up", cpu);
	mach_file_reset(m, c);
	mach_lapic_reset(m, c);
	mach_thread_add(m, c, fn, arg, true);
	mach_cpu_touch(c);
	c->up = true;
	c->irq_on = false;
	c->armed = false;
	if (m->config.tick_steps) {
		c->timer_due = m->step + m->config.tick_steps;
		mach_due(m, c->timer_due);
	}
}

bool mach_cpu_is_up(const struct mach *m, umsi_cpu cpu)
{
	return m->cpus[cpu].up;
}

void mach_timer_arm(struct mach *m, umsi_cpu cpu, uint64_t steps)
{
	m->cpus[cpu].timer_due = m->step + steps;
	mach_cpu_touch(&m->cpus[cpu]);
	mach_due(m, m->step + steps);
}

void mach_timer_quieten(struct mach *m, umsi_cpu cpu)
{
	m->cpus[cpu].timer = false;
}

void mach_software_set(struct mach *m, umsi_cpu cpu)
{
	m->cpus[cpu].software = true;
	mach_cpu_touch(&m->cpus[cpu]);
}

void mach_software_clear(struct mach *m, umsi_cpu cpu)
{
	m->cpus[cpu].software = false;
}
