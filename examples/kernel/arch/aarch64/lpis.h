/* SPDX-License-Identifier: MIT */
#ifndef LPIS_H
#define LPIS_H

#include <stdbool.h>
#include <stdint.h>

/* Allocates, fires and frees @count LPIs, all owned at once. */
bool lpis_fire(uint32_t count);

#endif
