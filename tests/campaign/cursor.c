/* SPDX-License-Identifier: MIT */
#include "cursor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "isa.h"

/* struct totals is counters and nothing else. */
#define COUNTERS	(sizeof(struct totals) / sizeof(uint64_t))
_Static_assert(sizeof(struct totals) % sizeof(uint64_t) == 0, "counters of one size");

/* What was counted by one program says nothing about another. */
static uint64_t program(void)
{
	FILE *file = fopen("/proc/self/exe", "rb");
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	unsigned char room[65536];
	size_t n;

	while (file && (n = fread(room, 1, sizeof(room), file)))
		for (size_t i = 0; i < n; i++)
			sum = (sum ^ room[i]) * UINT64_C(0x100000001b3);
	if (file)
		fclose(file);
	return sum;
}

static void title(char room[128], const struct isa *isa, uint64_t first)
{
	snprintf(room, 128, "campaign isa=%s first=%" PRIu64 " program=%016" PRIx64 "\n", isa->name, first, program());
}

bool cursor_read(const char *name, const struct isa *isa, uint64_t first, struct cursor *c)
{
	FILE *file = fopen(name, "r");
	uint64_t *counter = (uint64_t *)&c->totals;
	char line[128] = "", expected[128];
	bool good;

	*c = (struct cursor){ .next = first };
	if (!file)
		return errno == ENOENT;
	title(expected, isa, first);
	good = fgets(line, sizeof(line), file) && !strcmp(line, expected) &&
	       fscanf(file, "%" SCNu64 " %" SCNu64, &c->next, &c->violations) == 2;
	for (size_t i = 0; good && i < COUNTERS; i++)
		good = fscanf(file, "%" SCNu64, &counter[i]) == 1;
	fclose(file);
	errno = good ? 0 : EINVAL;
	return good;
}

/* Either the old text or the new. */
bool cursor_write(const char *name, const struct isa *isa, uint64_t first, const struct cursor *c)
{
	const uint64_t *counter = (const uint64_t *)&c->totals;
	char beside[4096], line[128];
	bool good;
	FILE *file;

	if (snprintf(beside, sizeof(beside), "%s.new", name) >= (int)sizeof(beside))
		return false;
	file = fopen(beside, "w");
	if (!file)
		return false;
	title(line, isa, first);
	good = fputs(line, file) >= 0 && fprintf(file, "%" PRIu64 " %" PRIu64 "\n", c->next, c->violations) > 0;
	for (size_t i = 0; good && i < COUNTERS; i++)
		good = fprintf(file, "%" PRIu64 "\n", counter[i]) > 0;
	return !fclose(file) && good && !rename(beside, name);
}
