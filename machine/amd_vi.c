/* SPDX-License-Identifier: MIT */
/*
 * AMD-Vi remapping units, as far as interrupts go.
 * Source: AMD I/O Virtualization Technology (IOMMU) Specification: "MMIO
 * Registers", "Device Table Entry Format", "Interrupt Remapping Tables",
 * "Commands", "Event Logging". What a completion wait says about messages
 * that were let through before is written nowhere: here, nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

#define COPIES		4096u
#define PASSING		64u
#define IDS		65536u

#define ENABLE		(UINT64_C(1) << 0)
#define EVENTS		(UINT64_C(1) << 2)
#define COMMANDS	(UINT64_C(1) << 12)
#define GA		(UINT64_C(1) << 17)
#define TWO_K		(UINT64_C(1) << 43)
#define XT		(UINT64_C(1) << 50)
#define CONTROL_KNOWN	(ENABLE | EVENTS | COMMANDS | GA | TWO_K | XT | UINT64_C(1) << 10)

#define OVERFLOW	(1u << 0)
#define EVENTS_RUN	(1u << 3)
#define COMMANDS_RUN	(1u << 4)

#define PASS_BITS	UINT64_C(0xc700000000000000)

struct entry_copy {
	bool valid;
	uint16_t id;
	uint32_t index;
	uint64_t low, high;
};

struct device_copy {
	bool valid;
	uint64_t word;
};

/* Let through, not yet at its APIC. */
struct passing {
	uint64_t due;
	uint32_t apic_id;
	struct arrival a;
};

struct mach_amd_vi {
	struct mach *m;
	struct mach_amd_vi_config config;
	struct remapper remapper;
	struct region *region;
	uint64_t control, device_table, command_base, event_base;
	uint32_t status, command_head, command_tail, event_head, event_tail;
	uint64_t command_due;
	uint32_t refuse_in;
	bool stalled, deaf;
	struct entry_copy *copy;
	struct device_copy *device;
	struct passing passing[PASSING];
	uint32_t npassing;
	uint64_t passed, blocked;
};

static void wake(struct mach_amd_vi *v, uint64_t due)
{
	mach_region_wake(v->m, v->region, due);
}

static uint64_t base_of(uint64_t reg)
{
	return reg & UINT64_C(0x000ffffffffff000);
}

static uint32_t ring_bytes(uint64_t reg)
{
	return 16u << (reg >> 56 & 0xf);
}

/* ---- Events ---- */

static void log_event(struct mach_amd_vi *v, uint64_t low, uint64_t high)
{
	uint32_t next = (v->event_tail + 16) % (ring_bytes(v->event_base) | !v->event_base);

	if (!(v->status & EVENTS_RUN))
		return;
	if (next == v->event_head) {
		v->status = (v->status | OVERFLOW) & ~EVENTS_RUN;
		return;
	}
	mach_dma_write(v->m, base_of(v->event_base) + v->event_tail, 8, low);
	mach_dma_write(v->m, base_of(v->event_base) + v->event_tail + 8, 8, high);
	v->event_tail = next;
}

static void block(struct mach_amd_vi *v, uint16_t id, uint64_t address)
{
	v->blocked++;
	mach_trace(v->m, "amd-vi: blocked, from %", id, 0);
	log_event(v, UINT64_C(2) << 60 | UINT64_C(1) << 51 | id, address);
}

/* ---- Tables ---- */

static uint32_t device_ids(const struct mach_amd_vi *v)
{
	return ((uint32_t)(v->device_table & 0x1ff) + 1) * 128;
}

static uint64_t fetch_device(const struct mach_amd_vi *v, uint16_t id)
{
	return mach_dma_read(v->m, base_of(v->device_table) + (uint64_t)id * 32 + 16, 8, true);
}

static uint64_t look_up_device(struct mach_amd_vi *v, uint16_t id)
{
	struct device_copy *c = &v->device[id];

	if (!c->valid || !rng_chance(&v->m->rng, 240))
		*c = (struct device_copy){ true, fetch_device(v, id) };
	return c->word;
}

static struct entry_copy fetch(const struct mach_amd_vi *v, uint16_t id, uint64_t word, uint32_t index)
{
	uint64_t table = word & UINT64_C(0x000fffffffffffc0);
	struct entry_copy c = { .valid = true, .id = id, .index = index };

