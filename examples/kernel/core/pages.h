/* SPDX-License-Identifier: MIT */
/* Memory: runs of pages, and smaller pieces in powers of two. */
#ifndef PAGES_H
#define PAGES_H

#include <stddef.h>
#include <stdint.h>

#define PAGE	4096ul

/* [@first, @first + @bytes): page aligned, nobody else's. */
void pages_init(uint64_t first, uint64_t bytes);

/* Zeroed, aligned to 64 bytes (a page for a page and more). NULL when there is none. */
void *memory_alloc(size_t bytes);
void memory_free(void *memory, size_t bytes);

/* The same, aligned to @align, a power of two. */
void *memory_alloc_aligned(size_t bytes, size_t align);
void memory_free_aligned(void *memory, size_t bytes, size_t align);

uint64_t memory_in_use(void);

#endif
