/* SPDX-License-Identifier: MIT */
/*
 * VT-d remapping units, as far as interrupts go.
 * Source: Intel Virtualization Technology for Directed I/O, Architecture
 * Specification: "Register Descriptions", "Interrupt Remapping Table Entry
 * (IRTE) for Remapped Interrupts", "Interrupt Requests in Remappable Format",
 * "Interrupt Remapping Fault Conditions", "Queued Invalidation Interface",
 * "Interrupt Draining".
 */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

#define ENTRIES_MAX	65536u
#define FRCD_AT		0x200u
#define FRCDS_MAX	8u
#define PASSING		64u
#define REASONS		7u

#define CFI		(1u << 23)
#define IRTP		(1u << 24)
#define IRE		(1u << 25)
#define QIE		(1u << 26)
#define PFO		(1u << 0)
#define PPF		(1u << 1)
#define IQE		(1u << 4)

/* Of the first half of an entry: all but what this machine may set. */
#define LOW_RESERVED	UINT64_C(0x00000000ff00fffe)
#define LOW_DEFINED	(UINT64_C(1) << 0 | UINT64_C(1) << 1 | UINT64_C(1) << 4)
#define HIGH_RESERVED	UINT64_C(0xfffffffffff00000)

struct copy {
	bool valid;
	uint64_t low, high;
};

/* Let through, not yet at its APIC. */
struct passing {
	uint64_t due;
	uint32_t apic_id;
	struct arrival a;
};

struct mach_vtd {
	struct mach *m;
	struct mach_vtd_config config;
	struct remapper remapper;
	struct region *region;
	uint32_t gsts, fsts, command;	/* command: not confirmed yet */
	bool command_on;
	uint64_t command_due;
	uint64_t iqa, irta, irta_used;
	uint32_t iqh, iqt;
	uint64_t queue_due;
	uint32_t refuse_in;
	bool stalled, deaf;
	uint32_t frcd[FRCDS_MAX][4];
	uint32_t frcd_next;
	struct copy *copy;
	struct passing passing[PASSING];
	uint32_t npassing;
	uint64_t passed, blocked[REASONS];
};

static void wake(struct mach_vtd *v, uint64_t due)
{
	mach_region_wake(v->m, v->region, due);
}

static bool eim(const struct mach_vtd *v)
{
	return v->irta_used >> 11 & 1;
}

static uint32_t entries(const struct mach_vtd *v)
{
	return 2u << (v->irta_used & 0xf);
}

/* ---- Faults ---- */

static void block(struct mach_vtd *v, uint32_t requester_id, uint32_t index, uint32_t reason)
{
	uint32_t *f = v->frcd[v->frcd_next];

	v->blocked[reason - 0x20]++;
	mach_trace(v->m, "vtd: blocked, reason %, from %", reason, requester_id);
	if (f[3] >> 31) {
		v->fsts |= PFO;
		return;
	}
	f[0] = 0;
	f[1] = index << 16;
	f[2] = requester_id & 0xffff;
	f[3] = 1u << 31 | reason;
	v->fsts |= PPF;
	v->frcd_next = (v->frcd_next + 1) % v->config.fault_registers;
}

/* ---- Entries ---- */

static uint64_t entry_at(const struct mach_vtd *v, uint32_t index)
{
	return (v->irta_used & ~UINT64_C(0xfff)) + 16 * (uint64_t)index;
}

static struct copy fetch(struct mach_vtd *v, uint32_t index)
{
	uint64_t at = entry_at(v, index);
	bool coherent = !v->config.not_coherent;

	return (struct copy){ true, mach_dma_read(v->m, at, 8, coherent), mach_dma_read(v->m, at + 8, 8, coherent) };
}

static struct copy look_up(struct mach_vtd *v, uint32_t index)
{
	struct copy *c = &v->copy[index];

	/* A cache forgets when it likes. */
	if (c->valid && rng_chance(&v->m->rng, 240))
		return *c;
	*c = fetch(v, index);
	if (!(c->low & 1) && !v->config.caching_mode)
		c->valid = false;
	return *c;
}

static bool low_ok(const struct mach_vtd *v, uint64_t low)
{
	if ((low & LOW_RESERVED) & ~LOW_DEFINED)
		return false;
	return eim(v) || !(low & UINT64_C(0xffff00ff00000000));
}

static bool source_ok(uint64_t high, uint32_t requester_id)
{
	static const uint16_t ignored[] = { 0, 4, 6, 7 };
	uint16_t id = (uint16_t)requester_id, sid = (uint16_t)high;

	switch (high >> 18 & 3) {
	case 0:
		return true;
	case 1:
		return !((id ^ sid) & ~ignored[high >> 16 & 3] & 0xffff);
	case 2:
		return id >> 8 >= sid >> 8 && id >> 8 <= (sid & 0xff);
	}
	return false;
}

