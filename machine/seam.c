/* SPDX-License-Identifier: MIT */
/* arch/hosted/umsi_hosted.h: atomics, barriers, device and register accesses. */
#include "direct.h"
#include "inside.h"

uint64_t umsi_hosted_load(const void *p, unsigned int size, enum umsi_hosted_order order)
{
	struct mach *m = mach_now;

	if (!m)
		return direct_load(p, size);
	mach_step(m);
	if (m->config.plain_memory)
		return direct_load(p, size);
	return mach_load(m, p, size, order & UMSI_HOSTED_ACQUIRE);
}

void umsi_hosted_store(void *p, unsigned int size, uint64_t value, enum umsi_hosted_order order)
{
	struct mach *m = mach_now;

	if (!m) {
		direct_store(p, size, value);
		return;
	}
	mach_step(m);
	if (m->config.plain_memory) {
		direct_store(p, size, value);
		return;
	}
	/*
	 * A strictness of this machine: "done" words are of 64 bits, and a release
	 * store orders memory only, not the look at the controller before it.
	 */
	if (m->running && size == 8 && order == UMSI_HOSTED_RELEASE && m->cpu->looked)
		mach_violate(m, "ORD", "release store by cpu%u does not order its register read before",
			     m->cpu->number);
	mach_store_word(m, mach_word(m, p, size), value, order == UMSI_HOSTED_RELEASE);
}

/* Reads and writes memory in one moment, after what must be visible before it. */
static uint64_t begin_rmw(struct mach *m, struct word *w, enum umsi_hosted_order order)
{
	struct cpu *c = m->cpu;

	if (order & UMSI_HOSTED_RELEASE)
		mach_store_memory_all(m, c);
	else
		mach_store_word_now(m, c, w);
	if (order & UMSI_HOSTED_ACQUIRE)
		mach_order_loads(m, c);
	return mach_plain((const void *)w->address, w->size);
}

bool umsi_hosted_cas(void *p, unsigned int size, uint64_t *expected, uint64_t desired,
		     enum umsi_hosted_order order)
{
	struct mach *m = mach_now;
	struct word *w;
	uint64_t was;

	if (!m)
		return direct_cas(p, size, expected, desired);
	mach_step(m);
	if (m->config.plain_memory)
		return direct_cas(p, size, expected, desired);
	w = mach_word(m, p, size);
	was = begin_rmw(m, w, order);
	if (was != *expected) {
		*expected = was;
		return false;
	}
	mach_word_commit(m, m->cpu, w, size == 4 ? (uint32_t)desired : desired);
	return true;
}

uint64_t umsi_hosted_rmw(void *p, unsigned int size, enum umsi_hosted_op op, uint64_t operand,
			 enum umsi_hosted_order order)
{
	struct mach *m = mach_now;
	struct word *w;
	uint64_t was, value;

	if (!m)
		return direct_rmw(p, size, op, operand);
	mach_step(m);
	if (m->config.plain_memory)
		return direct_rmw(p, size, op, operand);
	w = mach_word(m, p, size);
	was = begin_rmw(m, w, order);
	value = rmw_result(op, was, operand);
	mach_word_commit(m, m->cpu, w, size == 4 ? (uint32_t)value : value);
	return was;
}

void umsi_hosted_store128(void *p, uint64_t low, uint64_t high)
{
	struct mach *m = mach_need("umsi_hosted_store128");
	uint64_t *half = p;

	mach_step(m);
	if ((uintptr_t)p % 16)
		mach_violate(m, "MODEL", "a store of 16 bytes that is not aligned");
	mach_store_memory_all(m, m->cpu);
	mach_word_commit(m, m->cpu, mach_word(m, &half[1], 8), high);
	mach_word_commit(m, m->cpu, mach_word(m, &half[0], 8), low);
}

