/* SPDX-License-Identifier: MIT */
/*
 * Interrupt files of RISC-V harts, as atomic words: a doorbell each, read by the hart alone.
 * Source: RISC-V AIA 1.0, "Incoming MSI Controller (IMSIC)".
 */
#include "umsi_aia.h"

#include "box.h"
#include "bus.h"

#define FILES_PHYS	UINT64_C(0x28000000)
#define PAGE		4096u

static uint64_t lost;

uint64_t file_phys(umsi_cpu cpu)
{
	return FILES_PHYS + (uint64_t)cpu * PAGE;
}

/* Any thread, by a device write. False: no file is there. */
bool file_deliver(uint64_t address, uint32_t data)
{
	uint64_t cpu = (address - FILES_PHYS) / PAGE;

	if (address < FILES_PHYS || cpu >= BOX_CPUS || address % PAGE || !data || data > BOX_IDS)
		return false;
	if (!__atomic_load_n(&cpus[cpu].up, __ATOMIC_SEQ_CST)) {
		if (data > BOX_SYSTEM_IDS)
			__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
		return true;
	}
	__atomic_fetch_or(&cpus[cpu].file.pending[data / 64], UINT64_C(1) << (data % 64), __ATOMIC_SEQ_CST);
	return true;
}

static uint32_t top(const struct file *f)
{
	for (uint32_t w = 0; w < BOX_WORDS; w++) {
		uint64_t bits = __atomic_load_n(&f->pending[w], __ATOMIC_SEQ_CST) &
				__atomic_load_n(&f->enabled[w], __ATOMIC_SEQ_CST);

		if (bits)
			return w * 64 + (uint32_t)__builtin_ctzll(bits);
	}
	return 0;
}

bool file_signals(const struct file *f)
{
	return __atomic_load_n(&f->delivery, __ATOMIC_RELAXED) == 1 && top(f);
}

void file_power(umsi_cpu cpu, bool up)
{
	struct file *f = &cpus[cpu].file;

	__atomic_store_n(&cpus[cpu].up, up, __ATOMIC_SEQ_CST);
	if (up)
		return;
	__atomic_store_n(&f->delivery, 0, __ATOMIC_SEQ_CST);
	for (uint32_t w = 0; w < BOX_WORDS; w++) {
		__atomic_store_n(&f->enabled[w], 0, __ATOMIC_SEQ_CST);
		__atomic_store_n(&f->pending[w], 0, __ATOMIC_SEQ_CST);
	}
}

uint64_t files_lost(void)
{
	return __atomic_load_n(&lost, __ATOMIC_RELAXED);
}

/* ---- Its registers, on its CPU with interrupts off. ---- */

static uint64_t *selected(struct file *f)
{
	uint64_t reg = __atomic_load_n(&f->select, __ATOMIC_RELAXED);

	if (reg == AIA_EIDELIVERY)
		return &f->delivery;
	if (reg == AIA_EITHRESHOLD)
		return &f->threshold;
	if (reg >= AIA_EIE0 && (reg - AIA_EIE0) / 2 < BOX_WORDS)
		return &f->enabled[(reg - AIA_EIE0) / 2];
	if (reg >= AIA_EIP0 && (reg - AIA_EIP0) / 2 < BOX_WORDS)
		return &f->pending[(reg - AIA_EIP0) / 2];
	return &f->threshold;
}

static uint64_t claim(struct file *f)
{
	uint32_t id;

	if (__atomic_load_n(&f->delivery, __ATOMIC_RELAXED) != 1)
		return 0;
	id = top(f);
	if (id)
		__atomic_fetch_and(&f->pending[id / 64], ~(UINT64_C(1) << (id % 64)), __ATOMIC_SEQ_CST);
	return (uint64_t)id << 16 | id;
}

static uint64_t read_register(struct file *f, unsigned int csr)
{
	uint32_t id;

	switch (csr) {
	case AIA_STOPI:
		return file_signals(f) ? UINT64_C(9) << 16 | 1 : 0;
	case AIA_STOPEI:
		id = top(f);
		return (uint64_t)id << 16 | id;
	case AIA_SIREG:
		return __atomic_load_n(selected(f), __ATOMIC_SEQ_CST);
	}
	return 0;
}

uint64_t umsi_hosted_csr_read(unsigned int csr)
{
	uint64_t value;

	cpu_point();
	bus_read_begin();
	value = read_register(&me.cpu->file, csr);
	bus_read_end();
	return value;
}

uint64_t umsi_hosted_csr_swap(unsigned int csr, uint64_t value)
{
	struct file *f = &me.cpu->file;
	uint64_t was = 0;

	cpu_point();
	bus_read_begin();
	if (csr == AIA_STOPEI)
		was = claim(f);
	else if (csr == AIA_SISELECT)
		__atomic_store_n(&f->select, value, __ATOMIC_RELAXED);
	else if (csr == AIA_SIREG)
		was = __atomic_exchange_n(selected(f), value, __ATOMIC_SEQ_CST);
	/* Identity 0 does not exist. */
	__atomic_fetch_and(&f->enabled[0], ~UINT64_C(1), __ATOMIC_SEQ_CST);
	bus_read_end();
	return was;
}

void umsi_hosted_csr_clear(unsigned int csr, uint64_t bits)
{
	cpu_point();
	bus_read_begin();
	if (csr == AIA_SIREG)
		__atomic_fetch_and(selected(&me.cpu->file), ~bits, __ATOMIC_SEQ_CST);
	bus_read_end();
}
