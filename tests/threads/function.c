/* SPDX-License-Identifier: MIT */
/*
 * PCI functions with MSI-X whose table is atomic words. A thread that raises reads the words of a
 * message one by one; a read of the function answers when all that was begun before is at its file.
 * Source: PCI Local Bus 3.0, "MSI-X Capability and Table Structures".
 */
#include <sched.h>

#include "box.h"
#include "bus.h"

#define FUNCTIONS_PHYS	UINT64_C(0x40000000)
#define FUNCTION_BYTES	0x1000u
#define PBA_OFFSET	0x800u

#define COMMAND		(0x04 / 4)
#define CAPABILITY	0x40
#define CONTROL_ENABLE	0x80000000u	/* as they stand in the first word of the capability */
#define CONTROL_MASK	0x40000000u

struct function functions[BOX_FUNCTIONS];

uint64_t function_phys(uint32_t n)
{
	return FUNCTIONS_PHYS + n * FUNCTION_BYTES;
}

uint32_t function_requester(uint32_t n)
{
	return 0x100 + 8 * n;
}

void functions_init(void)
{
	for (uint32_t n = 0; n < BOX_FUNCTIONS; n++) {
		struct function *f = &functions[n];

		f->config[0] = 0x00011b36;			/* some vendor */
		f->config[COMMAND] = 0x00100006;		/* capabilities; memory, master */
		f->config[0x34 / 4] = CAPABILITY;
		f->config[CAPABILITY / 4] = 0x11 | (BOX_ENTRIES - 1) << 16;
		f->config[CAPABILITY / 4 + 2] = PBA_OFFSET;
		for (uint32_t e = 0; e < BOX_ENTRIES; e++)
			f->table[e * 4 + 3] = 1;
	}
}

/* ---- Sending. By threads of its own, and by who unmasks a pending entry. ---- */

static bool closed(const struct function *f, uint32_t entry)
{
	uint32_t control = __atomic_load_n(&f->config[CAPABILITY / 4], __ATOMIC_SEQ_CST);

	return !(control & CONTROL_ENABLE) || (control & CONTROL_MASK) ||
	       (__atomic_load_n(&f->table[entry * 4 + 3], __ATOMIC_SEQ_CST) & 1);
}

static bool take_pending(struct function *f, uint32_t entry)
{
	uint32_t bit = UINT32_C(1) << (entry % 32);

	return __atomic_fetch_and(&f->pending[entry / 32], ~bit, __ATOMIC_SEQ_CST) & bit;
}

/* By value, in registers: between bus_write_begin() and _end() nothing plain is touched, not even the stack. */
struct message {
	uint64_t address;
	uint32_t data;
	bool whole;
};

/* Half composed when the entry changes: composed anew. */
static struct message compose(struct function *f, uint32_t entry)
{
	uint32_t changes = __atomic_load_n(&f->changes[entry], __ATOMIC_SEQ_CST);
	uint64_t low, high;
	uint32_t data;

	if (closed(f, entry))
		return (struct message){ 0 };
	low = __atomic_load_n(&f->table[entry * 4], __ATOMIC_SEQ_CST);
	data = __atomic_load_n(&f->table[entry * 4 + 2], __ATOMIC_SEQ_CST);
	high = __atomic_load_n(&f->table[entry * 4 + 1], __ATOMIC_SEQ_CST);
	return (struct message){
		.address = high << 32 | low, .data = data,
		.whole = changes == __atomic_load_n(&f->changes[entry], __ATOMIC_SEQ_CST),
	};
}

static void send(struct function *f, uint32_t entry)
{
	uint64_t *mark = &f->sending[me.number];

	__atomic_fetch_add(mark, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		struct message got = compose(f, entry);

		if (got.whole) {
			if (!file_deliver(got.address, got.data))
				wrong("a message to %#llx, data %u", (unsigned long long)got.address, got.data);
			break;
		}
		if (!closed(f, entry))
			continue;
		__atomic_fetch_or(&f->pending[entry / 32], UINT32_C(1) << (entry % 32), __ATOMIC_SEQ_CST);
		/* Opened meanwhile, by somebody who did not see the bit? */
		if (closed(f, entry) || !take_pending(f, entry))
			break;
	}
	__atomic_fetch_add(mark, 1, __ATOMIC_SEQ_CST);
}

void function_raise(uint32_t n, uint32_t entry)
{
	send(&functions[n], entry);
}

