/* SPDX-License-Identifier: MIT */
/*
 * Messages kept in a function's own way: README.md, "Device-defined stores",
 * is their specification. Composing and sending are message.c's.
 */
#include "inside.h"

#define SLOT_BYTES	16u
#define SLOT_MASK	1u
#define SLOT_PENDING	2u
#define SLOT_RESERVED	0x00000ffcu
#define PASID_SHIFT	12

#define BASE_LOW	0x00u		/* of queues */
#define BASE_HIGH	0x04u
#define DOORBELL	0x08u
#define STATUS		0x0cu
#define QUEUE_ENABLE	1u

#define TIMER_CONTROL	0x0cu
#define TIMER_RUN	1u

#define EXT_FIRST	0x100u		/* extended capabilities: 15:0 id, 19:16 version, 31:20 next */
#define EXT_ERRORS	0x00020001u
#define EXT_DVSEC	0x148u
#define EXT_VENDORS	0x00010023u
#define DVSEC_VENDOR	0x1af4u
#define DVSEC_REVISION	1u
#define DVSEC_LENGTH	0x18u
#define DVSEC_TABLE	1u

static uint32_t register_bytes(const struct mach_ims *g)
{
	return g->kind == MACH_IMS_TABLE ? SLOT_BYTES * g->count : SLOT_BYTES;
}

static uint32_t messages_of(const struct mach_ims *g)
{
	return g->kind == MACH_IMS_TIMER ? 1 : g->kind ? g->count : 0;
}

/* The store that has @entry. */
static uint32_t store_of(const struct mach_pci *d, uint32_t entry)
{
	uint32_t i = MACH_IMS_STORES - 1;

	while (i && entry < d->ims[i].first)
		i--;
	return i;
}

static enum mach_ims_kind kind_of(const struct mach_pci *d, uint32_t entry)
{
	return d->config.ims[store_of(d, entry)].kind;
}

uint32_t mach_ims_entry(const struct mach_pci *d, unsigned int store, uint32_t n)
{
	return d->ims[store].first + n;
}

uint64_t mach_ims_phys(const struct mach_pci *d, unsigned int store)
{
	uint64_t base, bytes;

	mach_pci_bar(d, d->config.ims[store].bir, &base, &bytes);
	return base + d->config.ims[store].offset;
}

uint32_t mach_ims_pasid(const struct mach_pci *d, uint32_t entry)
{
	return d->entry[entry].dword[3] >> PASID_SHIFT;
}

/* ---- Being there ---- */

uint32_t mach_ims_number(struct mach_pci *d, uint32_t first)
{
	d->ims_first = first;
	for (uint32_t i = 0; i < MACH_IMS_STORES; i++) {
		d->ims[i].first = first;
		first += messages_of(&d->config.ims[i]);
	}
	return first;
}

uint64_t mach_ims_place(struct mach_pci *d, uint64_t end)
{
	for (uint32_t i = 0; i < MACH_IMS_STORES; i++) {
		struct mach_ims *g = &d->config.ims[i];

		if (!g->kind)
			continue;
		g->offset = ((uint32_t)end + 0xfff) & ~0xfffu;
		end = g->offset + 16u * (g->count + 1u);
	}
	return end;
}

/* Extended capabilities: one of error reporting, then one for each table. */
void mach_ims_announce(struct mach_pci *d)
{
	uint32_t at = EXT_FIRST, next = EXT_DVSEC, head = EXT_ERRORS;

	for (uint32_t i = 0; i < MACH_IMS_STORES; i++) {
		const struct mach_ims *g = &d->config.ims[i];

		if (g->kind != MACH_IMS_TABLE)
			continue;
		mach_space_put(d->space, at, 4, head | next << 20);
		at = next;
		next += DVSEC_LENGTH;
		head = EXT_VENDORS;
		mach_space_put(d->space, at + 0x4, 4, DVSEC_VENDOR | DVSEC_REVISION << 16 | DVSEC_LENGTH << 20);
		mach_space_put(d->space, at + 0x8, 4, DVSEC_TABLE);
		mach_space_put(d->space, at + 0xc, 4, g->offset | g->bir);
		mach_space_put(d->space, at + 0x10, 4, g->count - 1u);
	}
	mach_space_put(d->space, at, 4, head);
}

void mach_ims_reset(struct mach_pci *d)
{
	for (uint32_t i = 0; i < MACH_IMS_STORES; i++) {
		const struct mach_ims *g = &d->config.ims[i];
		uint32_t first = d->ims[i].first;

		d->ims[i] = (struct ims){ .first = first, .due = NEVER };
		for (uint32_t n = first; n < first + messages_of(g); n++)
			for (uint32_t k = 0; k < 4; k++)
				d->entry[n].dword[k] = g->kind == MACH_IMS_TABLE && k == 3;
	}
}

