/* SPDX-License-Identifier: MIT */
/* LIBS: -lfdt */
/*
 * Damaged trees: whatever umsi_fdt_open() accepts must be readable to the last
 * byte, agree with libfdt, and be accepted by libfdt's own full check too.
 * Each blob lies in memory of its exact size, so that the sanitizers see the
 * first byte read beyond it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "against_libfdt.h"
#include "qemu_trees.h"
#include "read_all.h"
#include "tree.h"

#define MUTANTS_PER_TREE	25000
#define SEED			UINT64_C(0x75e5d5eed)

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint32_t below(uint64_t *state, size_t limit)
{
	return (uint32_t)(next_random(state) % limit);
}

static uint32_t interesting_word(uint64_t *state, size_t bytes)
{
	static const uint32_t words[] = {
		0, 1, 2, 3, 4, 9, 5, 8, 16, 17, 18, 63, 64, 127, 0x7fffffff, 0x80000000,
		0xfffffffc, 0xffffffff, 0x00fffff0,
	};
	uint32_t kind = below(state, 4);

	if (kind == 0)
		return below(state, bytes + 8);
	if (kind == 1)
		return (uint32_t)next_random(state);
	return words[below(state, sizeof(words) / sizeof(words[0]))];
}

/* One wound: a bit, a byte, a word, a header word, or two words exchanged. */
static void wound(unsigned char *blob, size_t bytes, uint64_t *state)
{
	size_t words = bytes / 4;
	uint32_t at = below(state, words) * 4;
	uint32_t other = below(state, words) * 4;
	unsigned char saved[4];
	fdt32_t word;

	switch (below(state, 8)) {
	case 0:
		blob[below(state, bytes)] ^= (unsigned char)(1u << below(state, 8));
		return;
	case 1:
		blob[below(state, bytes)] = (unsigned char)next_random(state);
		return;
	case 2:
		at = below(state, H_WORDS) * 4;
		break;
	case 3:
		memcpy(saved, blob + at, 4);
		memcpy(blob + at, blob + other, 4);
		memcpy(blob + other, saved, 4);
		return;
	default:
		break;
	}
	word = cpu_to_fdt32(interesting_word(state, bytes));
	memcpy(blob + at, &word, 4);
}

/* What our reader refuses and libfdt reads: each is a rule of the specification, or ours. */
static bool stricter_than_libfdt(const char *what, int status)
{
	static const struct {
		const char *what;
		int status;
	} rules[] = {
		{ "version", UMSI_EFW_VERSION },
		{ "off_mem_rsvmap", UMSI_EFW_BOUNDS },		/* not aligned, in the header, over another block */
		{ "off_mem_rsvmap", UMSI_EFW_TRUNCATED },	/* libfdt: any size of 0 ends it */
		{ "off_dt_struct", UMSI_EFW_BOUNDS },		/* not aligned, in the header */
		{ "off_dt_strings", UMSI_EFW_BOUNDS },		/* in the header, over another block */
		{ "structure block", UMSI_EFW_STRUCTURE },	/* properties after subnodes, no root or two, FDT_END too early */
		{ "structure block", UMSI_EFW_STRING },		/* a property or a node without a name */
		{ "structure block", UMSI_EFW_DEPTH },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (status == rules[i].status && !strcmp(what, rules[i].what))
			return true;
	}
	return false;
}

/*
 * libfdt 1.6.1 adds a property's length to the offset without looking for
 * overflow: 0xffffffff is a step backwards by one to it.
 */
static bool length_wraps_in_libfdt(const unsigned char *blob, const struct umsi_fdt_error *error, int status)
{
	return !strcmp(error->what, "structure block") && status == UMSI_EFW_BOUNDS &&
	       fdt32_ld((const fdt32_t *)(blob + error->offset + 4)) > 0xffff0000;
}

/* fdt_check_full() of libfdt 1.6.1 dereferences NULL at some trees of versions before 16. */
static bool libfdt_may_crash(const void *blob)
{
	return fdt_magic(blob) == FDT_MAGIC && fdt_version(blob) < 16;
}

struct tally {
	uint32_t both, neither, only_theirs, not_asked;
};