/* Whoever composes or sends now has done it. */
static void flush(const struct function *f)
{
	for (uint32_t t = 0; t < BOX_THREADS; t++) {
		uint64_t was = __atomic_load_n(&f->sending[t], __ATOMIC_SEQ_CST);

		while ((was & 1) && __atomic_load_n(&f->sending[t], __ATOMIC_SEQ_CST) == was)
			sched_yield();
	}
}

static void opened(struct function *f, uint32_t entry)
{
	if (!closed(f, entry) && take_pending(f, entry))
		send(f, entry);
}

/* ---- Registers. ---- */

static bool table_at(const volatile void *address, struct function **f, uint32_t *word)
{
	uintptr_t at = (uintptr_t)address;

	for (uint32_t n = 0; n < BOX_FUNCTIONS; n++) {
		uintptr_t table = (uintptr_t)functions[n].table;

		*f = &functions[n];
		*word = (uint32_t)(at - table) / 4;
		if (at >= table && at < table + sizeof(functions[n].table))
			return true;
	}
	return false;
}

static bool pending_at(const volatile void *address, const uint32_t **word)
{
	for (uint32_t n = 0; n < BOX_FUNCTIONS; n++)
		for (uint32_t w = 0; w < 2; w++) {
			*word = &functions[n].pending[w];
			if (address == (const volatile void *)*word)
				return true;
		}
	return false;
}

bool function_read(const volatile void *address, uint32_t *out)
{
	const uint32_t *bits;
	struct function *f;
	uint32_t word, value;

	if (pending_at(address, &bits)) {
		bus_read_begin();
		value = __atomic_load_n(bits, __ATOMIC_SEQ_CST);
		bus_read_end();
		*out = value;
		return true;
	}
	if (!table_at(address, &f, &word))
		return false;
	bus_read_begin();
	flush(f);
	value = __atomic_load_n(&f->table[word], __ATOMIC_SEQ_CST);
	bus_read_end();
	*out = value;
	return true;
}

bool function_write(volatile void *address, uint32_t value)
{
	struct function *f;
	uint32_t word;

	if (!table_at(address, &f, &word))
		return false;
	bus_write_begin();
	__atomic_store_n(&f->table[word], value, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&f->changes[word / 4], 1, __ATOMIC_SEQ_CST);
	if (word % 4 == 3 && !(value & 1))
		opened(f, word / 4);
	bus_write_end();
	return true;
}

/* ---- Configuration space: not posted. ---- */

static struct function *find(uint32_t requester_id)
{
	for (uint32_t n = 0; n < BOX_FUNCTIONS; n++)
		if (function_requester(n) == requester_id)
			return &functions[n];
	return NULL;
}

uint32_t function_config_read(uint32_t requester_id, uint16_t offset, unsigned int width)
{
	struct function *f = find(requester_id);
	uint32_t value = UINT32_MAX;

	bus_read_begin();
	if (f)
		value = offset < sizeof(f->config) ? __atomic_load_n(&f->config[offset / 4], __ATOMIC_SEQ_CST) >> offset % 4 * 8 : 0;
	bus_read_end();
	return width == 4 ? value : value & ((UINT32_C(1) << 8 * width) - 1);
}

static bool writable(uint16_t offset, uint32_t *bits)
{
	if (offset == 4)
		*bits = 0x0406;
	else if (offset == CAPABILITY + 2)
		*bits = CONTROL_ENABLE | CONTROL_MASK;
	else
		return false;
	return true;
}

/* The registers are written by one thread at a time. */
static void replace(uint32_t *word, uint32_t bits, uint32_t value)
{
	__atomic_fetch_and(word, ~bits | value, __ATOMIC_SEQ_CST);
	__atomic_fetch_or(word, value, __ATOMIC_SEQ_CST);
}

void function_config_write(uint32_t requester_id, uint16_t offset, unsigned int width, uint32_t value)
{
	struct function *f = find(requester_id);
	uint32_t bits;

	(void)width;
	if (!f || !writable(offset, &bits))
		return;
	value <<= offset % 4 * 8;
	bus_write_begin();
	replace(&f->config[offset / 4], bits, value & bits);
	for (uint32_t e = 0; offset == CAPABILITY + 2 && e < BOX_ENTRIES; e++) {
		__atomic_fetch_add(&f->changes[e], 1, __ATOMIC_SEQ_CST);
		opened(f, e);
	}
	bus_write_end();
}