	if (v->control & GA) {
		c.low = mach_dma_read(v->m, table + 16 * (uint64_t)index, 8, true);
		c.high = mach_dma_read(v->m, table + 16 * (uint64_t)index + 8, 8, true);
	} else {
		c.low = mach_dma_read(v->m, table + 4 * (uint64_t)index, 4, true);
	}
	return c;
}

static struct entry_copy look_up(struct mach_amd_vi *v, uint16_t id, uint64_t word, uint32_t index)
{
	struct entry_copy *c = &v->copy[(id * 31u + index) % COPIES];

	/* A cache forgets when it likes. */
	if (!c->valid || c->id != id || c->index != index || !rng_chance(&v->m->rng, 240))
		*c = fetch(v, id, word, index);
	return *c;
}

static void forget_device(struct mach_amd_vi *v, uint32_t id)
{
	v->device[id].valid = false;
}

static void forget_entries(struct mach_amd_vi *v, uint32_t id)
{
	for (uint32_t i = 0; i < COPIES; i++)
		if (v->copy[i].id == id)
			v->copy[i].valid = false;
}

static void forget_all(struct mach_amd_vi *v)
{
	memset(v->copy, 0, COPIES * sizeof(*v->copy));
	memset(v->device, 0, IDS * sizeof(*v->device));
}

/* ---- Messages ---- */

static bool entry_ok(const struct mach_amd_vi *v, const struct entry_copy *c)
{
	/* Valid, of fixed type, physical, no guest's, nothing reserved. */
	if ((c->low & 0xff) != 1)
		return false;
	if (!(v->control & GA))
		return !(c->low >> 24);
	return !(c->low >> 32) && !(c->high & UINT64_C(0x00ffffffffffff00)) &&
	       (v->control & XT || (!(c->low >> 16) && !(c->high >> 56)));
}

static uint32_t apic_of(const struct mach_amd_vi *v, const struct entry_copy *c)
{
	if (!(v->control & GA))
		return (uint32_t)(c->low >> 8) & 0xff;
	return (uint32_t)((c->low >> 8 & 0xffffff) | c->high >> 56 << 24);
}

static uint32_t vector_of(const struct mach_amd_vi *v, const struct entry_copy *c)
{
	return (v->control & GA ? (uint32_t)c->high : (uint32_t)(c->low >> 16)) & 0xff;
}

static void arrive(struct mach_amd_vi *v, uint32_t at)
{
	struct passing p = v->passing[at];

	memmove(&v->passing[at], &v->passing[at + 1], (--v->npassing - at) * sizeof(p));
	if (!mach_lapic_deliver(v->m, p.apic_id, &p.a))
		mach_violate(v->m, "I-ISO", "an entry names APIC %u: there is none", p.apic_id);
}

static void pass(struct mach_amd_vi *v, const struct entry_copy *c, const struct arrival *from)
{
	struct passing *p;

	if (v->npassing == PASSING)
		arrive(v, 0);
	p = &v->passing[v->npassing++];
	p->a = *from;
	p->a.id = vector_of(v, c);
	p->apic_id = apic_of(v, c);
	p->due = mach_later(v->m, v->m->chaos.message_now, v->m->chaos.message_max);
	v->passed++;
	wake(v, p->due);
	if (p->due <= v->m->step)
		arrive(v, v->npassing - 1);
}

static void untouched(struct mach *m, uint32_t requester_id, uint64_t address, uint32_t data,
		      const struct arrival *from)
{
	if (!mach_lapic_message(m, address, data, from))
		mach_violate(m, "I-ISO", "%x sent %#x to %#llx: nobody there", requester_id, data,
			     (unsigned long long)address);
}

/* Index within the table, and the mode that devices of large tables must show. */
static bool request_ok(uint64_t word, uint64_t address, uint32_t data)
{
	uint32_t length = word >> 1 & 0xf;

	return (data & 0x7ff) < 1u << length && !!(address & 4) == (length > 9) && !(data & ~0x7ffu);
}

static void message(struct mach *m, void *self, uint32_t requester_id, uint64_t address, uint32_t data,
		    const struct arrival *from)
{
	struct mach_amd_vi *v = self;
	uint16_t id = (uint16_t)requester_id;
	struct entry_copy c;
	uint64_t word;

	if (!(v->control & ENABLE)) {
		untouched(m, requester_id, address, data, from);
		return;
	}
	if (id >= device_ids(v)) {
		block(v, id, address);
		return;
	}
	word = look_up_device(v, id);
	if (!(word & 1) || (word >> 60 & 3) == 1) {
		untouched(m, requester_id, address, data, from);
		return;
	}
	if ((word >> 60 & 3) != 2 || !request_ok(word, address, data)) {
		block(v, id, address);
		return;
	}
	c = look_up(v, id, word, data & 0x7ff);
	if (!entry_ok(v, &c)) {
		if (c.low & 1)
			mach_violate(m, "MODEL", "entry %u of %x: %016llx %016llx", c.index, id,
				     (unsigned long long)c.high, (unsigned long long)c.low);
		block(v, id, address);
		return;
	}
	pass(v, &c, from);
}

