/* SPDX-License-Identifier: MIT */
/*
 * Device accesses between CPU and device. Writes are posted: they leave the
 * store buffer, travel, and arrive in order per function. A read pushes the
 * writes ahead of it and returns at once; that the messages of the function have
 * landed too (S1) is known only after FLUSH_TO_STAMP.
 */
#include <string.h>

#include "inside.h"

#define ICR_LOW		0x300u		/* of a local APIC: sends */

/* The running CPU's own APIC, by page or by MSR. */
static bool is_lapic(const struct mach *m, uint64_t phys)
{
	return m->config.kind == MACH_X86 && (phys >> 12 == XAPIC_PHYS >> 12 || phys >> 12 == X2APIC_WINDOW >> 12);
}

/* Who a physical address belongs to; writes to one target stay in order. */
static bool target_of(struct mach *m, uint64_t phys, uint32_t *target)
{
	struct mach_pci *d;
	uint64_t offset;
	unsigned int bar;
	struct cpu *c = mach_file_at(m, phys, &offset);

	if (c || is_lapic(m, phys) || mach_gic_at(m, phys) || mach_gicv3_at(m, phys)) {
		*target = c ? c->number : m->cpu->number;
		return true;
	}
	if (mach_region_at(m, phys)) {
		*target = REGION_TARGET + (uint32_t)(mach_region_at(m, phys) - m->region);
		return true;
	}
	d = mach_pci_at(m, phys, &bar, &offset);
	if (!d)
		return false;
	*target = MACH_CPUS_MAX + d->index;
	return true;
}

/*
 * A strictness of this machine: memory behind a lock or an atomic cannot be
 * seen half written here, so a message that overtakes it would do no visible harm.
 */
static void check_published(struct mach *m, const struct cpu *c, const struct store *s)
{
	if (s->target < MACH_CPUS_MAX) {
		if (s->target != c->number || (is_lapic(m, s->phys) && (s->phys & 0xfff) == ICR_LOW) ||
		    (mach_gic_at(m, s->phys) && mach_gic_sends(s->phys)) || s->phys == ICC_WINDOW)
			mach_violate(m, "ORD", "message to a CPU, no fence behind the release store or unlock before it");
		return;
	}
	if (s->target >= REGION_TARGET) {
		const struct region *r = &m->region[s->target - REGION_TARGET];

		if (r->sends && r->sends(r->self, s->phys - r->phys, s->value))
			mach_violate(m, "ORD", "message to a CPU, no fence behind the release store or unlock before it");
		return;
	}
	if (mach_msix_is_message(m->pci[s->target - MACH_CPUS_MAX], s->phys) ||
	    mach_ims_is_message(m->pci[s->target - MACH_CPUS_MAX], s->phys))
		mach_violate(m, "ORD", "message written to a table, no fence behind the release store or unlock before it");
}

void mach_msr_write(struct mach *m, uint32_t msr, uint64_t value)
{
	struct cpu *c = m->cpu;
	struct store s = { .phys = X2APIC_WINDOW + (msr - 0x800) * 16, .width = 8, .value = value,
			   .target = c->number };

	if (msr == MSR_APIC_BASE) {
		mach_store_target_now(m, c, c->number);
		mach_lapic_base(m, c, value);
		return;
	}
	if (msr < 0x800 || msr > 0x83f || !(c->lapic.base & BASE_X2APIC)) {
		mach_violate(m, "MODEL", "wrmsr %#x", msr);
		return;
	}
	if (m->running && c->published)
		check_published(m, c, &s);
	mach_store_device(m, &s);
}

static bool xapic_access_ok(struct mach *m, const struct cpu *c, uint64_t phys, unsigned int width)
{
	if (!(c->lapic.base & BASE_X2APIC) && width == 4 && phys % 16 == 0)
		return true;
	mach_violate(m, "MODEL", "local APIC page accessed at %#llx, width %u%s",
		     (unsigned long long)phys, width,
		     c->lapic.base & BASE_X2APIC ? ", in x2APIC mode" : "");
	return false;
}

