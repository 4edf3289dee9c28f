/* SPDX-License-Identifier: MIT */
/* Tables made byte by byte, as the q35 board's firmware writes them and otherwise. */
#ifndef TESTS_ACPI_TABLES_H
#define TESTS_ACPI_TABLES_H

#include <stddef.h>
#include <stdint.h>

struct table {
	unsigned char byte[512];
	uint32_t bytes;
};

void table_begin(struct table *t, const char *signature, uint32_t fixed_bytes);
void table_put(struct table *t, const void *entry, uint32_t bytes);
void table_set(struct table *t, uint32_t at, uint64_t value, unsigned int bytes);
/* Length and checksum, as they must be. */
void table_end(struct table *t);

/* Three CPUs (ids 0, 1, 2; 2 disabled), one I/O APIC at 0xfec00000, three overrides. */
void table_madt(struct table *t);
/* Buses 0 to 255 of segment 0 at 0xb0000000. */
void table_mcfg(struct table *t);
/* 0xfed00000. */
void table_hpet(struct table *t);

#endif
