/* SPDX-License-Identifier: MIT */
/* What the models hold at this moment, a line each: words, then name=value. */
#include <inttypes.h>
#include <stdarg.h>

#include "inside.h"

struct dump {
	const struct mach *m;
	void (*line)(void *arg, const char *line);
	void *arg;
};

static void say(const struct dump *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(const struct dump *d, const char *format, ...)
{
	char text[240];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	d->line(d->arg, text);
}

static const char *from_whom(const struct arrival *a, char room[48])
{
	char name[32];

	if (!a->device)
		return a->written ? "a CPU" : "nowhere";
	snprintf(room, 48, "%s event=%" PRIu64, mach_entry_name(a->device, a->entry, name), a->serial);
	return room;
}

static void dump_covers(const struct dump *d, const char *what, uint32_t cpu, uint32_t id, const struct covers *v)
{
	char name[32];

	if (!v->n)
		say(d, "%s cpu=%u number=%u", what, cpu, id);
	for (uint32_t i = 0; i < v->n; i++)
		say(d, "%s cpu=%u number=%u from=%s event=%" PRIu64, what, cpu, id,
		    mach_entry_name(v->by[i].device, v->by[i].entry, name), v->by[i].serial);
}

/* A pointer as the block it leads into: addresses are not the same in every process. */
static const char *value_text(const struct mach *m, uint64_t value, char room[48])
{
	snprintf(room, 48, "%#" PRIx64, value);
	for (size_t i = 0; i < m->nblocks; i++) {
		uint64_t into = value - (uintptr_t)m->blocks[i].memory;

		if (m->blocks[i].memory && into < m->blocks[i].bytes)
			snprintf(room, 48, "block%" PRIu64 "+%#" PRIx64, m->blocks[i].number, into);
	}
	return room;
}

static void dump_cpu(const struct dump *d, const struct cpu *c)
{
	char room[48];

	say(d, "cpu cpu=%u up=%u interrupts_on=%u trap_depth=%u thread=%d stores_buffered=%u locks_held=%u%s", c->number,
	    c->up, c->irq_on, c->depth, c->thread ? (int)c->thread->number : -1, c->stores, c->nheld,
	    d->m->cpu == c ? " running" : "");
	for (uint32_t i = 0; i < c->stores; i++) {
		const struct store *s = &c->buffer[i];

		if (s->word)
			say(d, "buffered cpu=%u word=%u value=%s due=%" PRIu64, c->number, s->word->number,
			    value_text(d->m, s->value, room), s->due);
		else
			say(d, "buffered cpu=%u address=%#" PRIx64 " value=%#" PRIx64 " due=%" PRIu64, c->number, s->phys,
			    s->value, s->due);
	}
}

static void dump_file(const struct dump *d, const struct cpu *c)
{
	const struct file *f = &c->file;
	char room[48];

	for (uint32_t id = 1; id <= d->m->config.num_ids; id++)
		if (f->eip[id / 64] >> id % 64 & 1)
			dump_covers(d, "imsic pending", c->number, id, &f->covers[id]);
	for (uint32_t i = 0; i < f->queued; i++)
		say(d, "imsic lagging cpu=%u number=%u due=%" PRIu64 " from=%s", c->number, f->queue[i].id, f->queue[i].due,
		    from_whom(&f->queue[i], room));
}

static void dump_lapic(const struct dump *d, const struct cpu *c)
{
	const struct lapic *l = &c->lapic;
	char room[48];

	say(d, "lapic cpu=%u id=%#x", c->number, l->id);
	for (uint32_t v = 0; v < 256; v++) {
		if (l->irr[v / 32] >> v % 32 & 1)
			dump_covers(d, "lapic requested", c->number, v, &l->covers[v]);
		if (l->isr[v / 32] >> v % 32 & 1)
			say(d, "lapic in_service cpu=%u number=%u", c->number, v);
	}
	for (uint32_t i = 0; i < l->queued; i++)
		say(d, "lapic lagging cpu=%u number=%u due=%" PRIu64 " from=%s", c->number, l->queue[i].id, l->queue[i].due,
		    from_whom(&l->queue[i], room));
}

static void dump_gic(const struct dump *d)
{
	for (uint32_t id = GIC_SPIS_FIRST; id < GIC_SPIS_END; id++) {
		bool pending, active;
		const struct covers *covers = mach_gic_spi(d->m, id, &pending, &active);

		if (pending)
			dump_covers(d, "gic pending", mach_gic_target(d->m, id), id, covers);
		if (active)
			say(d, "gic active number=%u", id);
	}
}

static void dump_entry(const struct dump *d, const struct mach_pci *p, uint32_t n)
{
	const struct entry *e = &p->entry[n];
	char name[32];

	if (!e->live && !e->raised && !e->running && mach_message_is_masked(p, n))
		return;
	say(d, "entry entry=%s address=%#" PRIx64 " data=%#x masked=%u pending=%u owed=%u handler_on=%d raised=%" PRIu64
	    " sent=%" PRIu64 " handled=%" PRIu64, mach_entry_name(p, n, name),
	    (uint64_t)mach_pci_table(p, n, 1) << 32 | mach_pci_table(p, n, 0), mach_pci_table(p, n, 2),
	    mach_message_is_masked(p, n), e->pending, e->owed, (int)e->running - 1, e->raised, e->sent, e->handled);
}

static void dump_function(const struct dump *d, struct mach_pci *p)
{
	char name[32];

	say(d, "function name=%s requester_id=%#x there=%u messages_under_way=%u writes_under_way=%u",
	    p->config.name ? p->config.name : "-", p->config.requester_id, !p->removed, p->messages, p->nposted);
	if (p->build.active)
		say(d, "composing entry=%s words=%u", mach_entry_name(p, p->build.entry, name), p->build.stage);
	for (uint32_t i = 0; i < p->messages; i++)
		say(d, "message entry=%s event=%" PRIu64 " address=%#" PRIx64 " cpu=%d data=%#x due=%" PRIu64,
		    mach_entry_name(p, p->message[i].entry, name), p->message[i].serial, p->message[i].address,
		    (int)mach_pci_reaches(p, p->message[i].address, p->message[i].data), p->message[i].data, p->message[i].due);
	for (uint32_t n = 0; n < p->entries; n++)
		dump_entry(d, p, n);
}

void mach_dump(struct mach *m, void (*line)(void *arg, const char *line), void *arg)
{
	static const char *const kinds[] = { [MACH_RISCV] = "riscv", [MACH_X86] = "x86", [MACH_ARM] = "arm", [MACH_ARM3] = "arm3" };
	struct dump d = { .m = m, .line = line, .arg = arg };

	say(&d, "machine kind=%s seed=%" PRIu64 " step=%" PRIu64 " cpus=%u", kinds[m->config.kind], m->seed, m->step,
	    m->ncpus);
	for (uint32_t i = 0; i < m->ncpus; i++)
		dump_cpu(&d, &m->cpus[i]);
	for (uint32_t i = 0; i < m->ncpus; i++) {
		if (m->config.kind == MACH_RISCV)
			dump_file(&d, &m->cpus[i]);
		if (m->config.kind == MACH_X86)
			dump_lapic(&d, &m->cpus[i]);
	}
	if (m->config.kind == MACH_ARM)
		dump_gic(&d);
	for (uint32_t i = 0; i < m->npci; i++)
		dump_function(&d, m->pci[i]);
}
