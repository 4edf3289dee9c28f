/* SPDX-License-Identifier: MIT */
/* LIBS: -lfdt */
/* Trees that are wrong in one way each, and what the reader says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <umsi/fdt.h>

#include "tree.h"

/* A tree with nothing wrong: two levels, two properties. */
static void write_good(struct tree *tree)
{
	tree_start(tree);
	tree_begin(tree, "");
	tree_text(tree, "compatible", "a,machine");
	tree_begin(tree, "child@1");
	tree_cell(tree, "reg", 1);
	tree_end(tree);
	tree_end(tree);
	tree_finish(tree);
}

static uint32_t good_total(void)
{
	struct tree tree;
	size_t bytes;

	write_good(&tree);
	free(tree_blob(&tree, &bytes));
	return (uint32_t)bytes;
}

/* ---- Header ---- */

static void magic(struct tree *t) { tree_spoil(t, H_MAGIC, 0xd00dfeec); }
static void magic_swapped(struct tree *t) { tree_spoil(t, H_MAGIC, 0xedfe0dd0); }
static void version_16(struct tree *t) { tree_spoil(t, H_VERSION, 16); }
static void version_0(struct tree *t) { tree_spoil(t, H_VERSION, 0); }

static void compatible_with_18(struct tree *t)
{
	tree_spoil(t, H_VERSION, 18);
	tree_spoil(t, H_LAST_COMP, 18);
}

static void compatible_with_all_ones(struct tree *t) { tree_spoil(t, H_LAST_COMP, UINT32_MAX); }
static void total_below_header(struct tree *t) { tree_spoil(t, H_TOTALSIZE, 39); }
static void total_0(struct tree *t) { tree_spoil(t, H_TOTALSIZE, 0); }
static void total_one_more(struct tree *t) { tree_spoil(t, H_TOTALSIZE, good_total() + 1); }
static void total_one_less(struct tree *t) { tree_spoil(t, H_TOTALSIZE, good_total() - 1); }
static void total_2_gib(struct tree *t) { tree_spoil(t, H_TOTALSIZE, 0x80000000); }

/* ---- Blocks ---- */

static void structure_unaligned(struct tree *t) { tree_spoil(t, H_OFF_STRUCT, 58); }
static void structure_size_odd(struct tree *t) { tree_spoil(t, H_SIZE_STRUCT, t->structure_bytes - 2); }
static void structure_in_header(struct tree *t) { tree_spoil(t, H_OFF_STRUCT, 36); }
static void structure_past_end(struct tree *t) { tree_spoil(t, H_OFF_STRUCT, 0x10000); }
static void structure_too_long(struct tree *t) { tree_spoil(t, H_SIZE_STRUCT, 0x10000); }
static void structure_wraps(struct tree *t) { tree_spoil(t, H_SIZE_STRUCT, 0xfffffffc); }
static void strings_past_end(struct tree *t) { tree_spoil(t, H_OFF_STRINGS, UINT32_MAX); }
static void strings_too_long(struct tree *t) { tree_spoil(t, H_SIZE_STRINGS, t->strings_bytes + 1); }
static void strings_wrap(struct tree *t) { tree_spoil(t, H_SIZE_STRINGS, UINT32_MAX); }
static void strings_in_header(struct tree *t) { tree_spoil(t, H_OFF_STRINGS, 0); }

static void strings_over_structure(struct tree *t)
{
	tree_spoil(t, H_OFF_STRINGS, TREE_RSVMAP + 16 + t->structure_bytes - 4);
}

static void reservations_unaligned(struct tree *t) { tree_spoil(t, H_OFF_RSVMAP, 44); }
static void reservations_in_header(struct tree *t) { tree_spoil(t, H_OFF_RSVMAP, 32); }
static void reservations_past_end(struct tree *t) { tree_spoil(t, H_OFF_RSVMAP, 0x10000); }

static void reservations_without_end(struct tree *t)
{
	t->reservation_words = 4;
	t->reservations[0] = 0x80000000;
	t->reservations[1] = 0x1000;
	t->reservations[3] = 1;		/* address 0, one byte: not the end */
	t->structure_bytes = 0;
	t->strings_bytes = 0;
}

/* Nor is an entry of no bytes elsewhere the end. */
static void reservations_without_address_0(struct tree *t)
{
	reservations_without_end(t);
	t->reservations[2] = 0x90000000;
	t->reservations[3] = 0;
}

