/* SPDX-License-Identifier: MIT */
/*
 * The machine for a host that brings hooks of its own: what such hooks have
 * to reach. machine/hooks.c is the other host; link one of the two.
 */
#ifndef MACH_DIRECT_HOST_H
#define MACH_DIRECT_HOST_H

#include "machine.h"

/* Configuration space as a CPU sees it, 1, 2 or 4 bytes; all-ones when nobody answers. */
uint32_t mach_config_read(struct mach *m, uint32_t requester_id, uint16_t offset, unsigned int width);
void mach_config_write(struct mach *m, uint32_t requester_id, uint16_t offset, unsigned int width,
		       uint32_t value);

/* A window on device registers for the seam's accesses; NULL: no address space left. */
void *mach_map(struct mach *m, uint64_t phys, size_t bytes);
void mach_unmap(struct mach *m, void *mapped, size_t bytes);

uint64_t mach_time_ns(struct mach *m);

#endif
