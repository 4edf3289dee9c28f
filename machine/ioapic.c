/* SPDX-License-Identifier: MIT */
/*
 * I/O APICs.
 * Sources: Intel 82093AA data sheet, "I/O APIC Registers" (edges at a masked
 * pin are ignored; remote IRR is set when a local APIC accepts a level
 * interrupt, cleared by an EOI message with the entry's vector); EOI register:
 * Intel ICH data sheets, "I/O APIC".
 */
#include <stdlib.h>

#include "inside.h"

#define PINS_MAX	240u
#define PENDING		(UINT64_C(1) << 12)
#define ACTIVE_LOW	(UINT64_C(1) << 13)
#define REMOTE_IRR	(UINT64_C(1) << 14)
#define LEVEL		(UINT64_C(1) << 15)
#define MASKED		(UINT64_C(1) << 16)
#define READ_ONLY	(PENDING | REMOTE_IRR)
#define REMAPPABLE	(UINT64_C(1) << 48)
#define DEFINED		UINT64_C(0xffff00000001ffff)

struct pin {
	uint64_t entry;
	uint64_t due;			/* of a pending send */
	bool high;
	uint64_t sent;
};

struct mach_ioapic {
	struct mach *m;
	struct mach_ioapic *next;
	struct region *region;
	uint32_t pins, version, index;
	uint32_t source;		/* requester id of its messages */
	struct pin pin[PINS_MAX];
};

static bool active(const struct pin *p)
{
	return p->high != !!(p->entry & ACTIVE_LOW);
}

/*
 * Destination to address bits 19:12, its extension to 11:5, the format bit to 4; see "Message
 * Signalled Interrupts", and Intel VT-d, "I/O xAPIC Programming".
 */
static uint64_t address_of(uint64_t entry)
{
	return UINT64_C(0xfee00000) | (entry >> 48 & 0xffff) << 4 | (entry >> 11 & 1) << 2;
}

static void send(struct mach *m, struct mach_ioapic *io, uint32_t n)
{
	struct pin *p = &io->pin[n];
	struct arrival a = { .level = p->entry & LEVEL };

	p->entry &= ~PENDING;
	p->due = NEVER;
	if (a.level)
		p->entry |= REMOTE_IRR;
	p->sent++;
	mach_trace(m, "pin % sends %", n, p->entry & 0xff);
	if (!mach_remap(m, io->source, address_of(p->entry), p->entry & 0x7ff, &a))
		mach_violate(m, "I-ISO", "pin %u sent for entry %#llx: nobody there", n,
			     (unsigned long long)p->entry);
}

static void want(struct mach *m, struct mach_ioapic *io, uint32_t n)
{
	struct pin *p = &io->pin[n];

	if (p->entry & PENDING)
		return;
	p->entry |= PENDING;
	p->due = mach_later(m, m->chaos.message_now, m->chaos.message_max);
	mach_region_wake(m, io->region, p->due);
	if (p->due <= m->step)
		send(m, io, n);
}

/* A level pin looks at its line. */
static void look(struct mach *m, struct mach_ioapic *io, uint32_t n)
{
	struct pin *p = &io->pin[n];

	if ((p->entry & (LEVEL | MASKED | REMOTE_IRR)) == LEVEL && active(p))
		want(m, io, n);
}

void mach_ioapic_line(struct mach_ioapic *io, uint32_t n, bool high)
{
	struct pin *p = &io->pin[n];
	bool was = active(p);

	mach_step(io->m);
	p->high = high;
	mach_trace(io->m, "line of pin % is %", n, high);
	if (p->entry & LEVEL)
		look(io->m, io, n);
	else if (!was && active(p) && !(p->entry & MASKED))
		want(io->m, io, n);
}

static void end(struct mach *m, struct mach_ioapic *io, uint32_t vector)
{
	for (uint32_t n = 0; n < io->pins; n++) {
		struct pin *p = &io->pin[n];

		if (!(p->entry & REMOTE_IRR) || (p->entry & 0xff) != vector)
			continue;
		p->entry &= ~REMOTE_IRR;
		mach_trace(m, "pin % ended, vector %", n, vector);
		look(m, io, n);
	}
}

void mach_ioapic_eoi_all(struct mach *m, uint32_t vector)
{
	for (struct mach_ioapic *io = m->ioapics; io; io = io->next)
		end(m, io, vector);
}

/* ---- Registers ---- */

static uint64_t due(struct mach *m, void *self)
{
	struct mach_ioapic *io = self;
	uint64_t next = NEVER;

	for (uint32_t n = 0; n < io->pins; n++) {
		if (io->pin[n].due <= m->step)
			send(m, io, n);
		if (io->pin[n].due < next)
			next = io->pin[n].due;
	}
	return next;
}