/* The store with a register at that place, or MACH_IMS_STORES. */
static uint32_t store_at(const struct mach_pci *d, unsigned int bar, uint64_t offset)
{
	for (uint32_t i = 0; i < MACH_IMS_STORES; i++) {
		const struct mach_ims *g = &d->config.ims[i];

		if (g->kind && bar == g->bir && offset >= g->offset && offset - g->offset < register_bytes(g))
			return i;
	}
	return MACH_IMS_STORES;
}

bool mach_ims_at(const struct mach_pci *d, unsigned int bar, uint64_t offset)
{
	return store_at(d, bar, offset) < MACH_IMS_STORES;
}

bool mach_ims_on(const struct mach_pci *d, uint32_t entry)
{
	return kind_of(d, entry) != MACH_IMS_TIMER || d->ims[store_of(d, entry)].running;
}

bool mach_ims_masked(const struct mach_pci *d, uint32_t entry)
{
	uint32_t control = d->entry[entry].dword[3];

	if (kind_of(d, entry) == MACH_IMS_TABLE)
		return control & SLOT_MASK;
	return kind_of(d, entry) == MACH_IMS_QUEUES && !(control & QUEUE_ENABLE);
}

/* A context is a copy already; a timer keeps no other than its registers. */
uint32_t mach_ims_word(const struct mach_pci *d, uint32_t entry, unsigned int which)
{
	const struct entry *e = &d->entry[entry];

	return kind_of(d, entry) == MACH_IMS_TABLE && d->caches ? e->cached[which] : e->dword[which];
}

bool mach_ims_is_message(const struct mach_pci *d, uint64_t phys)
{
	for (uint32_t i = 0; i < MACH_IMS_STORES; i++) {
		const struct mach_ims *g = &d->config.ims[i];
		uint64_t offset = phys - mach_ims_phys(d, i);

		if (g->kind && offset < register_bytes(g))
			return g->kind == MACH_IMS_QUEUES ? offset == DOORBELL : offset % SLOT_BYTES != 0x0c;
	}
	return false;
}

static void opened(struct mach_pci *d, uint32_t n)
{
	struct entry *e = &d->entry[n];

	for (int i = 0; i < 3; i++)
		e->cached[i] = e->dword[i];
	if (!e->pending || !mach_pci_master_on(d))
		return;
	e->pending = false;
	mach_message_want(d, n);
}

/* ---- A table of slots ---- */

static void write_slot_control(struct mach_pci *d, uint32_t n, uint32_t value)
{
	struct entry *e = &d->entry[n];
	uint32_t was = e->dword[3];

	if (value & SLOT_RESERVED)
		mach_violate(d->m, "MODEL", "reserved write: slot control %#x", value);
	if ((value & SLOT_MASK) && !(was & SLOT_MASK))
		mach_message_masked(d, n);
	else if (!(value & SLOT_MASK) && !(was & SLOT_MASK) && ((value ^ was) >> PASID_SHIFT))
		mach_violate(d->m, "P-13", "PASID of an unmasked slot rewritten");
	e->dword[3] = value & ~SLOT_PENDING;
	if (!(value & SLOT_MASK) && (was & SLOT_MASK))
		opened(d, n);
}

static void write_slot(struct mach_pci *d, uint32_t store, uint64_t offset, uint32_t value)
{
	uint32_t n = d->ims[store].first + (uint32_t)offset / SLOT_BYTES;
	uint32_t which = (uint32_t)offset % SLOT_BYTES / 4;

	if (which == 3) {
		write_slot_control(d, n, value);
		return;
	}
	if (!mach_ims_masked(d, n))
		mach_violate(d->m, "P-13", "word %u of an unmasked slot rewritten", which);
	d->entry[n].dword[which] = value;
}

/* ---- Contexts of queues ---- */

/* A message half composed goes out from the old copy, or waits for the new one. */
static void take_context(struct mach_pci *d, struct ims *s)
{
	uint32_t n = s->first + s->queue;

	mach_message_masked(d, n);
	for (int i = 0; i < 4; i++)
		d->entry[n].dword[i] = s->word[i];
	s->busy = false;
	s->due = NEVER;
	mach_trace(d->m, "context of queue % taken, control %", s->queue, s->word[3]);
	if (s->word[3] & QUEUE_ENABLE)
		opened(d, n);
}