static umsi_cpu target(struct mach *m, void *self, uint32_t requester_id, uint64_t address, uint32_t data)
{
	struct mach_amd_vi *v = self;
	uint16_t id = (uint16_t)requester_id;
	struct entry_copy c;
	uint64_t word;

	if (!(v->control & ENABLE))
		return mach_message_cpu(m, &(struct umsi_msg){ address, data });
	word = id < device_ids(v) ? fetch_device(v, id) : 0;
	if ((word >> 60 & 3) != 2 || !request_ok(word, address, data))
		return UMSI_CPU_NONE;
	c = fetch(v, id, word, data & 0x7ff);
	return entry_ok(v, &c) ? mach_lapic_cpu_of(m, apic_of(v, &c)) : UMSI_CPU_NONE;
}

static bool covers(void *self, uint32_t requester_id)
{
	(void)self;
	(void)requester_id;
	return true;
}

static void wrote(struct mach *m, void *self, const void *memory)
{
	(void)m;
	(void)self;
	(void)memory;
}

/* ---- Commands ---- */

static void check_device_entry(struct mach_amd_vi *v, uint16_t id)
{
	uint64_t word = fetch_device(v, id);
	uint64_t bytes = (v->control & GA ? 16u : 4u) << (word >> 1 & 0xf);

	if (!(word & 1) || (word >> 60 & 3) != 2)
		return;
	if ((word >> 1 & 0xf) > (v->control & TWO_K ? 11u : 9u) || word & 0x20 || (word >> 6 & 1) ||
	    word & ~(PASS_BITS | UINT64_C(0x300fffffffffffdf)))
		mach_violate(v->m, "MODEL", "device entry of %x: %016llx", id, (unsigned long long)word);
	if (!mach_dma_holds(v->m, word & UINT64_C(0x000fffffffffffc0), bytes))
		mach_violate(v->m, "MODEL", "table of %x is not memory", id);
}

static bool execute(struct mach_amd_vi *v, uint64_t low, uint64_t high)
{
	uint16_t id = (uint16_t)low;

	if (v->refuse_in && !--v->refuse_in)
		return false;
	switch (low >> 60) {
	case 1:
		if (low & UINT64_C(0x0ff0000000000000))
			return false;
		if (low & 1)
			mach_dma_write(v->m, low & UINT64_C(0x000ffffffffffff8), 8, high);
		return true;
	case 2: case 5:
		if (low & UINT64_C(0x0fffffffffff0000) || high)
			return false;
		if (low >> 60 == 2)
			forget_device(v, id);
		else
			forget_entries(v, id);
		check_device_entry(v, id);
		return true;
	case 8:
		if (low << 4 || high || v->config.no_all)
			return false;
		forget_all(v);
		return true;
	}
	return false;
}

/* One command may take as long as a message; a long queue of them is worked off at speed. */
#define QUICK_BEHIND	(4 * 16u)
#define QUICK_STEPS	4u

static uint64_t next_command(struct mach_amd_vi *v)
{
	uint32_t bytes = ring_bytes(v->command_base);
	uint32_t waiting = (v->command_tail + bytes - v->command_head) % bytes;
	uint32_t most = v->m->chaos.message_max;

	return mach_later(v->m, v->m->chaos.message_now, waiting > QUICK_BEHIND && most > QUICK_STEPS ? QUICK_STEPS : most);
}

static void step_commands(struct mach_amd_vi *v)
{
	uint64_t at = base_of(v->command_base) + v->command_head;

	v->command_due = NEVER;
	if (!(v->status & COMMANDS_RUN) || v->command_head == v->command_tail || v->stalled)
		return;
	if (mach_queues_stand(v->m)) {
		v->command_due = v->m->queues_until;
		return;
	}
	if (!execute(v, mach_dma_read(v->m, at, 8, true), mach_dma_read(v->m, at + 8, 8, true))) {
		mach_trace(v->m, "amd-vi: command at % refused", v->command_head, 0);
		v->status &= ~COMMANDS_RUN;
		log_event(v, UINT64_C(5) << 60, at);
		return;
	}
	v->command_head = (v->command_head + 16) % ring_bytes(v->command_base);
	if (v->command_head != v->command_tail)
		v->command_due = next_command(v);
}

