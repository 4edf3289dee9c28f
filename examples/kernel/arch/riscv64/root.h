/* SPDX-License-Identifier: MIT */
/* What interrupts end at: interrupt files, or an APLIC that delivers directly. */
#ifndef ROOT_H
#define ROOT_H

#include <stdbool.h>
#include <stdint.h>

bool root_is_direct(void);

/* The group of a CPU's interrupt file, and how many there are; one group where there are none. */
uint32_t root_group(uint32_t cpu);
uint32_t root_groups(void);

#endif