/* One word after the other. */
static void read_context(struct mach_pci *d, struct ims *s)
{
	while (s->busy && s->due <= d->m->step) {
		if (s->stage == 4) {
			take_context(d, s);
			return;
		}
		s->word[s->stage] = (uint32_t)mach_dma_read(d->m, s->base + SLOT_BYTES * s->queue + 4 * s->stage,
							    4, true);
		s->stage++;
		s->due = mach_later(d->m, d->m->chaos.sample_now, d->m->chaos.sample_max);
	}
}

uint64_t mach_ims_due(struct mach_pci *d)
{
	uint64_t next = NEVER;

	for (uint32_t i = 0; i < MACH_IMS_STORES; i++) {
		read_context(d, &d->ims[i]);
		if (d->ims[i].due < next)
			next = d->ims[i].due;
	}
	return next;
}

static void ring(struct mach_pci *d, uint32_t store, uint32_t queue)
{
	struct ims *s = &d->ims[store];

	if (s->busy || queue >= d->config.ims[store].count) {
		mach_violate(d->m, "MODEL", "doorbell rung for queue %u%s", queue, s->busy ? " while busy" : "");
		return;
	}
	s->busy = true;
	s->queue = queue;
	s->stage = 0;
	s->due = mach_later(d->m, d->m->chaos.post_now, d->m->chaos.post_max);
	read_context(d, s);
	mach_pci_wake(d, s->due);
}

static void write_queues(struct mach_pci *d, uint32_t store, uint64_t offset, uint32_t value)
{
	struct ims *s = &d->ims[store];

	if (offset == DOORBELL)
		ring(d, store, value);
	else if (offset == BASE_LOW && !s->busy)
		s->base = (s->base & ~UINT64_C(0xffffffff)) | value;
	else if (offset == BASE_HIGH && !s->busy)
		s->base = (s->base & 0xffffffff) | (uint64_t)value << 32;
	else
		mach_violate(d->m, "MODEL", "queue register %#llx written", (unsigned long long)offset);
}

static uint32_t read_queues(const struct ims *s, uint64_t offset)
{
	if (offset == STATUS)
		return s->busy;
	if (offset == DOORBELL)
		return 0;
	return (uint32_t)(s->base >> (offset == BASE_HIGH ? 32 : 0));
}

/* ---- A timer ---- */

static void write_timer(struct mach_pci *d, uint32_t store, uint64_t offset, uint32_t value)
{
	struct ims *s = &d->ims[store];

	if (offset != TIMER_CONTROL)
		d->entry[s->first].dword[offset / 4] = value;
	else if (value & ~TIMER_RUN)
		mach_violate(d->m, "MODEL", "reserved write: timer control %#x", value);
	else
		s->running = value;
	if (!s->running)
		mach_message_masked(d, s->first);
}

/* ---- All ---- */

static bool width_ok(struct mach_pci *d, uint64_t offset, unsigned int width)
{
	if (width == 4 && offset % 4 == 0)
		return true;
	mach_violate(d->m, "MODEL", "access of %u bytes at %#llx of a device-defined store", width,
		     (unsigned long long)offset);
	return false;
}

void mach_ims_write(struct mach_pci *d, unsigned int bar, uint64_t offset, unsigned int width, uint64_t value)
{
	static void (*const write[])(struct mach_pci *d, uint32_t store, uint64_t offset, uint32_t value) = {
		[MACH_IMS_TABLE] = write_slot, [MACH_IMS_QUEUES] = write_queues, [MACH_IMS_TIMER] = write_timer,
	};
	uint32_t store = store_at(d, bar, offset);

	offset -= d->config.ims[store].offset;
	mach_trace(d->m, "ims write % := %", offset, value);
	if (width_ok(d, offset, width))
		write[d->config.ims[store].kind](d, store, offset, (uint32_t)value);
}

uint64_t mach_ims_read(struct mach_pci *d, unsigned int bar, uint64_t offset, unsigned int width)
{
	uint32_t store = store_at(d, bar, offset);
	const struct mach_ims *g = &d->config.ims[store];
	const struct entry *e;

	offset -= g->offset;
	if (!width_ok(d, offset, width))
		return UINT32_MAX;
	if (g->kind == MACH_IMS_QUEUES)
		return read_queues(&d->ims[store], offset);
	e = &d->entry[d->ims[store].first + offset / SLOT_BYTES];
	if (g->kind == MACH_IMS_TIMER && offset == TIMER_CONTROL)
		return d->ims[store].running;
	return e->dword[offset % SLOT_BYTES / 4] | (offset % SLOT_BYTES == 0x0c && e->pending ? SLOT_PENDING : 0);
}
