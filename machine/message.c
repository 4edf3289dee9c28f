/* SPDX-License-Identifier: MIT */
/*
 * How a function composes and sends a message: it samples the words one after
 * the other, from its table, from the copy of the last unmask or from its MSI
 * registers, emits a write, and the write travels, in order per function, to an
 * interrupt file.
 */
#include <string.h>

#include "inside.h"

/* Which words, in which order. */
static const uint8_t order_of[][3] = {
	[MACH_SAMPLE_TOGETHER] = { 0, 1, 2 },
	[MACH_SAMPLE_ADDRESS_FIRST] = { 0, 1, 2 },
	[MACH_SAMPLE_DATA_FIRST] = { 2, 1, 0 },
};

static void deliver(struct mach *m, struct mach_pci *d, const struct message *g)
{
	struct arrival a = { .device = d, .entry = g->entry, .serial = g->serial, .id = g->data };
	uint64_t offset;
	struct cpu *c = mach_file_at(m, g->address, &offset);

	if (m->config.kind == MACH_X86 && mach_remap(m, mach_pci_sends_as(d), g->address, g->data, &a))
		return;
	if (m->config.kind == MACH_ARM && mach_gic_message(m, g->address, g->data, &a))
		return;
	if (m->config.kind == MACH_ARM3 && (mach_gicv3_message(m, g->address, g->data, &a) ||
	    mach_its_message(m, mach_pci_sends_as(d), g->address, g->data, &a)))
		return;
	if (!c || offset) {
		mach_violate(m, "I-ISO", "entry %u of %x sent %#x to %#llx: nobody there",
			     g->entry, d->config.requester_id, g->data,
			     (unsigned long long)g->address);
		return;
	}
	mach_file_arrive(m, c, &a, false, 0);
}

/* From nobody's entry: nothing is owed for it. */
void mach_pci_send(struct mach_pci *d, uint64_t address, uint32_t data)
{
	struct arrival a = { .id = data };

	mach_step(d->m);
	mach_trace(d->m, "function % sends % by itself", d->config.requester_id, data);
	if (d->m->config.kind == MACH_X86 && mach_remap(d->m, mach_pci_sends_as(d), address, data, &a))
		return;
	if (d->m->config.kind == MACH_ARM3 && (mach_gicv3_message(d->m, address, data, &a) ||
	    mach_its_message(d->m, mach_pci_sends_as(d), address, data, &a)))
		return;
	mach_violate(d->m, "I-ISO", "%x sent %#x to %#llx: nobody there", d->config.requester_id, data,
		     (unsigned long long)address);
}

void mach_forge(struct mach *m, uint32_t requester_id, uint64_t address, uint32_t data)
{
	struct arrival a = { .id = data };

	mach_step(m);
	mach_trace(m, "% is sent in the name of %", data, requester_id);
	if (m->config.kind == MACH_ARM3 && mach_its_message(m, requester_id, address, data, &a))
		return;
	/* An address that nobody decodes ends there. */
	if (m->config.kind == MACH_X86 && address >> 20 == 0xfee)
		mach_remap(m, requester_id, address, data, &a);
}

umsi_cpu mach_pci_reaches(struct mach_pci *d, uint64_t address, uint32_t data)
{
	for (struct remapper *r = d->m->remappers; r; r = r->next)
		if (r->covers(r->self, mach_pci_sends_as(d)))
			return r->target(d->m, r->self, mach_pci_sends_as(d), address, data);
	return mach_message_cpu(d->m, &(struct umsi_msg){ address, data });
}

void mach_pci_intrude(struct mach_pci *d, uint64_t address, uint32_t data)
{
	struct arrival a = { .id = data, .foreign = true };

	mach_step(d->m);
	mach_trace(d->m, "function % sends %, not its own", d->config.requester_id, data);
	if (d->m->config.kind == MACH_ARM3 && (mach_gicv3_message(d->m, address, data, &a) ||
	    mach_its_message(d->m, mach_pci_sends_as(d), address, data, &a)))
		return;
	if (!mach_remap(d->m, mach_pci_sends_as(d), address, data, &a))
		mach_violate(d->m, "I-ISO", "a foreign message to %#llx met no remapping unit",
			     (unsigned long long)address);
}

umsi_cpu mach_pci_target(struct mach_pci *d, uint32_t n)
{
	return mach_pci_reaches(d, mach_pci_table(d, n, 0) | (uint64_t)mach_pci_table(d, n, 1) << 32,
				mach_pci_table(d, n, 2));
}

static void deliver_first(struct mach *m, struct mach_pci *d)
{
	struct message g = d->message[0];

	d->messages--;
	memmove(&d->message[0], &d->message[1], d->messages * sizeof(g));
	deliver(m, d, &g);
}

static void emit(struct mach *m, struct mach_pci *d)
{
	struct build *b = &d->build;
	struct entry *e = &d->entry[b->entry];

	b->active = false;
	if (d->messages == QUEUE_SLOTS)
		deliver_first(m, d);
	d->message[d->messages++] = (struct message){
		.due = mach_later(m, m->chaos.message_now, m->chaos.message_max),
		.number = b->number, .serial = b->serial, .entry = b->entry,
		.address = (uint64_t)b->word[1] << 32 | b->word[0], .data = b->word[2],
	};
	e->sent++;
	e->owed = e->live;
	mach_trace(m, "message: entry % sends %", b->entry, b->word[2]);
	mach_tell_sent(d, b->entry, b->serial, (uint64_t)b->word[1] << 32 | b->word[0], b->word[2]);
}

