/* SPDX-License-Identifier: MIT */
/* The accesses of the example drivers, on the machine. */
#include "examples/ims/io.h"

#include "umsi_hosted.h"

uint32_t io_read(const volatile void *reg)
{
	return (uint32_t)umsi_hosted_mmio_read(reg, 4);
}

void io_write(volatile void *reg, uint32_t value)
{
	umsi_hosted_mmio_write(reg, 4, value);
}

void io_store(uint32_t *memory, uint32_t value)
{
	umsi_hosted_store(memory, 4, value, UMSI_HOSTED_RELAXED);
}

void io_stored(void)
{
	umsi_hosted_barrier(UMSI_BARRIER_PUBLISH_TO_MESSAGE);
}

void io_answered(void)
{
	umsi_hosted_barrier(UMSI_BARRIER_FLUSH_TO_STAMP);
}