static void start_commands(struct mach_amd_vi *v)
{
	if (v->command_due == NEVER)
		v->command_due = mach_later(v->m, v->m->chaos.message_now, v->m->chaos.message_max);
	wake(v, v->command_due);
	/* Cold: at once. */
	while (!v->m->running && v->command_due != NEVER)
		step_commands(v);
}

/* ---- Registers ---- */

static uint64_t features(const struct mach_amd_vi *v)
{
	return (v->config.no_xt ? 0 : 1u << 2) | (v->config.no_all ? 0 : 1u << 6) |
	       (v->config.no_ga ? 0 : 1u << 7);
}

static uint64_t *register_at(struct mach_amd_vi *v, uint64_t offset)
{
	switch (offset & ~UINT64_C(7)) {
	case 0x00: return &v->device_table;
	case 0x08: return &v->command_base;
	case 0x10: return &v->event_base;
	case 0x18: return &v->control;
	default: return NULL;
	}
}

static uint64_t value_at(struct mach_amd_vi *v, uint64_t offset)
{
	uint64_t *reg = register_at(v, offset);

	if (reg)
		return *reg;
	switch (offset & ~UINT64_C(7)) {
	case 0x0030: return features(v);
	case 0x01a0: return v->config.no_2k ? 0 : 1u << 8;
	case 0x2000: return v->command_head;
	case 0x2008: return v->command_tail;
	case 0x2010: return v->event_head;
	case 0x2018: return v->event_tail;
	case 0x2020: return v->status;
	}
	mach_violate(v->m, "MODEL", "amd-vi: register %#llx read", (unsigned long long)offset);
	return 0;
}

static uint64_t read_reg(struct mach *m, void *self, uint64_t offset, unsigned int width)
{
	if (width != 4 || offset % 4)
		mach_violate(m, "MODEL", "amd-vi: read of width %u at %#llx", width, (unsigned long long)offset);
	return (uint32_t)(value_at(self, offset) >> (offset & 4 ? 32 : 0));
}

static void check_start(struct mach_amd_vi *v)
{
	struct mach *m = v->m;

	if (v->control & ~CONTROL_KNOWN)
		mach_violate(m, "MODEL", "control bits %#llx", (unsigned long long)(v->control & ~CONTROL_KNOWN));
	if (!mach_dma_holds(m, base_of(v->device_table), (size_t)device_ids(v) * 32) ||
	    !mach_dma_holds(m, base_of(v->command_base), ring_bytes(v->command_base)) ||
	    !mach_dma_holds(m, base_of(v->event_base), ring_bytes(v->event_base)))
		mach_violate(m, "MODEL", "enabled over what is not memory");
	if ((v->control & XT && (v->config.no_xt || !(v->control & GA))) ||
	    (v->control & GA && v->config.no_ga) || (v->control & TWO_K && v->config.no_2k))
		mach_violate(m, "MODEL", "a feature it has not is enabled");
}

static void write_control(struct mach_amd_vi *v, uint64_t was)
{
	bool on = v->control & ENABLE && !v->deaf;

	if (v->control & ENABLE && !(was & ENABLE))
		check_start(v);
	if (v->control & was & ENABLE && (v->control ^ was) & (GA | XT | TWO_K))
		mach_violate(v->m, "MODEL", "entry format changed while enabled");
	v->status &= ~(COMMANDS_RUN | EVENTS_RUN);
	if (on && v->control & COMMANDS)
		v->status |= COMMANDS_RUN;
	if (on && v->control & EVENTS && !(v->status & OVERFLOW))
		v->status |= EVENTS_RUN;
	if (v->status & COMMANDS_RUN)
		start_commands(v);
}

static void set_half(uint64_t *reg, uint64_t offset, uint64_t value)
{
	uint32_t shift = offset & 4 ? 32 : 0;

	*reg = (*reg & ~(UINT64_C(0xffffffff) << shift)) | value << shift;
}

