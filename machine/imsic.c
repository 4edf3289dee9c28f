/* SPDX-License-Identifier: MIT */
/*
 * Interrupt files: one per CPU, supervisor level.
 * Source: RISC-V AIA 1.0, "Incoming MSI Controller (IMSIC)". Writes to a file
 * take effect in the order in which they reached it, but arbitrarily late
 * ("Memory region for an interrupt file"): that is the lag queue.
 */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

uint64_t mach_imsic_phys(const struct mach *m, umsi_cpu cpu)
{
	const struct mach_config *g = &m->config;
	uint64_t index = g->hart_index ? g->hart_index[cpu] : cpu;
	uint64_t hart = index & ((UINT64_C(1) << g->hart_bits) - 1);
	uint64_t group = index >> g->hart_bits;

	return g->imsic_base + (group << g->group_shift) + (hart << (12 + g->guest_bits));
}

struct cpu *mach_file_at(struct mach *m, uint64_t phys, uint64_t *offset)
{
	uint64_t page = phys & ~UINT64_C(0xfff), guess;

	if (m->config.kind != MACH_RISCV)
		return NULL;
	if (page < m->files_from || page > m->files_to)
		return NULL;
	/* Mostly files lie in the order of their CPUs. */
	guess = (page - m->files_from) >> (12 + m->config.guest_bits);
	if (guess < m->ncpus && m->cpus[guess].file.phys == page) {
		*offset = phys & 0xfff;
		return &m->cpus[guess];
	}
	for (uint32_t i = 0; i < m->ncpus; i++) {
		if (m->cpus[i].file.phys != page)
			continue;
		*offset = phys & 0xfff;
		return &m->cpus[i];
	}
	return NULL;
}

void mach_file_init(struct mach *m, struct cpu *c)
{
	c->file.covers = calloc(m->config.num_ids + 1, sizeof(*c->file.covers));
	if (!c->file.covers)
		abort();
	c->file.phys = mach_imsic_phys(m, c->number);
	if (!c->number || c->file.phys < m->files_from)
		m->files_from = c->file.phys;
	if (c->file.phys > m->files_to)
		m->files_to = c->file.phys;
	mach_file_reset(m, c);
}

/* Power-on and power-off: state and queued messages are gone. */
void mach_file_reset(struct mach *m, struct cpu *c)
{
	struct file *f = &c->file;

	(void)m;
	f->lost += f->queued;
	f->queued = 0;
	f->due = NEVER;
	memset(f->eip, 0, sizeof(f->eip));
	memset(f->eie, 0, sizeof(f->eie));
	f->delivery = f->threshold = f->select = f->top = 0;
	c->claimed.n = 0;
}

/* The lowest identity that is pending, enabled and below the threshold. */
void mach_file_update(struct mach *m, struct cpu *c)
{
	struct file *f = &c->file;

	mach_cpu_touch(c);
	f->top = 0;
	for (uint32_t i = 0; i <= m->config.num_ids / 64; i++) {
		uint64_t both = f->eip[i] & f->eie[i];

		if (!both)
			continue;
		f->top = 64 * i + (uint32_t)__builtin_ctzll(both);
		break;
	}
	if (f->threshold && f->top >= f->threshold)
		f->top = 0;
}

void mach_cover(struct covers *v, const struct arrival *a)
{
	if (!a->device)
		return;
	for (uint32_t i = 0; i < v->n; i++) {
		if (v->by[i].device != a->device || v->by[i].entry != a->entry)
			continue;
		v->by[i].serial = a->serial;
		return;
	}
	if (v->n < COVERS)
		v->by[v->n++] = (struct cover){ a->device, a->entry, a->serial };
}

static void take_effect(struct mach *m, struct cpu *c)
{
	struct file *f = &c->file;
	struct arrival a = f->queue[0];
	uint64_t bit = UINT64_C(1) << a.id % 64;

	f->queued--;
	memmove(&f->queue[0], &f->queue[1], f->queued * sizeof(a));
	if (!(f->eip[a.id / 64] & bit))
		f->covers[a.id].n = 0;
	mach_cover(&f->covers[a.id], &a);
	f->eip[a.id / 64] |= bit;
	mach_file_update(m, c);
	mach_trace(m, "file %: identity % pending", c->number, a.id);
}

void mach_file_due(struct mach *m, struct cpu *c)
{
	struct file *f = &c->file;

	while (f->queued && f->queue[0].due <= m->step)
		take_effect(m, c);
	f->due = f->queued ? f->queue[0].due : NEVER;
	mach_cpu_touch(c);
	mach_due(m, f->due);
}

/* Where an early one may stand: before all that came after @since. */
static uint32_t place(const struct file *f, bool early, uint64_t since)
{
	uint32_t at = f->queued;

	while (early && at && f->queue[at - 1].entered > since)
		at--;
	return at;
}

void mach_file_arrive(struct mach *m, struct cpu *c, const struct arrival *a, bool early,
		      uint64_t since)
{
	struct file *f = &c->file;
	uint32_t at;

	if (!c->up || !a->id || a->id > m->config.num_ids) {
		f->lost++;
		mach_trace(m, "file %: identity % lost", c->number, a->id);
		return;
	}
	if (f->queued == QUEUE_SLOTS)
		take_effect(m, c);
	early = early && m->running && rng_chance(&m->rng, m->chaos.early_marker);
	at = place(f, early, since);
	if (at != f->queued)
		mach_trace(m, "file %: % arrives early", c->number, a->id);
	memmove(&f->queue[at + 1], &f->queue[at], (f->queued - at) * sizeof(*a));
	f->queued++;
	f->queue[at] = *a;
	f->queue[at].entered = ++m->tick;
	f->queue[at].due = a->written ? mach_later(m, m->chaos.kick_now, m->chaos.kick_max) :
		mach_later(m, m->chaos.lag_now, m->chaos.lag_max);
	mach_file_due(m, c);
}

uint32_t mach_file_claim(struct mach *m, struct cpu *c)
{
	struct file *f = &c->file;
	uint32_t id = f->top;

	if (!id)
		return 0;
	f->eip[id / 64] &= ~(UINT64_C(1) << id % 64);
	f->claims++;
	mach_file_update(m, c);
	mach_trace(m, "claim identity %", id, 0);
	mach_owner_claimed(m, c, &f->covers[id]);
	return id;
}

bool mach_imsic_pending(const struct mach *m, umsi_cpu cpu, uint32_t id)
{
	return m->cpus[cpu].file.eip[id / 64] >> id % 64 & 1;
}

bool mach_imsic_enabled(const struct mach *m, umsi_cpu cpu, uint32_t id)
{
	return m->cpus[cpu].file.eie[id / 64] >> id % 64 & 1;
}

void mach_imsic_stick(struct mach *m, umsi_cpu cpu, unsigned int reg)
{
	m->cpus[cpu].file.stuck[reg / 64 % 4] |= UINT64_C(1) << reg % 64;
}

uint64_t mach_imsic_lost(const struct mach *m, umsi_cpu cpu)
{
	return m->cpus[cpu].file.lost;
}

uint64_t mach_claims(const struct mach *m, umsi_cpu cpu)
{
	return m->cpus[cpu].file.claims;
}

void mach_imsic_inject(struct mach *m, umsi_cpu cpu, uint32_t id)
{
	struct arrival a = { .id = id };

	mach_file_arrive(m, &m->cpus[cpu], &a, false, 0);
}