static uint32_t word_of(const struct mach_pci *d, uint32_t n, unsigned int which)
{
	if (n >= d->ims_first)
		return mach_ims_word(d, n, which);
	if (mach_msi_on(d))
		return mach_msi_word(d, n, which);
	return d->caches ? d->entry[n].cached[which] : d->entry[n].dword[which];
}

static void sample(struct mach_pci *d)
{
	struct build *b = &d->build;
	uint8_t which = order_of[d->sampling][b->stage++];

	b->word[which] = word_of(d, b->entry, which);
}

static void finish(struct mach *m, struct mach_pci *d)
{
	while (d->build.stage < 3)
		sample(d);
	emit(m, d);
}

/* May the function send this one at all, as it is set up now? */
bool mach_message_on(const struct mach_pci *d, uint32_t n)
{
	if (n >= d->ims_first)
		return mach_ims_on(d, n);
	if (mach_pci_msix_control(d) & MSIX_ENABLE)
		return n < d->config.entries;
	return mach_msi_on(d) && n < mach_msi_count(d);
}

bool mach_message_is_masked(const struct mach_pci *d, uint32_t n)
{
	if (n >= d->ims_first)
		return mach_ims_masked(d, n);
	return mach_msi_on(d) ? mach_msi_masked(d, n) : mach_msix_masked(d, n);
}

/* Takes the next entry that wants to send. Return: false when it may not now. */
static bool begin(struct mach_pci *d)
{
	uint32_t n = d->want[d->want_head];
	struct entry *e = &d->entry[n];

	d->want_head = (d->want_head + 1) % d->entries;
	d->wants--;
	e->queued = false;
	if (!mach_message_on(d, n))
		return false;
	if (mach_message_is_masked(d, n) || !mach_pci_master_on(d)) {
		e->pending = true;
		return false;
	}
	d->build = (struct build){ .active = true, .entry = n, .number = ++d->builds,
				   .serial = e->raised };
	return true;
}

void mach_message_want(struct mach_pci *d, uint32_t entry)
{
	if (d->entry[entry].queued)
		return;
	d->entry[entry].queued = true;
	d->want[(d->want_head + d->wants++) % d->entries] = entry;
	if (!d->build.active && d->wants == 1)
		d->build.due = mach_later(d->m, d->m->chaos.sample_now, d->m->chaos.sample_max);
	mach_pci_wake(d, d->build.due);
}

static void compose(struct mach *m, struct mach_pci *d)
{
	while (d->build.active || d->wants) {
		if (d->build.due > m->step)
			return;
		if (!d->build.active && !begin(d))
			continue;
		sample(d);
		if (d->sampling == MACH_SAMPLE_TOGETHER || d->build.stage == 3)
			finish(m, d);
		d->build.due = mach_later(m, m->chaos.sample_now, m->chaos.sample_max) + mach_pci_torn_by(d);
	}
}

void mach_message_due(struct mach_pci *d)
{
	if (mach_pci_is_stalled(d))
		return;
	compose(d->m, d);
	while (d->messages && d->message[0].due <= d->m->step)
		deliver_first(d->m, d);
}

uint64_t mach_message_next(const struct mach_pci *d)
{
	uint64_t next = d->messages ? d->message[0].due : NEVER;

	if ((d->build.active || d->wants) && d->build.due < next)
		next = d->build.due;
	return next != NEVER && mach_pci_is_stalled(d) ? d->stall_until : next;
}

static bool concerns(const struct mach_pci *d, uint32_t entry)
{
	return entry == UINT32_MAX ? d->build.entry < d->ims_first : d->build.entry == entry;
}

/*
 * The entry, or MSI and MSI-X of the function (UINT32_MAX), is about to be masked: a message
 * half composed either goes out as the words stand, or becomes a pending bit.
 */
void mach_message_masked(struct mach_pci *d, uint32_t entry)
{
	struct mach *m = d->m;

	if (!d->build.active || !concerns(d, entry))
		return;
	if (rng_chance(&m->rng, m->chaos.cancel)) {
		d->build.active = false;
		d->entry[d->build.entry].pending = true;
		mach_trace(m, "entry % masked while composing: pending", d->build.entry, 0);
		return;
	}
	finish(m, d);
}

void mach_message_flush(struct mach_pci *d, uint64_t upto)
{
	if (d->build.active && d->build.number <= upto)
		finish(d->m, d);
	while (d->messages && d->message[0].number <= upto)
		deliver_first(d->m, d);
}

void mach_message_drop(struct mach_pci *d, bool ims_too)
{
	uint32_t kept = 0;

	if (ims_too || d->build.entry < d->ims_first)
		d->build.active = false;
	for (uint32_t i = 0; i < d->wants; i++) {
		uint32_t n = d->want[(d->want_head + i) % d->entries];

		if (!ims_too && n >= d->ims_first)
			d->want[(d->want_head + kept++) % d->entries] = n;
		else
			d->entry[n].queued = false;
	}
	d->wants = kept;
}