void umsi_hosted_barrier(enum umsi_hosted_barrier which)
{
	struct mach *m = mach_now;
	struct cpu *c;

	if (!m) {
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		return;
	}
	mach_step(m);
	c = m->cpu;
	switch (which) {
	case UMSI_BARRIER_PUBLISH_TO_MESSAGE:
	case UMSI_BARRIER_LINK_TO_KICK:
		c->fence_memory = c->issued + 1;
		c->published = false;
		break;
	case UMSI_BARRIER_CLAIM_TO_HANDLER:
		mach_order_loads(m, c);
		c->looked = false;
		break;
	case UMSI_BARRIER_FLUSH_TO_STAMP:
		mach_flush_complete(m, c);
		c->read_locked = false;
		mach_order_loads(m, c);
		break;
	case UMSI_BARRIER_REQ_TO_MARKER:
		c->marker_fenced = true;
		break;
	case UMSI_BARRIER_REQ_TO_LOOK:
		mach_order_loads(m, c);
		c->look_fenced = true;
		break;
	case UMSI_BARRIER_LOOK_TO_DONE:
		c->fence_all = c->issued + 1;
		c->read_locked = false;
		mach_order_loads(m, c);
		c->looked = false;
		break;
	case UMSI_BARRIERS:
		mach_violate(m, "MODEL", "no such barrier");
	}
	mach_trace(m, "barrier %", which, 0);
	if (m->config.barrier)
		m->config.barrier(m->config.barrier_arg, c->number, which);
}

uint64_t umsi_hosted_mmio_read(const volatile void *address, unsigned int width)
{
	struct mach *m = mach_need("umsi_hosted_mmio_read");
	uint64_t phys;

	mach_step(m);
	if (!mach_map_resolve(m, address, width, &phys))
		return UINT64_MAX;
	return mach_mmio_read(m, phys, width);
}

void umsi_hosted_mmio_write(volatile void *address, unsigned int width, uint64_t value)
{
	struct mach *m = mach_need("umsi_hosted_mmio_write");
	uint64_t phys;

	mach_step(m);
	if (mach_map_resolve(m, address, width, &phys))
		mach_mmio_write(m, phys, width, value);
}

uintptr_t umsi_hosted_irq_save(void)
{
	struct mach *m = mach_now;
	uintptr_t was;

	if (!m)
		return 0;
	mach_step(m);
	was = m->cpu->irq_on;
	m->cpu->irq_on = false;
	return was;
}

void umsi_hosted_irq_restore(uintptr_t state)
{
	if (mach_now && state)
		mach_irq_on(mach_now);
}

uint64_t umsi_hosted_msr_read(uint32_t msr)
{
	struct mach *m = mach_need("umsi_hosted_msr_read");

	mach_step(m);
	mach_store_target_now(m, m->cpu, m->cpu->number);
	return mach_msr_read(m, m->cpu, msr);
}

void umsi_hosted_msr_write(uint32_t msr, uint64_t value)
{
	struct mach *m = mach_need("umsi_hosted_msr_write");

	mach_step(m);
	mach_msr_write(m, msr, value);
}

uint64_t umsi_hosted_csr_read(unsigned int csr)
{
	struct mach *m = mach_need("umsi_hosted_csr_read");

	mach_step(m);
	return mach_csr_read(m, m->cpu, csr);
}

uint64_t umsi_hosted_csr_swap(unsigned int csr, uint64_t value)
{
	struct mach *m = mach_need("umsi_hosted_csr_swap");

	mach_step(m);
	return mach_csr_swap(m, m->cpu, csr, value);
}

void umsi_hosted_csr_set(unsigned int csr, uint64_t bits)
{
	struct mach *m = mach_need("umsi_hosted_csr_set");

	mach_step(m);
	mach_csr_bits(m, m->cpu, csr, bits, true);
}

void umsi_hosted_csr_clear(unsigned int csr, uint64_t bits)
{
	struct mach *m = mach_need("umsi_hosted_csr_clear");

	mach_step(m);
	mach_csr_bits(m, m->cpu, csr, bits, false);
}

uint64_t umsi_hosted_sysreg_read(enum umsi_hosted_sysreg reg)
{
	struct mach *m = mach_need("umsi_hosted_sysreg_read");

	mach_step(m);
	mach_store_target_now(m, m->cpu, m->cpu->number);
	return mach_icc_read(m, m->cpu, reg);
}

/* SGIs leave the CPU late and in order, as a device write would; the rest acts at once. */
void umsi_hosted_sysreg_write(enum umsi_hosted_sysreg reg, uint64_t value)
{
	struct mach *m = mach_need("umsi_hosted_sysreg_write");

	mach_step(m);
	if (reg == UMSI_ICC_SGI1R_EL1) {
		mach_mmio_write(m, ICC_WINDOW, 8, value);
		return;
	}
	mach_store_target_now(m, m->cpu, m->cpu->number);
	mach_icc_write(m, m->cpu, reg, value);
}