/* 0: it may pass. */
static uint32_t check(const struct mach_vtd *v, const struct copy *c, uint32_t requester_id)
{
	if (!(c->low & 1))
		return 0x22;
	if (!low_ok(v, c->low) || c->high & HIGH_RESERVED)
		return 0x24;
	return source_ok(c->high, requester_id) ? 0 : 0x26;
}

static uint32_t apic_of(const struct mach_vtd *v, uint64_t low)
{
	return eim(v) ? (uint32_t)(low >> 32) : (uint32_t)(low >> 40) & 0xff;
}

/* ---- Messages ---- */

static void arrive(struct mach_vtd *v, uint32_t at)
{
	struct passing p = v->passing[at];

	memmove(&v->passing[at], &v->passing[at + 1], (--v->npassing - at) * sizeof(p));
	if (!mach_lapic_deliver(v->m, p.apic_id, &p.a))
		mach_violate(v->m, "I-ISO", "an entry names APIC %u: there is none", p.apic_id);
}

static void drain(struct mach_vtd *v)
{
	while (v->npassing)
		arrive(v, 0);
}

static void pass(struct mach_vtd *v, uint64_t low, const struct arrival *from)
{
	struct passing *p;

	if (v->npassing == PASSING)
		arrive(v, 0);
	p = &v->passing[v->npassing++];
	p->a = *from;
	p->a.id = (uint32_t)(low >> 16) & 0xff;
	p->apic_id = apic_of(v, low);
	p->due = mach_later(v->m, v->m->chaos.message_now, v->m->chaos.message_max);
	v->passed++;
	wake(v, p->due);
	if (p->due <= v->m->step)
		arrive(v, v->npassing - 1);
}

/* "Trigger Mode": of an I/O APIC's request, it must be the entry's. */
static void check_trigger(struct mach_vtd *v, uint64_t low, const struct arrival *from)
{
	if (!from->device && from->level != (low >> 4 & 1))
		mach_violate(v->m, "MODEL", "a pin's trigger mode is not its entry's");
}

static uint32_t index_of(uint64_t address, uint32_t data)
{
	uint32_t handle = (uint32_t)((address >> 5 & 0x7fff) | (address >> 2 & 1) << 15);

	return handle + (address >> 3 & 1 ? data & 0xffff : 0);
}

static void message(struct mach *m, void *self, uint32_t requester_id, uint64_t address, uint32_t data,
		    const struct arrival *from)
{
	struct mach_vtd *v = self;
	uint32_t index = index_of(address, data), reason;
	struct copy c;

	if (!(v->gsts & IRE) || (!(address >> 4 & 1) && !eim(v) && v->gsts & CFI)) {
		if (!mach_lapic_message(m, address, data, from))
			mach_violate(m, "I-ISO", "%x sent %#x to %#llx: nobody there", requester_id, data,
				     (unsigned long long)address);
		return;
	}
	if (!(address >> 4 & 1)) {
		block(v, requester_id, 0, 0x25);
		return;
	}
	if (address & 3 || (address >> 3 & 1 && data >> 16)) {
		block(v, requester_id, index, 0x20);
		return;
	}
	if (index >= entries(v)) {
		block(v, requester_id, index, 0x21);
		return;
	}
	c = look_up(v, index);
	reason = check(v, &c, requester_id);
	if (reason) {
		if (reason != 0x22 || !(c.low >> 1 & 1))
			block(v, requester_id, index, reason);
		return;
	}
	check_trigger(v, c.low, from);
	pass(v, c.low, from);
}

static umsi_cpu target(struct mach *m, void *self, uint32_t requester_id, uint64_t address, uint32_t data)
{
	struct mach_vtd *v = self;
	uint32_t index = index_of(address, data);
	struct copy c;

	if (!(v->gsts & IRE) || !(address >> 4 & 1) || index >= entries(v))
		return v->gsts & IRE ? UMSI_CPU_NONE : mach_message_cpu(m, &(struct umsi_msg){ address, data });
	c = fetch(v, index);
	return check(v, &c, requester_id) ? UMSI_CPU_NONE : mach_lapic_cpu_of(m, apic_of(v, c.low));
}

static bool covers(void *self, uint32_t requester_id)
{
	const struct mach_vtd *v = self;
	uint32_t bus = requester_id >> 8 & 0xff;

	return (!v->config.first_bus && !v->config.last_bus) ||
	       (bus >= v->config.first_bus && bus <= v->config.last_bus);
}

