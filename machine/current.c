/* SPDX-License-Identifier: MIT */
/* A machine's life, and which one is current. */
#include <stdio.h>
#include <stdlib.h>

#include "inside.h"

/* The seam's calls carry no machine: this is the one they mean. */
_Thread_local struct mach *mach_now;

struct mach *mach_current(void)
{
	return mach_now;
}

struct mach *mach_need(const char *call)
{
	if (mach_now)
		return mach_now;
	fprintf(stderr, "machine: %s() needs a machine, and none is current\n", call);
	abort();
}

static uint32_t bits_for(uint32_t n)
{
	uint32_t bits = 0;

	while (n > UINT32_C(1) << bits)
		bits++;
	return bits;
}

static void set_config(struct mach *m, const struct mach_config *config)
{
	m->config = *config;
	if (!m->config.num_ids)
		m->config.num_ids = 63;
	if (!m->config.imsic_base)
		m->config.imsic_base = 0x28000000;
	if (!m->config.max_steps)
		m->config.max_steps = 1000000;
	if (!m->config.ns_per_step)
		m->config.ns_per_step = 1000;
	if (!m->config.stop_step)
		m->config.stop_step = NEVER;
	if (!m->config.group_shift)
		m->config.group_shift = 24;
	if (!m->config.hart_bits && !config->hart_index)
		m->config.hart_bits = bits_for(m->config.ncpus);
	if (config->chaos)
		m->chaos = *config->chaos;
	else
		mach_chaos_from_seed(m->seed, &m->chaos);
	m->config.chaos = NULL;
	m->ncpus = m->config.ncpus;
}

static bool config_sane(const struct mach_config *c)
{
	bool gic = c->kind == MACH_ARM || c->kind == MACH_ARM3;

	return c->ncpus >= 1 && c->ncpus <= (gic ? MACH_GIC_CPUS_MAX : MACH_CPUS_MAX) &&
	       (!c->num_ids || (c->num_ids % 64 == 63 && c->num_ids <= 2047)) &&
	       (!c->hart_index || c->hart_bits);
}

struct mach *mach_create(uint64_t seed, const struct mach_config *config)
{
	struct mach *m = calloc(1, sizeof(*m));

	if (!m || mach_now || !config_sane(config)) {
		fprintf(stderr, "machine: %s\n", mach_now ? "one is current already" :
			m ? "impossible configuration" : "no memory");
		abort();
	}
	m->seed = seed;
	m->rng.state = mix64(seed) + mix64(config->schedule);
	m->test_rng.state = mix64(~seed);
	m->next_due = NEVER;
	set_config(m, config);
	m->cpus = calloc(m->ncpus, sizeof(*m->cpus));
	if (!m->cpus)
		abort();
	for (uint32_t i = 0; i < m->ncpus; i++) {
		struct cpu *c = &m->cpus[i];

		c->m = m;
		c->number = i;
		c->up = c->irq_on = true;
		c->store_due = c->timer_due = c->lapic.due = NEVER;
		mach_cpu_touch(c);
		c->marker_fenced = true;
		mach_cpu_set_idle(c);
		mach_file_init(m, c);
		if (m->config.kind == MACH_X86)
			mach_lapic_init(m, c);
	}
	if (m->config.kind == MACH_ARM)
		mach_gic_init(m);
	if (m->config.kind == MACH_ARM3)
		mach_gicv3_init(m);
	m->cpu = &m->cpus[0];
	mach_now = m;
	return m;
}

void mach_destroy(struct mach *m)
{
	mach_now = NULL;
	mach_threads_done(m);
	mach_pci_done(m);
	mach_regions_done(m);
	mach_gic_done(m);
	mach_gicv3_done(m);
	mach_words_done(m);
	mach_dma_done(m);
	mach_blocks_done(m);
	mach_maps_done(m);
	for (uint32_t i = 0; i < m->ncpus; i++) {
		free(m->cpus[i].file.covers);
		free(m->cpus[i].lapic.covers);
	}
	free(m->cpus);
	free(m->said);
	free(m);
}

void mach_set_trap(struct mach *m, void (*trap)(void *arg, umsi_cpu cpu), void *arg)
{
	m->config.trap = trap;
	m->config.trap_arg = arg;
}

uint64_t mach_seed(const struct mach *m)
{
	return m->seed;
}

uint64_t mach_steps(const struct mach *m)
{
	return m->step;
}

uint64_t mach_hash(const struct mach *m)
{
	return m->hash;
}

uint64_t mach_random(struct mach *m, uint64_t n)
{
	struct thread *t = m->running && !m->cpu->depth ? m->cpu->thread : NULL;
	uint64_t r = rng_next(t && t->own_random ? &t->random : &m->test_rng);

	return n ? r % n : r;
}

void mach_random_restart(struct mach *m, uint64_t salt)
{
	struct thread *t = m->running ? m->cpu->thread : NULL;

	if (!t)
		return;
	t->random.state = mix64(salt);
	t->own_random = true;
}

bool mach_stopped(const struct mach *m)
{
	return m->stopped;
}
