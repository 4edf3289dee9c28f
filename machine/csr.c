/* SPDX-License-Identifier: MIT */
/*
 * The AIA registers of a hart, supervisor level.
 * Sources: RISC-V AIA 1.0, "Control and Status Registers (CSRs) Added to
 * Harts"; "Indirectly accessed interrupt-file registers"; "Top external
 * interrupt CSRs"; "Supervisor top interrupt (stopi) CSR".
 */
#include "inside.h"

#define SISELECT	0x150
#define SIREG		0x151
#define STOPEI		0x15c
#define STOPI		0xdb0

#define EIDELIVERY	0x70
#define EITHRESHOLD	0x72
#define EIP0		0x80
#define EIE0		0xc0
#define EIE63		0xff

/* Major identities; the default order among them is external, software, timer. */
#define IID_SOFTWARE	1u
#define IID_TIMER	5u
#define IID_EXTERNAL	9u

static uint64_t stopi(const struct cpu *c)
{
	uint32_t iid = 0;

	if (c->file.top && c->file.delivery == 1)
		iid = IID_EXTERNAL;
	else if (c->software)
		iid = IID_SOFTWARE;
	else if (c->timer)
		iid = IID_TIMER;
	return iid ? (uint64_t)iid << 16 | 1 : 0;
}

static uint64_t stopei(const struct cpu *c)
{
	return (uint64_t)c->file.top << 16 | c->file.top;
}

/* The 64 identities behind one eip or eie register, or NULL. XLEN 64: odd ones do not exist. */
static uint64_t *identities(struct mach *m, struct cpu *c, uint32_t select)
{
	if (select < EIP0 || select > EIE63)
		return NULL;
	if (select & 1)
		mach_violate(m, "MODEL", "odd interrupt-file register %#x on RV64", select);
	select &= ~1u;
	return select < EIE0 ? &c->file.eip[(select - EIP0) / 2] : &c->file.eie[(select - EIE0) / 2];
}

/* Identities that exist, of the 64 behind one register: 0 never does. */
static uint64_t implemented(const struct mach *m, uint32_t select)
{
	uint32_t first = (select & 0x3e) * 32;

	if (first > m->config.num_ids)
		return 0;
	return first ? UINT64_MAX : ~UINT64_C(1);
}

static uint64_t sireg(struct mach *m, struct cpu *c)
{
	uint64_t *ids = identities(m, c, c->file.select);

	if (ids)
		return *ids;
	if (c->file.select == EIDELIVERY)
		return c->file.delivery;
	if (c->file.select == EITHRESHOLD)
		return c->file.threshold;
	mach_violate(m, "MODEL", "siselect %#x selects nothing", c->file.select);
	return 0;
}

static void set_sireg(struct mach *m, struct cpu *c, uint64_t value)
{
	struct file *f = &c->file;
	uint32_t select = f->select;
	uint64_t *ids = identities(m, c, select);

	mach_trace(m, "register % := %", select, value);
	if (select <= 0xff && f->stuck[select / 64] >> select % 64 & 1)
		return;
	if (ids)
		*ids = value & implemented(m, select);
	else if (select == EIDELIVERY && value <= 1)
		f->delivery = (uint32_t)value;
	else if (select == EITHRESHOLD && value <= m->config.num_ids)
		f->threshold = (uint32_t)value;
	else
		mach_violate(m, "MODEL", "reserved write: %#llx to interrupt-file register %#x",
			     (unsigned long long)value, select);
	mach_file_update(m, c);
}

uint64_t mach_csr_read(struct mach *m, struct cpu *c, unsigned int csr)
{
	switch (csr) {
	case STOPI:
		c->looked = true;
		return stopi(c);
	case STOPEI:
		c->looked = true;
		return stopei(c);
	case SIREG:
		if (c->file.select >= EIP0 && c->file.select < EIE0)
			c->looked = true;
		return sireg(m, c);
	case SISELECT:
		return c->file.select;
	}
	mach_violate(m, "MODEL", "no such register: csr %#x", csr);
	return 0;
}

uint64_t mach_csr_swap(struct mach *m, struct cpu *c, unsigned int csr, uint64_t value)
{
	uint64_t was;

	switch (csr) {
	case STOPEI:
		c->looked = true;
		was = stopei(c);
		mach_file_claim(m, c);
		return was;
	case SISELECT:
		was = c->file.select;
		c->file.select = (uint32_t)value;
		return was;
	case SIREG:
		was = sireg(m, c);
		set_sireg(m, c, value);
		return was;
	}
	mach_violate(m, "MODEL", "write to csr %#x, which is read-only or not there", csr);
	return 0;
}

void mach_csr_bits(struct mach *m, struct cpu *c, unsigned int csr, uint64_t bits, bool set)
{
	uint64_t was;

	if (csr != SIREG) {
		mach_violate(m, "MODEL", "bits of csr %#x set or cleared", csr);
		return;
	}
	was = sireg(m, c);
	set_sireg(m, c, set ? was | bits : was & ~bits);
}
