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

static uint32_t register_bytes(const struct mach_pci *d)
{
	return d->config.ims.kind == MACH_IMS_TABLE ? SLOT_BYTES * d->config.ims.count : SLOT_BYTES;
}

uint32_t mach_ims_entry(const struct mach_pci *d, uint32_t n)
{
	return d->ims.first + n;
}

uint64_t mach_ims_phys(const struct mach_pci *d)
{
	uint64_t base, bytes;

	mach_pci_bar(d, d->config.ims.bir, &base, &bytes);
	return base + d->config.ims.offset;
}

uint32_t mach_ims_pasid(const struct mach_pci *d, uint32_t slot)
{
	return d->entry[d->ims.first + slot].dword[3] >> PASID_SHIFT;
}

void mach_ims_reset(struct mach_pci *d)
{
	d->ims = (struct ims){ .first = d->ims.first, .due = NEVER };
	for (uint32_t i = d->ims.first; i < d->entries; i++)
		for (uint32_t k = 0; k < 4; k++)
			d->entry[i].dword[k] = d->config.ims.kind == MACH_IMS_TABLE && k == 3;
}

bool mach_ims_at(const struct mach_pci *d, unsigned int bar, uint64_t offset)
{
	return d->config.ims.kind && bar == d->config.ims.bir && offset >= d->config.ims.offset &&
	       offset - d->config.ims.offset < register_bytes(d);
}

bool mach_ims_on(const struct mach_pci *d)
{
	return d->config.ims.kind != MACH_IMS_TIMER || d->ims.running;
}

bool mach_ims_masked(const struct mach_pci *d, uint32_t entry)
{
	uint32_t control = d->entry[entry].dword[3];

	if (d->config.ims.kind == MACH_IMS_TABLE)
		return control & SLOT_MASK;
	return d->config.ims.kind == MACH_IMS_QUEUES && !(control & QUEUE_ENABLE);
}

/* A context is a copy already; a timer keeps no other than its registers. */
uint32_t mach_ims_word(const struct mach_pci *d, uint32_t entry, unsigned int which)
{
	const struct entry *e = &d->entry[entry];

	return d->config.ims.kind == MACH_IMS_TABLE && d->caches ? e->cached[which] : e->dword[which];
}

bool mach_ims_is_message(const struct mach_pci *d, uint64_t phys)
{
	uint64_t offset = phys - mach_ims_phys(d);

	if (!d->config.ims.kind || offset >= register_bytes(d))
		return false;
	return d->config.ims.kind == MACH_IMS_QUEUES ? offset == DOORBELL : offset % SLOT_BYTES != 0x0c;
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

static void write_slot(struct mach_pci *d, uint64_t offset, uint32_t value)
{
	uint32_t n = d->ims.first + (uint32_t)offset / SLOT_BYTES;
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
static void take_context(struct mach_pci *d)
{
	uint32_t n = d->ims.first + d->ims.queue;

	mach_message_masked(d, n);
	for (int i = 0; i < 4; i++)
		d->entry[n].dword[i] = d->ims.word[i];
	d->ims.busy = false;
	d->ims.due = NEVER;
	mach_trace(d->m, "context of queue % taken, control %", d->ims.queue, d->ims.word[3]);
	if (d->ims.word[3] & QUEUE_ENABLE)
		opened(d, n);
}

/* One word after the other. */
void mach_ims_due(struct mach_pci *d)
{
	struct ims *s = &d->ims;

	while (s->busy && s->due <= d->m->step) {
		if (s->stage == 4) {
			take_context(d);
			return;
		}
		s->word[s->stage] = (uint32_t)mach_dma_read(d->m, s->base + SLOT_BYTES * s->queue + 4 * s->stage,
							    4, true);
		s->stage++;
		s->due = mach_later(d->m, d->m->chaos.sample_now, d->m->chaos.sample_max);
	}
}

static void ring(struct mach_pci *d, uint32_t queue)
{
	struct ims *s = &d->ims;

	if (s->busy || queue >= d->config.ims.count) {
		mach_violate(d->m, "MODEL", "doorbell rung for queue %u%s", queue, s->busy ? " while busy" : "");
		return;
	}
	s->busy = true;
	s->queue = queue;
	s->stage = 0;
	s->due = mach_later(d->m, d->m->chaos.post_now, d->m->chaos.post_max);
	mach_ims_due(d);
	mach_pci_wake(d, s->due);
}

static void write_queues(struct mach_pci *d, uint64_t offset, uint32_t value)
{
	struct ims *s = &d->ims;

	if (offset == DOORBELL)
		ring(d, value);
	else if (offset == BASE_LOW && !s->busy)
		s->base = (s->base & ~UINT64_C(0xffffffff)) | value;
	else if (offset == BASE_HIGH && !s->busy)
		s->base = (s->base & 0xffffffff) | (uint64_t)value << 32;
	else
		mach_violate(d->m, "MODEL", "queue register %#llx written", (unsigned long long)offset);
}

static uint32_t read_queues(const struct mach_pci *d, uint64_t offset)
{
	if (offset == STATUS)
		return d->ims.busy;
	if (offset == DOORBELL)
		return 0;
	return (uint32_t)(d->ims.base >> (offset == BASE_HIGH ? 32 : 0));
}

/* ---- A timer ---- */

static void write_timer(struct mach_pci *d, uint64_t offset, uint32_t value)
{
	if (offset != TIMER_CONTROL)
		d->entry[d->ims.first].dword[offset / 4] = value;
	else if (value & ~TIMER_RUN)
		mach_violate(d->m, "MODEL", "reserved write: timer control %#x", value);
	else
		d->ims.running = value;
	if (!d->ims.running)
		mach_message_masked(d, d->ims.first);
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

void mach_ims_write(struct mach_pci *d, uint64_t offset, unsigned int width, uint64_t value)
{
	static void (*const write[])(struct mach_pci *d, uint64_t offset, uint32_t value) = {
		[MACH_IMS_TABLE] = write_slot, [MACH_IMS_QUEUES] = write_queues, [MACH_IMS_TIMER] = write_timer,
	};

	offset -= d->config.ims.offset;
	mach_trace(d->m, "ims write % := %", offset, value);
	if (width_ok(d, offset, width))
		write[d->config.ims.kind](d, offset, (uint32_t)value);
}

uint64_t mach_ims_read(struct mach_pci *d, uint64_t offset, unsigned int width)
{
	const struct entry *e;

	offset -= d->config.ims.offset;
	if (!width_ok(d, offset, width))
		return UINT32_MAX;
	if (d->config.ims.kind == MACH_IMS_QUEUES)
		return read_queues(d, offset);
	e = &d->entry[d->ims.first + offset / SLOT_BYTES];
	if (d->config.ims.kind == MACH_IMS_TIMER && offset == TIMER_CONTROL)
		return d->ims.running;
	return e->dword[offset % SLOT_BYTES / 4] | (offset % SLOT_BYTES == 0x0c && e->pending ? SLOT_PENDING : 0);
}