static void judge(const char *name, uint64_t seed, const void *blob, size_t bytes,
		  struct tally *tally)
{
	struct umsi_fdt_error error = { 0 };
	struct same_tree same;
	struct umsi_fdt fdt;
	const char *wrong;
	int ours = umsi_fdt_open(blob, bytes, &fdt, &error);
	int theirs;

	if (ours && (!error.what || error.offset > bytes))
		fail_msg("%s, seed %#llx: refused without a reason", name,
			 (unsigned long long)seed);
	if (ours && libfdt_may_crash(blob)) {
		tally->not_asked++;
		return;
	}
	theirs = fdt_check_full(blob, bytes);
	if (ours) {
		if (!theirs && !stricter_than_libfdt(error.what, ours) &&
		    !length_wraps_in_libfdt(blob, &error, ours))
			fail_msg("%s, seed %#llx: only we refuse: %s", name,
				 (unsigned long long)seed, error.what);
		tally->neither += theirs != 0;
		tally->only_theirs += theirs == 0;
		return;
	}
	if (theirs)
		fail_msg("%s, seed %#llx: only we accept; libfdt: %s", name,
			 (unsigned long long)seed, fdt_strerror(theirs));
	wrong = differs_from_libfdt(blob, &fdt, false, &same);
	if (!wrong)
		wrong = find_everything(&fdt);
	if (wrong)
		fail_msg("%s, seed %#llx: %s", name, (unsigned long long)seed, wrong);
	tally->both++;
}

static void damaged_trees_are_refused_or_readable(void **state)
{
	static const char *const names[] = { "imsic-1", "imsic-4", "sockets-2", "plic" };
	struct tally tally = { 0 };

	(void)state;
	for (size_t i = 0; i < QEMU_TREES; i++) {
		const struct qemu_tree *from = &qemu_trees[i];
		unsigned char *whole, *blob;
		bool chosen = false;
		size_t bytes;

		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++)
			chosen |= !strcmp(names[j], from->name);
		if (!chosen)
			continue;
		whole = tree_of_qemu(from->isa, from->name, from->options, &bytes);
		assert_non_null(whole);
		blob = malloc(bytes);
		assert_non_null(blob);
		for (uint64_t mutant = 0; mutant < MUTANTS_PER_TREE; mutant++) {
			uint64_t seed = SEED + (mutant << 8 | i);
			uint64_t random = seed;
			uint32_t wounds = 1 + below(&random, 4);

			memcpy(blob, whole, bytes);
			while (wounds--)
				wound(blob, bytes, &random);
			judge(from->name, seed, blob, bytes, &tally);
		}
		free(blob);
		free(whole);
	}
	print_message("%u accepted by both, %u refused by both, %u by our reader only, %u not put to libfdt\n",
		      tally.both, tally.neither, tally.only_theirs, tally.not_asked);
	/* Wounds that hit values leave a readable tree; those that hit tokens do not. */
	assert_true(tally.both > 10000 && tally.neither > 10000);
}

static void cut_trees_are_refused(void **state)
{
	struct umsi_fdt_error error;
	struct umsi_fdt fdt;
	size_t bytes;
	unsigned char *whole = tree_of_qemu("riscv64", "cut", ",aia=aplic-imsic -smp 1", &bytes);

	(void)state;
	assert_non_null(whole);
	for (size_t left = 0; left < bytes; left++) {
		unsigned char *blob = malloc(left ? left : 1);

		assert_non_null(blob);
		memcpy(blob, whole, left);
		assert_int_equal(umsi_fdt_open(blob, left, &fdt, &error), UMSI_EFW_TRUNCATED);
		if (left >= 40) {
			fdt_set_totalsize(blob, (uint32_t)left);
			assert_int_not_equal(umsi_fdt_open(blob, left, &fdt, &error), UMSI_OK);
		}
		free(blob);
	}
	assert_int_equal(umsi_fdt_open(whole, bytes, &fdt, &error), UMSI_OK);
	/* More memory than totalsize is no fault: loaders pad. */
	whole = realloc(whole, bytes + 100);
	assert_non_null(whole);
	assert_int_equal(umsi_fdt_open(whole, bytes + 100, &fdt, &error), UMSI_OK);
	assert_int_equal(fdt.bytes, bytes);
	free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_trees_are_refused_or_readable),
		cmocka_unit_test(cut_trees_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