/* The first all-zero entry lies beyond the start of the structure block. */
static void reservations_over_structure(struct tree *t)
{
	t->reservation_words = 2;
	t->reservations[0] = 0x80000000;
	t->reservations[1] = 0x1000;
	memset(t->structure, 0, 64);
}

/* ---- Structure ---- */

static void no_nodes(struct tree *t)
{
	tree_start(t);
	tree_finish(t);
}

static void empty_structure(struct tree *t) { tree_start(t); }

static void no_end(struct tree *t) { t->structure_bytes -= 4; }

static void no_end_of_root(struct tree *t)
{
	t->structure_bytes -= 8;
	tree_finish(t);
}

static void end_of_node_too_many(struct tree *t)
{
	t->structure_bytes -= 4;
	tree_end(t);
	tree_finish(t);
}

static void end_before_end(struct tree *t) { tree_word(t, 4); }

static void two_roots(struct tree *t)
{
	t->structure_bytes -= 4;
	tree_begin(t, "");
	tree_end(t);
	tree_finish(t);
}

static void property_before_root(struct tree *t)
{
	tree_start(t);
	tree_cell(t, "reg", 1);
	tree_begin(t, "");
	tree_end(t);
	tree_finish(t);
}

static void property_after_root(struct tree *t)
{
	t->structure_bytes -= 4;
	tree_cell(t, "reg", 1);
	tree_finish(t);
}

static void property_after_child(struct tree *t)
{
	t->structure_bytes -= 8;
	tree_cell(t, "reg", 1);
	tree_end(t);
	tree_finish(t);
}

static void token(struct tree *t, uint32_t word)
{
	t->structure_bytes -= 8;
	tree_word(t, word);
	tree_end(t);
	tree_finish(t);
}

static void token_0(struct tree *t) { token(t, 0); }
static void token_5(struct tree *t) { token(t, 5); }
static void token_little_endian(struct tree *t) { token(t, 0x01000000); }

static void child_without_name(struct tree *t)
{
	t->structure_bytes -= 8;
	tree_begin(t, "");
	tree_end(t);
	tree_end(t);
	tree_finish(t);
}

static void root_with_name(struct tree *t)
{
	tree_start(t);
	tree_begin(t, "/");
	tree_end(t);
	tree_finish(t);
}

static void name_without_nul(struct tree *t)
{
	t->structure_bytes -= 8;
	tree_word(t, 1);
	tree_word(t, 0x61626364);
}

static void header_of_property_cut(struct tree *t)
{
	t->structure_bytes -= 8;
	tree_word(t, 3);
	tree_word(t, 0);
}

static void property_length(struct tree *t, uint32_t bytes)
{
	tree_start(t);
	tree_begin(t, "");
	tree_word(t, 3);
	tree_word(t, bytes);
	tree_word(t, 0);
	tree_end(t);
	tree_finish(t);
	memcpy(t->strings, "reg", 4);
	t->strings_bytes = 4;
}

static void property_too_long(struct tree *t) { property_length(t, 9); }
static void property_wraps(struct tree *t) { property_length(t, 0xfffffff8); }
/* Its value would be the rest of the block, padding and all. */
static void property_to_the_end(struct tree *t) { property_length(t, 8); }

static void property_name(struct tree *t, uint32_t offset)
{
	property_length(t, 0);
	t->structure[19] = (unsigned char)offset;
	t->structure[18] = (unsigned char)(offset >> 8);
}

static void property_name_outside(struct tree *t) { property_name(t, 4); }
static void property_name_far_outside(struct tree *t) { property_name(t, 0xffff); }
static void property_without_name(struct tree *t) { property_name(t, 3); }

static void property_name_without_nul(struct tree *t)
{
	property_name(t, 0);
	t->strings_bytes = 3;
}

static void no_strings(struct tree *t)
{
	property_name(t, 0);
	t->strings_bytes = 0;
}

static void nested(struct tree *t, int levels)
{
	tree_start(t);
	tree_begin(t, "");
	for (int i = 1; i < levels; i++)
		tree_begin(t, "n");
	for (int i = 0; i < levels; i++)
		tree_end(t);
	tree_finish(t);
}

static void nested_33(struct tree *t) { nested(t, UMSI_FDT_DEPTH_MAX + 1); }
static void nested_500(struct tree *t) { nested(t, 500); }

