/* SPDX-License-Identifier: MIT */
/* LIBS: -lfdt */
/* Trees that QEMU wrote, read by two readers that must agree about everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "against_libfdt.h"
#include "qemu_trees.h"
#include "tree.h"

static void every_node_and_property_agrees_with_libfdt(void **state)
{
	uint32_t read = 0;

	(void)state;
	for (size_t i = 0; i < QEMU_TREES; i++) {
		const struct qemu_tree *from = &qemu_trees[i];
		struct umsi_fdt_error error = { 0 };
		struct same_tree same;
		struct umsi_fdt fdt;
		const char *difference;
		size_t bytes;
		void *blob = tree_of_qemu(from->isa, from->name, from->options, &bytes);

		if (!blob) {
			print_message("%s: qemu-system-%s is not installed\n", from->name, from->isa);
			assert_string_not_equal(from->isa, "riscv64");
			continue;
		}
		if (umsi_fdt_open(blob, bytes, &fdt, &error))
			fail_msg("%s: refused at 0x%x: %s", from->name, error.offset, error.what);
		difference = differs_from_libfdt(blob, &fdt, true, &same);
		if (difference)
			fail_msg("%s: %s", from->name, difference);
		print_message("%-16s %u nodes, %u properties\n", from->name, same.nodes,
			      same.properties);
		assert_true(same.nodes > 20 && same.properties > 100);
		read++;
		free(blob);
	}
	assert_true(read >= 9);
}

static void units_may_be_left_out_where_unique(void **state)
{
	struct umsi_fdt fdt;
	umsi_fdt_node pci;
	size_t bytes;
	void *blob = tree_of_qemu("riscv64", "paths", ",aia=aplic-imsic -smp 2", &bytes);

	(void)state;
	assert_non_null(blob);
	assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_OK);
	pci = umsi_fdt_find_path(&fdt, "/soc/pci@30000000");
	assert_true(pci > 0);
	assert_string_equal(umsi_fdt_name(&fdt, pci), "pci@30000000");
	assert_int_equal(umsi_fdt_find_path(&fdt, "/soc/pci"), pci);
	assert_int_equal(umsi_fdt_find_path(&fdt, "//soc//pci/"), pci);
	assert_int_equal(umsi_fdt_find_path(&fdt, "/"), umsi_fdt_root(&fdt));
	/* Two of each: which is meant cannot be known. */
	assert_int_equal(umsi_fdt_find_path(&fdt, "/cpus/cpu"), -1);
	assert_int_equal(umsi_fdt_find_path(&fdt, "/soc/imsics"), -1);
	assert_int_equal(umsi_fdt_find_path(&fdt, "/soc/pci@3000000"), -1);
	assert_int_equal(umsi_fdt_find_path(&fdt, "/soc/pc"), -1);
	assert_int_equal(umsi_fdt_find_path(&fdt, "soc"), -1);
	assert_int_equal(umsi_fdt_find_path(&fdt, ""), -1);
	assert_int_equal(umsi_fdt_find_path(&fdt, NULL), -1);
	free(blob);
}

/* A number that is no node's gives nothing, and no stray read. */
static void node_numbers_from_nowhere_are_none(void **state)
{
	struct umsi_fdt_property property;
	struct umsi_fdt fdt;
	uint32_t nodes = 0, cell;
	size_t bytes;
	void *blob = tree_of_qemu("riscv64", "numbers", ",aia=aplic-imsic -smp 2", &bytes);

	(void)state;
	assert_non_null(blob);
	assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_OK);
	for (umsi_fdt_node node = -8; node < (umsi_fdt_node)fdt.struct_bytes + 64; node++) {
		const char *name = umsi_fdt_name(&fdt, node);

		if (node % 4)
			assert_null(name);
		umsi_fdt_next(&fdt, node);
		umsi_fdt_first_child(&fdt, node);
		umsi_fdt_next_sibling(&fdt, node);
		umsi_fdt_get(&fdt, node, "reg", &property);
		if (name && umsi_fdt_parent(&fdt, node) >= 0)
			nodes++;
		if (!name)
			assert_int_equal(umsi_fdt_get_u32(&fdt, node, "reg", 0, &cell),
					 UMSI_EFW_MISSING);
	}
	for (umsi_fdt_node node = umsi_fdt_next(&fdt, umsi_fdt_root(&fdt)); node >= 0;
	     node = umsi_fdt_next(&fdt, node))
		nodes--;
	assert_int_equal(nodes, 0);
	assert_null(umsi_fdt_name(&fdt, INT32_MAX));
	assert_null(umsi_fdt_name(&fdt, INT32_MIN));
	free(blob);
}

