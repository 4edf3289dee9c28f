/* SPDX-License-Identifier: MIT */
/*
 * Local APICs: one per CPU, xAPIC page or x2APIC registers.
 * Source: Intel SDM Vol. 3A, "Advanced Programmable Interrupt Controller
 * (APIC)": "Interrupt Acceptance for Fixed Interrupts", "Task and Processor
 * Priorities", "Local APIC State", "Signaling Interrupt Servicing Completion",
 * "Message Signalled Interrupts". When an accepted message can be seen, and in
 * which order two of them are, is written nowhere: each waits by itself.
 */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

#define SPURIOUS_RESET	0xffu
#define SVR_ENABLE	(1u << 8)
#define SVR_NO_BROADCAST (1u << 12)
#define LVT_MASKED	(1u << 16)

/* ---- Acceptance ---- */

static void set_bit(uint32_t *bits, uint32_t v)
{
	bits[v / 32] |= 1u << v % 32;
}

static void clear_bit(uint32_t *bits, uint32_t v)
{
	bits[v / 32] &= ~(1u << v % 32);
}

static bool has_bit(const uint32_t *bits, uint32_t v)
{
	return bits[v / 32] >> v % 32 & 1;
}

static uint32_t highest(const uint32_t *bits)
{
	for (uint32_t w = 8; w--; )
		if (bits[w])
			return w * 32 + 31 - (uint32_t)__builtin_clz(bits[w]);
	return 0;
}

static void accept(struct mach *m, struct cpu *c, uint32_t at)
{
	struct lapic *l = &c->lapic;
	struct arrival a = l->queue[at];

	l->queued--;
	memmove(&l->queue[at], &l->queue[at + 1], (l->queued - at) * sizeof(a));
	if (!(l->svr & SVR_ENABLE)) {
		l->lost++;
		mach_trace(m, "lapic %: vector % lost", c->number, a.id);
		return;
	}
	if (!has_bit(l->irr, a.id))
		l->covers[a.id].n = 0;
	mach_cover(&l->covers[a.id], &a);
	set_bit(l->irr, a.id);
	if (a.level)
		set_bit(l->tmr, a.id);
	else
		clear_bit(l->tmr, a.id);
	mach_trace(m, "lapic %: vector % requested", c->number, a.id);
}

void mach_lapic_due(struct mach *m, struct cpu *c)
{
	struct lapic *l = &c->lapic;

	l->due = NEVER;
	for (uint32_t i = 0; i < l->queued; ) {
		if (l->queue[i].due <= m->step) {
			accept(m, c, i);
			continue;
		}
		if (l->queue[i].due < l->due)
			l->due = l->queue[i].due;
		i++;
	}
	mach_due(m, l->due);
}

void mach_lapic_arrive(struct mach *m, struct cpu *c, const struct arrival *a)
{
	struct lapic *l = &c->lapic;

	if (a->foreign)
		mach_violate(m, "I-ISO", "a foreign message arrives at cpu%u as vector %u", c->number, a->id);
	if (a->id < 16) {
		mach_violate(m, "MODEL", "illegal vector %u for cpu%u", a->id, c->number);
		return;
	}
	if (!c->up) {
		l->lost++;
		return;
	}
	if (l->queued == QUEUE_SLOTS)
		accept(m, c, 0);
	l->queue[l->queued] = *a;
	l->queue[l->queued++].due = a->written ?
		mach_later(m, m->chaos.kick_now, m->chaos.kick_max) :
		mach_later(m, m->chaos.lag_now, m->chaos.lag_max);
	mach_lapic_due(m, c);
}

static struct cpu *by_id(struct mach *m, uint32_t id)
{
	for (uint32_t i = 0; i < m->ncpus; i++)
		if (m->cpus[i].lapic.id == id)
			return &m->cpus[i];
	return NULL;
}

/* Destination bits 14:8 in address bits 11:5 are an offer of some platforms; this one makes it. */
static struct cpu *by_address(struct mach *m, uint64_t address)
{
	uint32_t id = (address >> 12 & 0xff) | (address >> 5 & 0x7f) << 8;

	if (address >> 20 != 0xfee || (address & 0x1f) || id == 0xff)
		return NULL;
	return by_id(m, id);
}

bool mach_lapic_message(struct mach *m, uint64_t address, uint32_t data, const struct arrival *from)
{
	struct cpu *c = by_address(m, address);
	struct arrival a = *from;

	a.id = data & 0xff;
	if (!c || (data & ~0xffu))
		return false;
	mach_lapic_arrive(m, c, &a);
	return true;
}

bool mach_lapic_deliver(struct mach *m, uint32_t id, const struct arrival *a)
{
	struct cpu *c = by_id(m, id);

	if (c)
		mach_lapic_arrive(m, c, a);
	return c;
}

umsi_cpu mach_lapic_cpu_of(struct mach *m, uint32_t id)
{
	struct cpu *c = by_id(m, id);

	return c ? c->number : UMSI_CPU_NONE;
}