static const struct {
	void (*spoil)(struct tree *tree);
	int status;
	const char *what;
} rows[] = {
	{ magic, UMSI_EFW_MAGIC, "magic" },
	{ magic_swapped, UMSI_EFW_MAGIC, "magic" },
	{ version_16, UMSI_EFW_VERSION, "version" },
	{ version_0, UMSI_EFW_VERSION, "version" },
	{ compatible_with_18, UMSI_EFW_VERSION, "last_comp_version" },
	{ compatible_with_all_ones, UMSI_EFW_VERSION, "last_comp_version" },
	{ total_below_header, UMSI_EFW_BOUNDS, "totalsize" },
	{ total_0, UMSI_EFW_BOUNDS, "totalsize" },
	{ total_one_more, UMSI_EFW_TRUNCATED, "totalsize" },
	{ total_one_less, UMSI_EFW_BOUNDS, "off_dt_strings" },
	{ total_2_gib, UMSI_EFW_BOUNDS, "totalsize" },
	{ structure_unaligned, UMSI_EFW_BOUNDS, "off_dt_struct" },
	{ structure_size_odd, UMSI_EFW_BOUNDS, "off_dt_struct" },
	{ structure_in_header, UMSI_EFW_BOUNDS, "off_dt_struct" },
	{ structure_past_end, UMSI_EFW_BOUNDS, "off_dt_struct" },
	{ structure_too_long, UMSI_EFW_BOUNDS, "off_dt_struct" },
	{ structure_wraps, UMSI_EFW_BOUNDS, "off_dt_struct" },
	{ strings_past_end, UMSI_EFW_BOUNDS, "off_dt_strings" },
	{ strings_too_long, UMSI_EFW_BOUNDS, "off_dt_strings" },
	{ strings_wrap, UMSI_EFW_BOUNDS, "off_dt_strings" },
	{ strings_in_header, UMSI_EFW_BOUNDS, "off_dt_strings" },
	{ strings_over_structure, UMSI_EFW_BOUNDS, "off_dt_strings" },
	{ reservations_unaligned, UMSI_EFW_BOUNDS, "off_mem_rsvmap" },
	{ reservations_in_header, UMSI_EFW_BOUNDS, "off_mem_rsvmap" },
	{ reservations_past_end, UMSI_EFW_BOUNDS, "off_mem_rsvmap" },
	{ reservations_without_end, UMSI_EFW_TRUNCATED, "off_mem_rsvmap" },
	{ reservations_without_address_0, UMSI_EFW_TRUNCATED, "off_mem_rsvmap" },
	{ reservations_over_structure, UMSI_EFW_BOUNDS, "off_mem_rsvmap" },
	{ no_nodes, UMSI_EFW_STRUCTURE, "structure block" },
	{ empty_structure, UMSI_EFW_TRUNCATED, "structure block" },
	{ no_end, UMSI_EFW_TRUNCATED, "structure block" },
	{ no_end_of_root, UMSI_EFW_STRUCTURE, "structure block" },
	{ end_of_node_too_many, UMSI_EFW_STRUCTURE, "structure block" },
	{ end_before_end, UMSI_EFW_STRUCTURE, "structure block" },
	{ two_roots, UMSI_EFW_STRUCTURE, "structure block" },
	{ property_before_root, UMSI_EFW_STRUCTURE, "structure block" },
	{ property_after_root, UMSI_EFW_STRUCTURE, "structure block" },
	{ property_after_child, UMSI_EFW_STRUCTURE, "structure block" },
	{ token_0, UMSI_EFW_STRUCTURE, "structure block" },
	{ token_5, UMSI_EFW_STRUCTURE, "structure block" },
	{ token_little_endian, UMSI_EFW_STRUCTURE, "structure block" },
	{ child_without_name, UMSI_EFW_STRING, "structure block" },
	{ root_with_name, UMSI_EFW_STRING, "structure block" },
	{ name_without_nul, UMSI_EFW_STRING, "structure block" },
	{ header_of_property_cut, UMSI_EFW_TRUNCATED, "structure block" },
	{ property_too_long, UMSI_EFW_BOUNDS, "structure block" },
	{ property_wraps, UMSI_EFW_BOUNDS, "structure block" },
	{ property_to_the_end, UMSI_EFW_TRUNCATED, "structure block" },
	{ property_name_outside, UMSI_EFW_BOUNDS, "structure block" },
	{ property_name_far_outside, UMSI_EFW_BOUNDS, "structure block" },
	{ property_without_name, UMSI_EFW_STRING, "structure block" },
	{ property_name_without_nul, UMSI_EFW_STRING, "structure block" },
	{ no_strings, UMSI_EFW_BOUNDS, "structure block" },
	{ nested_33, UMSI_EFW_DEPTH, "structure block" },
	{ nested_500, UMSI_EFW_DEPTH, "structure block" },
};

