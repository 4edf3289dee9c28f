/* SPDX-License-Identifier: MIT */
/*
 * arch/hosted/umsi_hosted.h on real atomics, each of exactly the order it was asked for: TSan
 * and the processor see what the library says, not more.
 */
#include "umsi_hosted.h"

#include <stdlib.h>

#include "box.h"
#include "bus.h"

uint64_t umsi_hosted_load(const void *p, unsigned int size, enum umsi_hosted_order order)
{
	bool acquire = order & UMSI_HOSTED_ACQUIRE;

	cpu_point();
	if (size == 4)
		return acquire ? __atomic_load_n((const uint32_t *)p, __ATOMIC_ACQUIRE) :
				 __atomic_load_n((const uint32_t *)p, __ATOMIC_RELAXED);
	return acquire ? __atomic_load_n((const uint64_t *)p, __ATOMIC_ACQUIRE) :
			 __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED);
}

void umsi_hosted_store(void *p, unsigned int size, uint64_t value, enum umsi_hosted_order order)
{
	bool release = order & UMSI_HOSTED_RELEASE;

	cpu_point();
	if (size == 4 && release)
		__atomic_store_n((uint32_t *)p, (uint32_t)value, __ATOMIC_RELEASE);
	else if (size == 4)
		__atomic_store_n((uint32_t *)p, (uint32_t)value, __ATOMIC_RELAXED);
	else if (release)
		__atomic_store_n((uint64_t *)p, value, __ATOMIC_RELEASE);
	else
		__atomic_store_n((uint64_t *)p, value, __ATOMIC_RELAXED);
}

/* Every caller asks for both orders. */
bool umsi_hosted_cas(void *p, unsigned int size, uint64_t *expected, uint64_t desired,
		     enum umsi_hosted_order order)
{
	uint32_t was = (uint32_t)*expected;
	bool done;

	(void)order;
	cpu_point();
	if (size == 8)
		return __atomic_compare_exchange_n((uint64_t *)p, expected, desired, false,
						   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	done = __atomic_compare_exchange_n((uint32_t *)p, &was, (uint32_t)desired, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	*expected = was;
	return done;
}

static uint64_t rmw32(uint32_t *p, enum umsi_hosted_op op, uint32_t operand)
{
	switch (op) {
	case UMSI_HOSTED_ADD:
		return __atomic_fetch_add(p, operand, __ATOMIC_ACQ_REL);
	case UMSI_HOSTED_OR:
		return __atomic_fetch_or(p, operand, __ATOMIC_ACQ_REL);
	case UMSI_HOSTED_AND:
		return __atomic_fetch_and(p, operand, __ATOMIC_ACQ_REL);
	case UMSI_HOSTED_XCHG:
		break;
	}
	return __atomic_exchange_n(p, operand, __ATOMIC_ACQ_REL);
}

static uint64_t rmw64(uint64_t *p, enum umsi_hosted_op op, uint64_t operand)
{
	switch (op) {
	case UMSI_HOSTED_ADD:
		return __atomic_fetch_add(p, operand, __ATOMIC_ACQ_REL);
	case UMSI_HOSTED_OR:
		return __atomic_fetch_or(p, operand, __ATOMIC_ACQ_REL);
	case UMSI_HOSTED_AND:
		return __atomic_fetch_and(p, operand, __ATOMIC_ACQ_REL);
	case UMSI_HOSTED_XCHG:
		break;
	}
	return __atomic_exchange_n(p, operand, __ATOMIC_ACQ_REL);
}

uint64_t umsi_hosted_rmw(void *p, unsigned int size, enum umsi_hosted_op op, uint64_t operand,
			 enum umsi_hosted_order order)
{
	(void)order;
	cpu_point();
	return size == 4 ? rmw32(p, op, (uint32_t)operand) : rmw64(p, op, operand);
}

/* The barriers between two device accesses, or a load and one, are the processor's: see bus.h. */
void umsi_hosted_barrier(enum umsi_hosted_barrier which)
{
	cpu_point();
	switch (which) {
	case UMSI_BARRIER_PUBLISH_TO_MESSAGE:
	case UMSI_BARRIER_LINK_TO_KICK:
		bus_memory_before_writes();
		break;
	case UMSI_BARRIER_CLAIM_TO_HANDLER:
	case UMSI_BARRIER_FLUSH_TO_STAMP:
	case UMSI_BARRIER_LOOK_TO_DONE:
		bus_reads_before_memory();
		break;
	default:
		break;
	}
}

uint64_t umsi_hosted_mmio_read(const volatile void *address, unsigned int width)
{
	uint32_t value;

	cpu_point();
	if (width == 4 && function_read(address, &value))
		return value;
	wrong("reads %u bytes of no register", width);
	return UINT64_MAX;
}

void umsi_hosted_mmio_write(volatile void *address, unsigned int width, uint64_t value)
{
	bool done = false;

	cpu_point();
	if (width == 4 && function_write(address, (uint32_t)value))
		return;
	for (umsi_cpu cpu = 0; cpu < BOX_CPUS; cpu++) {
		if (address != (volatile void *)cpus[cpu].file.page)
			continue;
		bus_write_begin();
		done = file_deliver(file_phys(cpu), (uint32_t)value);
		bus_write_end();
	}
	if (!done)
		wrong("writes %u bytes of no register", width);
}

uintptr_t umsi_hosted_irq_save(void)
{
	return cpu_irq_off();
}

void umsi_hosted_irq_restore(uintptr_t state)
{
	if (state)
		cpu_irq_on();
}