umsi_cpu mach_message_cpu(struct mach *m, const struct umsi_msg *msg)
{
	uint64_t offset;
	struct cpu *c;

	if (m->config.kind == MACH_ARM)
		return mach_gic_target(m, msg->data);
	c = m->config.kind == MACH_X86 ? by_address(m, msg->address) :
		mach_file_at(m, msg->address, &offset);
	return c ? c->number : UMSI_CPU_NONE;
}

/* ---- Priority, taking, ending ---- */

static uint32_t deliverable(const struct lapic *l)
{
	uint32_t request = highest(l->irr), service = highest(l->isr);

	if (!(l->svr & SVR_ENABLE) || request >> 4 <= service >> 4 || request >> 4 <= l->tpr >> 4)
		return 0;
	return request;
}

bool mach_lapic_pends(const struct cpu *c)
{
	return deliverable(&c->lapic) != 0;
}

void mach_lapic_take(struct mach *m, struct cpu *c)
{
	struct lapic *l = &c->lapic;
	uint32_t v = deliverable(l);

	clear_bit(l->irr, v);
	set_bit(l->isr, v);
	l->vector = v;
	l->taken++;
	mach_trace(m, "take vector %", v, 0);
	mach_owner_claimed(m, c, &l->covers[v]);
	l->covers[v].n = 0;
}

static void end_of_interrupt(struct mach *m, struct cpu *c)
{
	struct lapic *l = &c->lapic;
	uint32_t v = highest(l->isr);

	clear_bit(l->isr, v);
	mach_trace(m, "end of vector %", v, 0);
	if (has_bit(l->tmr, v) && !(l->svr & SVR_NO_BROADCAST))
		mach_ioapic_eoi_all(m, v);
}

void mach_lapic_timer(struct mach *m, struct cpu *c)
{
	struct arrival a = { .id = c->lapic.lvt[LVT_TIMER] & 0xff, .written = true };

	if (!(c->lapic.lvt[LVT_TIMER] & LVT_MASKED))
		mach_lapic_arrive(m, c, &a);
}

/* ---- Registers ---- */

/* "Local APIC State After Power-Up or Reset", "... After It Receives an INIT": the mode stays at INIT. */
void mach_lapic_reset(struct mach *m, struct cpu *c)
{
	struct lapic *l = &c->lapic;

	(void)m;
	l->lost += l->queued;
	l->queued = 0;
	l->due = NEVER;
	l->svr = SPURIOUS_RESET;
	l->tpr = l->esr = l->icr_high = 0;
	memset(l->irr, 0, sizeof(l->irr));
	memset(l->isr, 0, sizeof(l->isr));
	memset(l->tmr, 0, sizeof(l->tmr));
	for (uint32_t i = 0; i < LVTS; i++)
		l->lvt[i] = LVT_MASKED;
	c->claimed.n = 0;
}

void mach_lapic_init(struct mach *m, struct cpu *c)
{
	struct lapic *l = &c->lapic;

	l->covers = calloc(256, sizeof(*l->covers));
	if (!l->covers)
		abort();
	l->id = m->config.apic_id ? m->config.apic_id[c->number] : c->number;
	l->base = XAPIC_PHYS | BASE_ENABLE | (m->config.x2apic ? BASE_X2APIC : 0);
	mach_lapic_reset(m, c);
}

static uint32_t *lvt_at(struct lapic *l, uint32_t offset)
{
	switch (offset) {
	case 0x320: return &l->lvt[LVT_TIMER];
	case 0x330: return &l->lvt[1];
	case 0x340: return &l->lvt[2];
	case 0x350: return &l->lvt[3];
	case 0x360: return &l->lvt[4];
	case 0x370: return &l->lvt[5];
	default: return NULL;
	}
}

/* Six entries, version 0x15, broadcast suppression if the machine has it. */
static uint32_t version(const struct mach *m)
{
	return 0x00050015u | (m->config.no_suppression ? 0 : 1u << 24);
}

uint64_t mach_lapic_read(struct mach *m, struct cpu *c, uint32_t offset)
{
	struct lapic *l = &c->lapic;
	bool x2 = l->base & BASE_X2APIC;

	if (lvt_at(l, offset))
		return *lvt_at(l, offset);
	if (offset >= 0x100 && offset < 0x280 && offset % 16 == 0) {
		uint32_t *bank = offset < 0x180 ? l->isr : offset < 0x200 ? l->tmr : l->irr;

		/* A strictness: the value may be of a moment before an unfenced load. */
		if (bank == l->irr && m->running && !c->look_fenced)
			mach_violate(m, "ORD", "cpu%u looks at its requests, no fence behind the load before",
				     c->number);
		c->looked |= bank == l->irr;
		return bank[offset / 16 % 8];
	}
	switch (offset) {
	case 0x020: return x2 ? l->id : l->id << 24;
	case 0x030: return version(m);
	case 0x080: return l->tpr;
	case 0x0f0: return l->svr;
	case 0x280: return l->esr;
	case 0x300: return 0;	/* never pending: a send is buffered */
	case 0x310:
		if (!x2)
			return l->icr_high;
	}
	mach_violate(m, "MODEL", "local APIC register %#x read", offset);
	return 0;
}