static void compatible_lists_are_searched_entry_by_entry(void **state)
{
	struct umsi_fdt fdt;
	umsi_fdt_node first, second;
	size_t bytes;
	void *blob = tree_of_qemu("riscv64", "compatible", ",aia=aplic-imsic -smp 2", &bytes);

	(void)state;
	assert_non_null(blob);
	assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_OK);
	/* "sifive,test1", "sifive,test0", "syscon" */
	first = umsi_fdt_find_compatible(&fdt, -1, "sifive,test0");
	assert_true(first > 0);
	assert_int_equal(umsi_fdt_find_compatible(&fdt, -1, "sifive,test1"), first);
	assert_int_equal(umsi_fdt_find_compatible(&fdt, -1, "syscon"), first);
	assert_int_equal(umsi_fdt_find_compatible(&fdt, -1, "sifive,test"), -1);
	assert_int_equal(umsi_fdt_find_compatible(&fdt, -1, "ifive,test0"), -1);
	assert_int_equal(umsi_fdt_find_compatible(&fdt, -1, ""), -1);

	first = umsi_fdt_find_compatible(&fdt, -1, "riscv,imsics");
	second = umsi_fdt_find_compatible(&fdt, first, "riscv,imsics");
	assert_true(first > 0 && second > first);
	assert_int_equal(umsi_fdt_find_compatible(&fdt, second, "riscv,imsics"), -1);
	free(blob);
}

static void reg_is_read_by_the_cells_of_the_parent(void **state)
{
	uint64_t address, length;
	struct umsi_fdt fdt;
	umsi_fdt_node node;
	uint32_t cell;
	size_t bytes;
	void *blob = tree_of_qemu("riscv64", "reg", ",aia=aplic-imsic -smp 2", &bytes);

	(void)state;
	assert_non_null(blob);
	assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_OK);
	node = umsi_fdt_find_path(&fdt, "/flash@20000000");
	assert_int_equal(umsi_fdt_get_reg(&fdt, node, 0, &address, &length), UMSI_OK);
	assert_int_equal(address, 0x20000000);
	assert_int_equal(length, 0x2000000);
	assert_int_equal(umsi_fdt_get_reg(&fdt, node, 1, &address, &length), UMSI_OK);
	assert_int_equal(address, 0x22000000);
	assert_int_equal(umsi_fdt_get_reg(&fdt, node, 2, &address, &length), UMSI_EFW_MISSING);
	assert_int_equal(umsi_fdt_get_reg(&fdt, umsi_fdt_root(&fdt), 0, &address, &length),
			 UMSI_EFW_MISSING);
	node = umsi_fdt_find_path(&fdt, "/cpus/cpu@1");
	assert_int_equal(umsi_fdt_get_reg(&fdt, node, 0, &address, &length), UMSI_OK);
	assert_int_equal(address, 1);
	assert_int_equal(length, 0);
	assert_int_equal(umsi_fdt_get_u32(&fdt, node, "reg", 1, &cell), UMSI_EFW_VALUE);
	assert_int_equal(umsi_fdt_get_u32(&fdt, node, "reg", 0, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_fdt_get_u32(&fdt, node, "nothing", 0, &cell), UMSI_EFW_MISSING);
	free(blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_node_and_property_agrees_with_libfdt),
		cmocka_unit_test(units_may_be_left_out_where_unique),
		cmocka_unit_test(node_numbers_from_nowhere_are_none),
		cmocka_unit_test(compatible_lists_are_searched_entry_by_entry),
		cmocka_unit_test(reg_is_read_by_the_cells_of_the_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