/* P-77: whatever moment the hardware looks at, a present entry is one that somebody may use. */
static void wrote(struct mach *m, void *self, const void *memory)
{
	struct mach_vtd *v = self;
	uint64_t bus = mach_dma_bus(m, memory), low, high;
	uint32_t index;

	if (!bus || !(v->gsts & IRE) || bus < entry_at(v, 0) || bus >= entry_at(v, entries(v)))
		return;
	index = (uint32_t)((bus - entry_at(v, 0)) / 16);
	low = mach_dma_read(m, entry_at(v, index), 8, true);
	high = mach_dma_read(m, entry_at(v, index) + 8, 8, true);
	if (low & 1 && (!(high >> 18 & 3) || !low_ok(v, low) || (low >> 16 & 0xff) < 16))
		mach_violate(m, "P-77", "entry %u is present as %016llx %016llx", index,
			     (unsigned long long)high, (unsigned long long)low);
}

/* ---- The queue ---- */

static uint32_t queue_bytes(const struct mach_vtd *v)
{
	return 4096u << (v->iqa & 7);
}

static void forget(struct mach_vtd *v, uint32_t index, uint32_t count)
{
	for (uint32_t i = index; i < index + count && i < ENTRIES_MAX; i++)
		v->copy[i].valid = false;
}

static void refuse(struct mach_vtd *v)
{
	v->fsts |= IQE;
	mach_trace(v->m, "vtd: descriptor at % refused", v->iqh, 0);
}

/* False: refused. */
static bool execute(struct mach_vtd *v, uint64_t low, uint64_t high)
{
	uint32_t order = low >> 27 & 0x1f, index = (low >> 32) & 0xffff;

	if (v->refuse_in && !--v->refuse_in)
		return false;
	if ((low & 0xf) == 4 && !high) {
		if (low & UINT64_C(0xffff000007ffffe0))
			return false;
		if (!(low >> 4 & 1))
			forget(v, 0, ENTRIES_MAX);
		else if (order > v->config.handle_order || index & ((1u << order) - 1))
			return false;
		else
			forget(v, index, 1u << order);
		return true;
	}
	if ((low & 0xf) == 5 && !(low & 0xffffff80) && !(high & 3)) {
		drain(v);
		if (low >> 5 & 1)
			mach_dma_write(v->m, high, 4, low >> 32);
		return true;
	}
	return false;
}

static void step_queue(struct mach_vtd *v)
{
	uint64_t at = (v->iqa & ~UINT64_C(0xfff)) + v->iqh;

	v->queue_due = NEVER;
	if (!(v->gsts & QIE) || v->iqh == v->iqt || v->fsts & IQE || v->stalled)
		return;
	if (mach_queues_stand(v->m)) {
		v->queue_due = v->m->queues_until;
		return;
	}
	if (!execute(v, mach_dma_read(v->m, at, 8, true), mach_dma_read(v->m, at + 8, 8, true))) {
		refuse(v);
		return;
	}
	v->iqh = (v->iqh + 16) % queue_bytes(v);
	if (v->iqh != v->iqt)
		v->queue_due = mach_later(v->m, v->m->chaos.message_now, v->m->chaos.message_max);
}

static void start_queue(struct mach_vtd *v)
{
	if (v->queue_due == NEVER)
		v->queue_due = mach_later(v->m, v->m->chaos.message_now, v->m->chaos.message_max);
	wake(v, v->queue_due);
	/* Cold: at once. */
	while (!v->m->running && v->queue_due != NEVER)
		step_queue(v);
}

/* ---- Registers ---- */

static void confirm(struct mach_vtd *v)
{
	v->command_due = NEVER;
	if (v->command == IRTP) {
		v->irta_used = v->irta;
		v->gsts |= IRTP;
	} else {
		v->gsts = v->command_on ? v->gsts | v->command : v->gsts & ~v->command;
	}
	if (v->command == QIE && !v->command_on)
		v->iqh = 0;
	v->command = 0;
}