static void send(struct mach *m, struct cpu *c, uint32_t id, uint32_t low)
{
	struct cpu *to = by_id(m, id);
	struct arrival a = { .id = low & 0xff, .written = true };

	/* Fixed, physical, edge, to one. */
	if (!to || (low & ~0xffu) != 1u << 14) {
		mach_violate(m, "I-ISO", "cpu%u sends %#x to APIC %u", c->number, low, id);
		return;
	}
	mach_lapic_arrive(m, to, &a);
}

static void write_lvt(struct mach *m, struct lapic *l, uint32_t *lvt, uint32_t value)
{
	if ((value & 0xff) < 16 && (value >> 8 & 7) == 0)
		mach_violate(m, "MODEL", "illegal vector in a local vector table entry: %#x", value);
	*lvt = l->svr & SVR_ENABLE ? value : value | LVT_MASKED;
}

static void write_svr(struct mach *m, struct lapic *l, uint32_t value)
{
	if (value & ~0x13ffu)
		mach_violate(m, "MODEL", "reserved bits of the spurious-interrupt vector register: %#x",
			     value);
	l->svr = value;
	for (uint32_t i = 0; i < LVTS && !(value & SVR_ENABLE); i++)
		l->lvt[i] |= LVT_MASKED;
}

void mach_lapic_write(struct mach *m, struct cpu *c, uint32_t offset, uint64_t value)
{
	struct lapic *l = &c->lapic;
	uint32_t low = (uint32_t)value;
	bool x2 = l->base & BASE_X2APIC;

	mach_trace(m, "lapic register % := %", offset, value);
	if (lvt_at(l, offset)) {
		write_lvt(m, l, lvt_at(l, offset), low);
		return;
	}
	if (offset == 0x300) {
		send(m, c, x2 ? (uint32_t)(value >> 32) : l->icr_high >> 24, low);
		return;
	}
	if (value >> 32)
		mach_violate(m, "MODEL", "upper half of register %#x written", offset);
	if (offset == 0x0b0 && !low)
		end_of_interrupt(m, c);
	else if (offset == 0x080 && low < 0x100)
		l->tpr = low;
	else if (offset == 0x0f0)
		write_svr(m, l, low);
	else if (offset == 0x280 && !low)
		l->esr = 0;
	else if (offset == 0x310 && !x2 && !(low & 0xffffff))
		l->icr_high = low;
	else
		mach_violate(m, "MODEL", "local APIC register %#x := %#x", offset, low);
}

uint64_t mach_msr_read(struct mach *m, struct cpu *c, uint32_t msr)
{
	if (msr == MSR_APIC_BASE)
		return c->lapic.base;
	if (msr < 0x800 || msr > 0x83f || !(c->lapic.base & BASE_X2APIC)) {
		mach_violate(m, "MODEL", "rdmsr %#x", msr);
		return 0;
	}
	return mach_lapic_read(m, c, (msr - 0x800) * 16);
}

/* "x2APIC State Transitions": there is no way from x2APIC back to xAPIC in one step. */
void mach_lapic_base(struct mach *m, struct cpu *c, uint64_t value)
{
	if ((c->lapic.base & ~value) & (BASE_X2APIC | BASE_ENABLE))
		mach_violate(m, "MODEL", "IA32_APIC_BASE := %#llx", (unsigned long long)value);
	c->lapic.base = value;
}

/* ---- For tests ---- */

uint32_t mach_lapic_vector(struct mach *m)
{
	return m->cpu->lapic.vector;
}

uint32_t mach_lapic_id(const struct mach *m, umsi_cpu cpu)
{
	return m->cpus[cpu].lapic.id;
}

bool mach_lapic_requested(const struct mach *m, umsi_cpu cpu, uint32_t vector)
{
	return has_bit(m->cpus[cpu].lapic.irr, vector);
}

bool mach_lapic_in_service(const struct mach *m, umsi_cpu cpu, uint32_t vector)
{
	return has_bit(m->cpus[cpu].lapic.isr, vector);
}

void mach_lapic_leave_in_service(struct mach *m, umsi_cpu cpu, uint32_t vector)
{
	set_bit(m->cpus[cpu].lapic.isr, vector);
}

uint64_t mach_lapic_taken(const struct mach *m, umsi_cpu cpu)
{
	return m->cpus[cpu].lapic.taken;
}

void mach_lapic_set_timer(struct mach *m, umsi_cpu cpu, uint32_t vector)
{
	m->cpus[cpu].lapic.lvt[LVT_TIMER] = vector;
}

void mach_lapic_inject(struct mach *m, umsi_cpu cpu, uint32_t vector)
{
	struct arrival a = { .id = vector };

	mach_lapic_arrive(m, &m->cpus[cpu], &a);
}