/* True: a ring pointer. */
static bool write_pointer(struct mach_amd_vi *v, uint64_t offset, uint32_t value)
{
	switch (offset) {
	case 0x2000:
		if (v->status & COMMANDS_RUN)
			mach_violate(v->m, "MODEL", "command head moved while it runs");
		v->command_head = value;
		return true;
	case 0x2008:
		if (value % 16 || (value && value >= ring_bytes(v->command_base)))
			mach_violate(v->m, "MODEL", "command tail %#x", value);
		v->command_tail = value;
		if (v->status & COMMANDS_RUN)
			start_commands(v);
		return true;
	case 0x2010:
		v->event_head = value;
		return true;
	case 0x2018:
		if (v->status & EVENTS_RUN)
			mach_violate(v->m, "MODEL", "event tail moved while it runs");
		v->event_tail = value;
		return true;
	case 0x2020:
		v->status &= ~(value & OVERFLOW);
		return true;
	}
	return false;
}

static void write_reg(struct mach *m, void *self, uint64_t offset, unsigned int width, uint64_t value)
{
	struct mach_amd_vi *v = self;
	uint64_t *reg = register_at(v, offset);
	uint64_t was = v->control;

	if (width != 4 || offset % 4)
		mach_violate(m, "MODEL", "amd-vi: write of width %u at %#llx", width, (unsigned long long)offset);
	if (write_pointer(v, offset, (uint32_t)value))
		return;
	if (!reg) {
		mach_violate(m, "MODEL", "amd-vi: register %#llx := %#llx", (unsigned long long)offset,
			     (unsigned long long)value);
		return;
	}
	if (reg != &v->control && v->control & ENABLE)
		mach_violate(m, "MODEL", "amd-vi: base %#llx moved while enabled", (unsigned long long)offset);
	set_half(reg, offset, value);
	if (reg == &v->control)
		write_control(v, was);
}

static uint64_t due(struct mach *m, void *self)
{
	struct mach_amd_vi *v = self;
	uint64_t next;

	if (v->command_due <= m->step)
		step_commands(v);
	for (uint32_t i = 0; i < v->npassing; )
		if (v->passing[i].due <= m->step)
			arrive(v, i);
		else
			i++;
	next = v->command_due;
	for (uint32_t i = 0; i < v->npassing; i++)
		if (v->passing[i].due < next)
			next = v->passing[i].due;
	return next;
}

static void done(void *self)
{
	struct mach_amd_vi *v = self;

	free(v->copy);
	free(v->device);
	free(v);
}

/* ---- For tests ---- */

struct mach_amd_vi *mach_amd_vi_add(struct mach *m, const struct mach_amd_vi_config *config)
{
	struct mach_amd_vi *v = calloc(1, sizeof(*v));
	struct region r = { .phys = config->phys, .bytes = 0x4000, .self = v, .read = read_reg,
			    .write = write_reg, .due = due, .done = done };

	if (!v)
		abort();
	v->copy = calloc(COPIES, sizeof(*v->copy));
	v->device = calloc(IDS, sizeof(*v->device));
	if (!v->copy || !v->device)
		abort();
	v->m = m;
	v->config = *config;
	v->command_due = NEVER;
	v->remapper = (struct remapper){ .self = v, .covers = covers, .message = message,
					 .target = target, .wrote = wrote };
	v->region = mach_region_add(m, &r);
	mach_remapper_add(m, &v->remapper);
	return v;
}

uint64_t mach_amd_vi_passed(const struct mach_amd_vi *v)
{
	return v->passed;
}

uint64_t mach_amd_vi_blocked(const struct mach_amd_vi *v)
{
	return v->blocked;
}

void mach_amd_vi_stall(struct mach_amd_vi *v, bool stall)
{
	v->stalled = stall;
	if (!stall)
		start_commands(v);
}

void mach_amd_vi_refuse(struct mach_amd_vi *v, uint32_t nth)
{
	v->refuse_in = nth;
}

void mach_amd_vi_deaf(struct mach_amd_vi *v, bool deaf)
{
	v->deaf = deaf;
}

void mach_amd_vi_power_cycle(struct mach_amd_vi *v)
{
	while (v->npassing)
		arrive(v, 0);
	v->control = v->device_table = v->command_base = v->event_base = 0;
	v->status = v->command_head = v->command_tail = v->event_head = v->event_tail = 0;
	v->command_due = NEVER;
	forget_all(v);
}

bool mach_amd_vi_enabled(const struct mach_amd_vi *v)
{
	return v->control & ENABLE && v->status & COMMANDS_RUN;
}

uint64_t mach_amd_vi_device_entry(const struct mach_amd_vi *v, uint16_t requester_id)
{
	return fetch_device(v, requester_id);
}