static void check_command(struct mach_vtd *v, uint32_t bit, bool on)
{
	struct mach *m = v->m;

	if (v->command)
		mach_violate(m, "MODEL", "command %#x before %#x was confirmed", bit, v->command);
	if (!bit || bit & (bit - 1) || bit & ~(CFI | IRTP | IRE | QIE))
		mach_violate(m, "MODEL", "command %#x is not one bit of this unit", bit);
	if (bit == IRE && on && !(v->gsts & IRTP))
		mach_violate(m, "MODEL", "remapping enabled without a table");
	if (bit == IRTP && !mach_dma_holds(m, v->irta & ~UINT64_C(0xfff), (size_t)16 * (2u << (v->irta & 0xf))))
		mach_violate(m, "MODEL", "the table is not memory");
	if (bit == IRTP && (16u * (2u << (v->irta & 0xf))) > 4096 &&
	    (v->irta & ~UINT64_C(0xfff)) & (16u * (2u << (v->irta & 0xf)) - 1))
		mach_violate(m, "MODEL", "the table is not aligned to its size");
	if (bit == QIE && on && v->iqt)
		mach_violate(m, "MODEL", "queue enabled with a tail");
}

/* One-shot bits read as 0 in the command register's echo; IRTP stays in the status. */
static void write_command(struct mach_vtd *v, uint32_t value)
{
	uint32_t was = v->gsts & ~IRTP, changed = was ^ value;

	check_command(v, changed, value & changed);
	if (changed == IRTP)
		v->gsts &= ~IRTP;
	v->command = changed;
	v->command_on = value & changed;
	if (v->deaf)
		return;
	v->command_due = mach_later(v->m, v->m->chaos.post_now, v->m->chaos.post_max);
	wake(v, v->command_due);
	if (v->command_due <= v->m->step)
		confirm(v);
}

static uint64_t cap(const struct mach_vtd *v)
{
	return (v->config.caching_mode ? 1u << 7 : 0) | (uint64_t)(FRCD_AT / 16) << 24 |
	       (uint64_t)(v->config.fault_registers - 1) << 40;
}

static uint64_t ecap(const struct mach_vtd *v)
{
	return (v->config.not_coherent ? 0 : 1) | 1 << 1 | (v->config.no_ir ? 0 : 1 << 3) |
	       (v->config.no_eim ? 0 : 1 << 4) | (uint64_t)v->config.handle_order << 20;
}

static uint32_t frcd_word(const struct mach_vtd *v, uint64_t offset)
{
	return v->frcd[(offset - FRCD_AT) / 16][offset / 4 % 4];
}

static bool is_frcd(const struct mach_vtd *v, uint64_t offset)
{
	return offset >= FRCD_AT && offset < FRCD_AT + 16u * v->config.fault_registers && offset % 4 == 0;
}

static uint64_t read_reg(struct mach *m, void *self, uint64_t offset, unsigned int width)
{
	struct mach_vtd *v = self;

	if (width != 4 || offset % 4)
		mach_violate(m, "MODEL", "vtd: read of width %u at %#llx", width, (unsigned long long)offset);
	if (is_frcd(v, offset))
		return frcd_word(v, offset);
	switch (offset) {
	case 0x00: return 0x10;
	case 0x08: return (uint32_t)cap(v);
	case 0x0c: return cap(v) >> 32;
	case 0x10: return (uint32_t)ecap(v);
	case 0x14: return ecap(v) >> 32;
	case 0x1c: return v->gsts;
	case 0x34: return v->fsts | v->frcd_next << 8;
	case 0x80: return v->iqh;
	case 0x88: return v->iqt;
	case 0x84: case 0x8c: return 0;
	case 0x90: return (uint32_t)v->iqa;
	case 0x94: return v->iqa >> 32;
	case 0xb8: return (uint32_t)v->irta;
	case 0xbc: return v->irta >> 32;
	}
	mach_violate(m, "MODEL", "vtd: register %#llx read", (unsigned long long)offset);
	return 0;
}

static void set_half(uint64_t *reg, uint64_t offset, uint64_t value)
{
	uint32_t shift = offset & 4 ? 32 : 0;

	*reg = (*reg & ~(UINT64_C(0xffffffff) << shift)) | value << shift;
}

static void clear_faults(struct mach_vtd *v, uint32_t value)
{
	v->fsts &= ~(value & (PFO | IQE | 3u << 5));
	if (value & IQE)
		start_queue(v);
}

static void free_frcd(struct mach_vtd *v, uint64_t offset, uint32_t value)
{
	uint32_t held = 0;

	if (offset % 16 == 12 && value >> 31)
		v->frcd[(offset - FRCD_AT) / 16][3] &= ~(1u << 31);
	for (uint32_t i = 0; i < v->config.fault_registers; i++)
		held |= v->frcd[i][3] >> 31;
	if (!held)
		v->fsts &= ~PPF;
}

