/* SPDX-License-Identifier: MIT */
/* What every kernel has under some name: accesses to devices and to memory that devices read. */
#ifndef EXAMPLE_IO_H
#define EXAMPLE_IO_H

#include <stdint.h>

/* 32 bits, aligned, once. Writes to one device stay in order. */
uint32_t io_read(const volatile void *reg);
void io_write(volatile void *reg, uint32_t value);

/* Memory that a device reads: the store itself, then "all of them are visible to a write to a device from here on". */
void io_store(uint32_t *memory, uint32_t value);
void io_stored(void);

/* Behind a read: it has been answered before anything that follows. */
void io_answered(void);

#endif
