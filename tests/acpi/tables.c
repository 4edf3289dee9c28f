/* SPDX-License-Identifier: MIT */
#include "tables.h"

#include <string.h>

void table_begin(struct table *t, const char *signature, uint32_t fixed_bytes)
{
	memset(t, 0, sizeof(*t));
	memcpy(t->byte, signature, 4);
	t->byte[8] = 1;
	memcpy(t->byte + 10, "BOCHS ", 6);
	t->bytes = fixed_bytes;
}

void table_put(struct table *t, const void *entry, uint32_t bytes)
{
	memcpy(t->byte + t->bytes, entry, bytes);
	t->bytes += bytes;
}

void table_set(struct table *t, uint32_t at, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		t->byte[at + i] = (unsigned char)(value >> 8 * i);
}

void table_end(struct table *t)
{
	unsigned char sum = 0;

	table_set(t, 4, t->bytes, 4);
	t->byte[9] = 0;
	for (uint32_t i = 0; i < t->bytes; i++)
		sum = (unsigned char)(sum + t->byte[i]);
	t->byte[9] = (unsigned char)-sum;
}

void table_madt(struct table *t)
{
	static const unsigned char entries[] = {
		0, 8, 0, 0, 1, 0, 0, 0,				/* at 44 */
		0, 8, 1, 1, 1, 0, 0, 0,				/* at 52 */
		0, 8, 2, 2, 0, 0, 0, 0,				/* at 60 */
		1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0,	/* at 68 */
		2, 10, 0, 0, 2, 0, 0, 0, 0, 0,			/* at 80 */
		2, 10, 0, 5, 5, 0, 0, 0, 0x0d, 0,		/* at 90 */
		2, 10, 0, 9, 9, 0, 0, 0, 0x0f, 0,		/* at 100 */
		4, 6, 0xff, 0, 0, 1,				/* at 110: local APIC NMI */
	};

	table_begin(t, "APIC", 44);
	table_set(t, 36, 0xfee00000, 4);
	table_set(t, 40, 1, 4);
	table_put(t, entries, sizeof(entries));
	table_end(t);
}

void table_mcfg(struct table *t)
{
	table_begin(t, "MCFG", 60);
	table_set(t, 44, 0xb0000000, 8);
	t->byte[55] = 255;
	table_end(t);
}

void table_hpet(struct table *t)
{
	table_begin(t, "HPET", 56);
	table_set(t, 36, 0x8086a201, 4);
	table_set(t, 44, 0xfed00000, 8);
	table_end(t);
}