static void write_reg(struct mach *m, void *self, uint64_t offset, unsigned int width, uint64_t value)
{
	struct mach_vtd *v = self;

	if (width != 4 || offset % 4)
		mach_violate(m, "MODEL", "vtd: write of width %u at %#llx", width, (unsigned long long)offset);
	if (is_frcd(v, offset)) {
		free_frcd(v, offset, (uint32_t)value);
		return;
	}
	switch (offset) {
	case 0x18:
		write_command(v, (uint32_t)value);
		return;
	case 0x34:
		clear_faults(v, (uint32_t)value);
		return;
	case 0x88:
		if (value % 16 || value >= queue_bytes(v))
			mach_violate(m, "MODEL", "queue tail %#llx", (unsigned long long)value);
		v->iqt = (uint32_t)value;
		if (v->gsts & QIE)
			start_queue(v);
		return;
	case 0x8c:
		return;
	case 0x90: case 0x94:
		if (v->gsts & QIE)
			mach_violate(m, "MODEL", "the queue is moved while it is on");
		set_half(&v->iqa, offset, value);
		return;
	case 0xb8: case 0xbc:
		set_half(&v->irta, offset, value);
		return;
	}
	mach_violate(m, "MODEL", "vtd: register %#llx := %#llx", (unsigned long long)offset,
		     (unsigned long long)value);
}

static uint64_t due(struct mach *m, void *self)
{
	struct mach_vtd *v = self;
	uint64_t next;

	if (v->command_due <= m->step)
		confirm(v);
	if (v->queue_due <= m->step)
		step_queue(v);
	for (uint32_t i = 0; i < v->npassing; )
		if (v->passing[i].due <= m->step)
			arrive(v, i);
		else
			i++;
	next = v->command_due < v->queue_due ? v->command_due : v->queue_due;
	for (uint32_t i = 0; i < v->npassing; i++)
		if (v->passing[i].due < next)
			next = v->passing[i].due;
	return next;
}

static void done(void *self)
{
	struct mach_vtd *v = self;

	free(v->copy);
	free(v);
}

/* ---- For tests ---- */

struct mach_vtd *mach_vtd_add(struct mach *m, const struct mach_vtd_config *config)
{
	struct mach_vtd *v = calloc(1, sizeof(*v));
	struct region r = { .phys = config->phys, .bytes = 0x1000, .self = v, .read = read_reg,
			    .write = write_reg, .due = due, .done = done };

	if (!v || config->fault_registers > FRCDS_MAX)
		abort();
	v->copy = calloc(ENTRIES_MAX, sizeof(*v->copy));
	if (!v->copy)
		abort();
	v->m = m;
	v->config = *config;
	if (!v->config.handle_order)
		v->config.handle_order = 5;
	if (!v->config.fault_registers)
		v->config.fault_registers = 2;
	v->command_due = v->queue_due = NEVER;
	v->gsts = CFI | (config->left_on ? IRE | IRTP | QIE : 0);
	/* What firmware let through is remembered until it is told to forget (P-84). */
	for (uint32_t i = 0; config->left_on && i < ENTRIES_MAX; i++)
		v->copy[i] = (struct copy){ true, UINT64_C(0x310001), 0 };
	v->remapper = (struct remapper){ .self = v, .covers = covers, .message = message,
					 .target = target, .wrote = wrote };
	v->region = mach_region_add(m, &r);
	mach_remapper_add(m, &v->remapper);
	return v;
}

uint64_t mach_vtd_passed(const struct mach_vtd *v)
{
	return v->passed;
}

uint64_t mach_vtd_blocked(const struct mach_vtd *v, unsigned int reason)
{
	return v->blocked[reason - 0x20];
}

void mach_vtd_stall(struct mach_vtd *v, bool stall)
{
	v->stalled = stall;
	if (!stall)
		start_queue(v);
}

void mach_vtd_refuse(struct mach_vtd *v, uint32_t nth)
{
	v->refuse_in = nth;
}

void mach_vtd_deaf(struct mach_vtd *v, bool deaf)
{
	v->deaf = deaf;
}

void mach_vtd_power_cycle(struct mach_vtd *v)
{
	drain(v);
	v->gsts = CFI;
	v->fsts = v->command = 0;
	v->iqa = v->irta = v->irta_used = 0;
	v->iqh = v->iqt = 0;
	v->command_due = v->queue_due = NEVER;
	memset(v->frcd, 0, sizeof(v->frcd));
	v->frcd_next = 0;
	/* What a cache holds at power-up is nobody's promise. */
	for (uint32_t i = 0; i < ENTRIES_MAX; i++)
		v->copy[i].valid = false;
}

bool mach_vtd_enabled(const struct mach_vtd *v)
{
	return v->gsts & IRE && (!(v->gsts & CFI) || eim(v));
}