static void each_fault_is_named(void **state)
{
	const size_t count = sizeof(rows) / sizeof(rows[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct umsi_fdt_error error = { UINT32_MAX, NULL };
		struct umsi_fdt fdt = { .bytes = 0x5a5a5a5a };
		struct tree tree;
		size_t bytes;
		void *blob;
		int status;

		write_good(&tree);
		rows[i].spoil(&tree);
		blob = tree_blob(&tree, &bytes);
		status = umsi_fdt_open(blob, bytes, &fdt, &error);
		if (status != rows[i].status || !error.what || strcmp(error.what, rows[i].what))
			fail_msg("row %zu: expected %d (%s), got %d (%s) at 0x%x", i,
				 rows[i].status, rows[i].what, status,
				 error.what ? error.what : "nothing", error.offset);
		assert_true(error.offset <= bytes);
		assert_int_equal(fdt.bytes, 0x5a5a5a5a);
		free(blob);
	}
	print_message("%zu malformed trees\n", count);
}

/* Where the fault is: at the token, at the header field. */
static void the_offset_leads_to_the_fault(void **state)
{
	struct umsi_fdt_error error;
	struct umsi_fdt fdt;
	struct tree tree;
	size_t bytes;
	void *blob;

	(void)state;
	write_good(&tree);
	token_5(&tree);
	blob = tree_blob(&tree, &bytes);
	assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, &error), UMSI_EFW_STRUCTURE);
	/* header, one reservation entry, then all but the last three words */
	assert_int_equal(error.offset, 40 + 16 + tree.structure_bytes - 12);
	free(blob);

	write_good(&tree);
	compatible_with_18(&tree);
	blob = tree_blob(&tree, &bytes);
	assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, &error), UMSI_EFW_VERSION);
	assert_int_equal(error.offset, 4 * H_LAST_COMP);
	assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_EFW_VERSION);
	free(blob);
}

static void bad_arguments_are_refused(void **state)
{
	struct umsi_fdt fdt;
	struct tree tree;
	unsigned char *blob, *moved;
	size_t bytes;

	(void)state;
	write_good(&tree);
	blob = tree_blob(&tree, &bytes);
	assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_OK);
	assert_int_equal(umsi_fdt_open(NULL, bytes, &fdt, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_fdt_open(blob, bytes, NULL, NULL), UMSI_EINVAL);
	moved = malloc(bytes + 8);
	assert_non_null(moved);
	memcpy(moved + 4, blob, bytes);
	assert_int_equal(umsi_fdt_open(moved + 4, bytes, &fdt, NULL), UMSI_EINVAL);
	free(moved);
	for (size_t few = 0; few < bytes; few++) {
		/* A copy of just these bytes: one read too far is caught. */
		moved = malloc(few ? few : 1);
		assert_non_null(moved);
		memcpy(moved, blob, few);
		assert_int_equal(umsi_fdt_open(moved, few, &fdt, NULL), UMSI_EFW_TRUNCATED);
		free(moved);
	}
	assert_int_equal(umsi_fdt_root(NULL), -1);
	assert_null(umsi_fdt_name(NULL, 0));
	free(blob);
}