/* What was composed leaves before the answer to a read does. */
static void push(struct mach *m, struct mach_ioapic *io)
{
	for (uint32_t n = 0; n < io->pins; n++)
		if (io->pin[n].due != NEVER)
			send(m, io, n);
}

static uint64_t read_reg(struct mach *m, void *self, uint64_t offset, unsigned int width)
{
	struct mach_ioapic *io = self;
	uint32_t n = (io->index - 0x10) / 2;

	push(m, io);
	if (width != 4 || offset != 0x10) {
		mach_violate(m, "MODEL", "I/O APIC read at %#llx, width %u",
			     (unsigned long long)offset, width);
		return 0;
	}
	if (io->index == 0)
		return 0;
	if (io->index == 1)
		return io->version | (io->pins - 1) << 16;
	if (io->index >= 0x10 && n < io->pins)
		return (uint32_t)(io->pin[n].entry >> (io->index & 1 ? 32 : 0));
	mach_violate(m, "MODEL", "I/O APIC register %#x read", io->index);
	return 0;
}

/* Routing and wiring of an open pin: what a send under way would mix. */
static void check_entry(struct mach *m, const struct pin *p, uint32_t n, uint64_t to)
{
	if (to & ~DEFINED || (to & REMAPPABLE && !m->remappers))
		mach_violate(m, "MODEL", "reserved bits of entry %u: %#llx", n, (unsigned long long)to);
	if (!(p->entry & MASKED) && ((p->entry ^ to) & ~(READ_ONLY | MASKED)))
		mach_violate(m, "P-13", "entry %u rewritten while its pin is open", n);
	if ((p->entry & REMOTE_IRR) && (to & LEVEL) && ((p->entry ^ to) & 0xff))
		mach_violate(m, "P-dead", "vector of entry %u changes before its interrupt was ended", n);
	if (!(to & MASKED) && !m->remappers && (to & 0xff) < 16)
		mach_violate(m, "MODEL", "illegal vector in entry %u", n);
}

static void write_entry(struct mach *m, struct mach_ioapic *io, uint32_t n, uint64_t to)
{
	struct pin *p = &io->pin[n];

	check_entry(m, p, n, to);
	/* What was to be sent goes out as the entry stood. */
	if (p->due != NEVER && (to & MASKED))
		send(m, io, n);
	to = (to & ~READ_ONLY) | (p->entry & READ_ONLY);
	if (!(to & LEVEL))
		to &= ~REMOTE_IRR;
	mach_trace(m, "entry of pin % := %", n, to);
	p->entry = to;
	look(m, io, n);
}

static void write_reg(struct mach *m, void *self, uint64_t offset, unsigned int width, uint64_t value)
{
	struct mach_ioapic *io = self;
	uint32_t n = (io->index - 0x10) / 2;

	if (width == 4 && offset == 0x00)
		io->index = value & 0xff;
	else if (width == 4 && offset == 0x40 && (io->version & 0xff) >= 0x20 && value < 0x100)
		end(m, io, (uint32_t)value);
	else if (width == 4 && offset == 0x10 && io->index >= 0x10 && n < io->pins)
		write_entry(m, io, n, io->index & 1 ?
			    (uint32_t)io->pin[n].entry | value << 32 :
			    (io->pin[n].entry >> 32 << 32 | value));
	else
		mach_violate(m, "MODEL", "I/O APIC write at %#llx, width %u, index %#x",
			     (unsigned long long)offset, width, io->index);
}

static void done(void *self)
{
	free(self);
}

struct mach_ioapic *mach_ioapic_add(struct mach *m, uint64_t phys, uint32_t pins, uint32_t version)
{
	struct mach_ioapic *io = calloc(1, sizeof(*io));
	struct region r = { .phys = phys, .bytes = 0x1000, .self = io, .read = read_reg,
			    .write = write_reg, .due = due, .done = done };

	if (!io || pins > PINS_MAX)
		abort();
	io->m = m;
	io->pins = pins;
	io->version = version;
	for (uint32_t n = 0; n < pins; n++) {
		io->pin[n].entry = MASKED;
		io->pin[n].due = NEVER;
	}
	io->region = mach_region_add(m, &r);
	io->next = m->ioapics;
	m->ioapics = io;
	return io;
}

/* ---- For tests ---- */

void mach_ioapic_source(struct mach_ioapic *io, uint32_t requester_id)
{
	io->source = requester_id;
}

uint64_t mach_ioapic_entry(const struct mach_ioapic *io, uint32_t pin)
{
	return io->pin[pin].entry;
}

void mach_ioapic_poke(struct mach_ioapic *io, uint32_t pin, uint64_t entry)
{
	io->pin[pin].entry = entry;
}

uint64_t mach_ioapic_sent(const struct mach_ioapic *io, uint32_t pin)
{
	return io->pin[pin].sent;
}