void mach_mmio_write(struct mach *m, uint64_t phys, unsigned int width, uint64_t value)
{
	struct cpu *c = m->cpu;
	struct store s = { .phys = phys, .width = (uint8_t)width, .value = value };

	if (!target_of(m, phys, &s.target)) {
		mach_violate(m, "MODEL", "write to %#llx: nothing decodes it", (unsigned long long)phys);
		return;
	}
	if (is_lapic(m, phys) && !xapic_access_ok(m, c, phys, width))
		return;
	mach_tell_write(m, phys, width, value);
	if (m->running && c->published)
		check_published(m, c, &s);
	if (s.target == c->number && !c->marker_fenced) {
		s.early = true;
		s.early_since = c->marker_since;
	}
	mach_store_device(m, &s);
}

static uint64_t all_ones(unsigned int width)
{
	return width >= 8 ? UINT64_MAX : (UINT64_C(1) << 8 * width) - 1;
}

/* Remembers that @c has read from @d: what was composed so far can be waited for. */
void mach_flush_note(struct mach *m, struct cpu *c, struct mach_pci *d)
{
	if (c->flushes && c->flush[c->flushes - 1].device == d)
		c->flushes--;
	if (c->flushes == FLUSHES) {
		c->flushes--;
		memmove(&c->flush[0], &c->flush[1], c->flushes * sizeof(c->flush[0]));
	}
	c->flush[c->flushes++] = (struct flush){ d, d->builds };
	if (!m->running)
		mach_flush_complete(m, c);
}

void mach_flush_complete(struct mach *m, struct cpu *c)
{
	for (uint32_t i = 0; i < c->flushes; i++)
		mach_message_flush(c->flush[i].device, c->flush[i].upto);
	c->flushes = 0;
	(void)m;
}

static uint64_t pci_read(struct mach *m, struct mach_pci *d, unsigned int bar, uint64_t offset,
			 unsigned int width)
{
	mach_bus_apply_all(m, d);
	mach_stall(m, m->chaos.slow_read);
	if (d->removed || !mach_pci_memory_on(d) || mach_pci_is_deaf(d))
		return all_ones(width);
	d->reads++;
	mach_flush_note(m, m->cpu, d);
	m->cpu->read_locked = m->cpu->nheld != 0;
	if (mach_ims_at(d, bar, offset))
		return mach_ims_read(d, bar, offset, width);
	return mach_msix_read(d, bar, offset, width);
}

static uint64_t region_read(struct mach *m, struct region *r, uint64_t phys, unsigned int width)
{
	m->cpu->read_locked = m->cpu->nheld != 0;
	return r->read(m, r->self, phys - r->phys, width);
}

uint64_t mach_mmio_read(struct mach *m, uint64_t phys, unsigned int width)
{
	struct mach_pci *d;
	unsigned int bar;
	uint64_t offset, value = 0;
	uint32_t target;

	if (!target_of(m, phys, &target)) {
		mach_violate(m, "MODEL", "read of %#llx: nothing decodes it", (unsigned long long)phys);
		return all_ones(width);
	}
	mach_store_target_now(m, m->cpu, target);
	d = mach_pci_at(m, phys, &bar, &offset);
	if (d)
		value = pci_read(m, d, bar, offset, width);
	else if (is_lapic(m, phys))
		value = xapic_access_ok(m, m->cpu, phys, width) ?
			mach_lapic_read(m, m->cpu, phys & 0xfff) : all_ones(width);
	else if (mach_gic_at(m, phys)) {
		m->cpu->read_locked = m->cpu->nheld != 0;
		value = mach_gic_read(m, m->cpu, phys, width);
	} else if (mach_gicv3_at(m, phys))
		value = mach_gicv3_read(m, phys, width);
	else if (target >= REGION_TARGET)
		value = region_read(m, &m->region[target - REGION_TARGET], phys, width);
	else if (width != 4 || phys % 4)
		mach_violate(m, "MODEL", "interrupt file read with width %u at %#llx",
			     width, (unsigned long long)phys);
	mach_trace(m, "mmio read % = %", phys, value);
	return value;
}