/* Unusual, and nothing wrong with it. */
static void odd_but_valid_trees_are_read(void **state)
{
	struct umsi_fdt_property property;
	struct umsi_fdt fdt;
	struct tree tree;
	umsi_fdt_node node;
	uint32_t depth = 0;
	size_t bytes;
	void *blob;

	(void)state;
	/* A newer version that readers of 17 may read; NOPs everywhere; no properties. */
	tree_start(&tree);
	tree_word(&tree, 4);
	tree_begin(&tree, "");
	tree_word(&tree, 4);
	tree_text(&tree, "model", "");
	tree_word(&tree, 4);
	tree_bytes(&tree, "empty", NULL, 0);
	tree_begin(&tree, "a");
	tree_word(&tree, 4);
	tree_end(&tree);
	tree_word(&tree, 4);
	tree_begin(&tree, "b");
	tree_end(&tree);
	tree_end(&tree);
	tree_word(&tree, 4);
	tree_finish(&tree);
	tree_spoil(&tree, H_VERSION, 19);
	blob = tree_blob(&tree, &bytes);
	assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_OK);
	assert_int_equal(umsi_fdt_root(&fdt), 4);
	assert_true(umsi_fdt_get(&fdt, 4, "empty", &property));
	assert_int_equal(property.bytes, 0);
	assert_true(umsi_fdt_get(&fdt, 4, "model", &property));
	assert_int_equal(property.bytes, 1);
	assert_false(umsi_fdt_get(&fdt, 4, "mode", &property));
	assert_false(umsi_fdt_get(&fdt, 4, "odel2", &property));
	node = umsi_fdt_first_child(&fdt, 4);
	assert_string_equal(umsi_fdt_name(&fdt, node), "a");
	assert_int_equal(umsi_fdt_first_child(&fdt, node), -1);
	node = umsi_fdt_next_sibling(&fdt, node);
	assert_string_equal(umsi_fdt_name(&fdt, node), "b");
	assert_int_equal(umsi_fdt_parent(&fdt, node), 4);
	assert_int_equal(umsi_fdt_next_sibling(&fdt, node), -1);
	assert_int_equal(umsi_fdt_next_sibling(&fdt, 4), -1);
	assert_int_equal(umsi_fdt_next(&fdt, node), -1);
	assert_int_equal(umsi_fdt_parent(&fdt, 4), -1);
	free(blob);

	nested(&tree, UMSI_FDT_DEPTH_MAX);
	blob = tree_blob(&tree, &bytes);
	assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_OK);
	for (node = umsi_fdt_root(&fdt); umsi_fdt_next(&fdt, node) >= 0; )
		node = umsi_fdt_next(&fdt, node);
	for (; node >= 0; node = umsi_fdt_parent(&fdt, node))
		depth++;
	assert_int_equal(depth, UMSI_FDT_DEPTH_MAX);
	free(blob);
}

/* The order of the blocks is a "should" of the specification only. */
static void strings_may_precede_the_structure(void **state)
{
	struct umsi_fdt_property property;
	unsigned char *blob, *other;
	struct umsi_fdt fdt;
	struct tree tree;
	uint32_t room;
	size_t bytes;

	(void)state;
	write_good(&tree);
	room = (tree.strings_bytes + 3) & ~3u;
	tree_spoil(&tree, H_OFF_STRINGS, 56);
	tree_spoil(&tree, H_OFF_STRUCT, 56 + room);
	tree_spoil(&tree, H_TOTALSIZE, 56 + room + tree.structure_bytes);
	blob = tree_blob(&tree, &bytes);
	bytes = 56 + room + tree.structure_bytes;
	other = calloc(1, bytes);
	assert_non_null(other);
	memcpy(other, blob, 56);
	memcpy(other + 56, tree.strings, tree.strings_bytes);
	memcpy(other + 56 + room, tree.structure, tree.structure_bytes);
	assert_int_equal(umsi_fdt_open(other, bytes, &fdt, NULL), UMSI_OK);
	assert_true(umsi_fdt_get(&fdt, umsi_fdt_find_path(&fdt, "/child"), "reg", &property));
	assert_int_equal(property.bytes, 4);
	free(other);
	free(blob);
}

/* 0 and all-ones are what a phandle says that leads nowhere. */
static void phandles_that_mean_none_find_none(void **state)
{
	static const uint32_t none[] = { 0, UINT32_MAX };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct umsi_fdt fdt;
		struct tree tree;
		size_t bytes;
		void *blob;

		tree_start(&tree);
		tree_begin(&tree, "");
		tree_cell(&tree, "phandle", none[i]);
		tree_begin(&tree, "old");
		tree_cell(&tree, "linux,phandle", 7);
		tree_end(&tree);
		tree_end(&tree);
		tree_finish(&tree);
		blob = tree_blob(&tree, &bytes);
		assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_OK);
		assert_int_equal(umsi_fdt_find_phandle(&fdt, none[i]), -1);
		assert_int_equal(umsi_fdt_find_phandle(&fdt, 7), umsi_fdt_find_path(&fdt, "/old"));
		free(blob);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_is_named),
		cmocka_unit_test(the_offset_leads_to_the_fault),
		cmocka_unit_test(bad_arguments_are_refused),
		cmocka_unit_test(strings_may_precede_the_structure),
		cmocka_unit_test(phandles_that_mean_none_find_none),
		cmocka_unit_test(odd_but_valid_trees_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