/*
 * An IMSIC page takes 32-bit writes at offset 0 (little-endian identity).
 * Source: RISC-V AIA 1.0, "Memory region for an interrupt file". The other
 * registers of the page are not there in this machine.
 */
static void write_file(struct mach *m, struct cpu *c, uint64_t offset, const struct store *s)
{
	struct arrival a = { .id = (uint32_t)s->value, .written = true };

	if (offset || s->width != 4)
		mach_violate(m, "MODEL", "interrupt file written at offset %#llx, width %u",
			     (unsigned long long)offset, s->width);
	if (!a.id || a.id > m->config.num_ids)
		mach_violate(m, "MODEL", "reserved write: identity %u to the file of cpu%u",
			     a.id, c->number);
	mach_file_arrive(m, c, &a, s->early, s->early_since);
}

static void apply(struct mach *m, struct mach_pci *d, const struct posted *p)
{
	struct mach_pci *now;
	unsigned int bar;
	uint64_t offset;

	if (d->removed)
		return;
	now = mach_pci_at(m, p->phys, &bar, &offset);
	if (now != d)
		return;		/* its BAR was moved meanwhile */
	if (!mach_pci_memory_on(d)) {
		if (!(d->config.options & MACH_PCI_DECODE_OFF))
			mach_violate(m, "MODEL", "write to function %x with memory decoding off",
				     d->config.requester_id);
		return;
	}
	d->writes++;
	if (mach_ims_at(d, bar, offset))
		mach_ims_write(d, bar, offset, p->width, p->value);
	else
		mach_msix_write(d, bar, offset, p->width, p->value);
}

static void apply_first(struct mach *m, struct mach_pci *d)
{
	struct posted p = d->posted[0];

	d->nposted--;
	memmove(&d->posted[0], &d->posted[1], d->nposted * sizeof(p));
	apply(m, d, &p);
}

void mach_bus_apply_all(struct mach *m, struct mach_pci *d)
{
	while (d->nposted)
		apply_first(m, d);
}

void mach_bus_due(struct mach *m, struct mach_pci *d)
{
	while (d->nposted && d->posted[0].due <= m->step)
		apply_first(m, d);
}

void mach_bus_post(struct mach *m, const struct store *s)
{
	struct mach_pci *d;
	uint64_t offset;
	struct cpu *c = mach_file_at(m, s->phys, &offset);

	mach_trace(m, "mmio write % := %", s->phys, s->value);
	if (c) {
		write_file(m, c, offset, s);
		return;
	}
	if (is_lapic(m, s->phys)) {
		mach_lapic_write(m, &m->cpus[s->target], s->phys & 0xfff, s->value);
		return;
	}
	if (mach_gicv3_at(m, s->phys)) {
		mach_gicv3_write(m, &m->cpus[s->target], s->phys, s->width, s->value);
		return;
	}
	if (mach_gic_at(m, s->phys)) {
		mach_gic_write(m, &m->cpus[s->target], s->phys, s->width, s->value);
		return;
	}
	if (s->target >= REGION_TARGET) {
		struct region *r = &m->region[s->target - REGION_TARGET];

		r->write(m, r->self, s->phys - r->phys, s->width, s->value);
		return;
	}
	d = m->pci[s->target - MACH_CPUS_MAX];
	if (d->nposted == QUEUE_SLOTS)
		apply_first(m, d);
	d->posted[d->nposted++] = (struct posted){
		.due = mach_later(m, m->chaos.post_now, m->chaos.post_max) + mach_write_delay(m),
		.phys = s->phys, .value = s->value, .width = s->width,
	};
	mach_bus_due(m, d);
	if (d->nposted)
		mach_pci_wake(d, d->posted[0].due);
}
