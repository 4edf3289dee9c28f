/* SPDX-License-Identifier: MIT */
/* LIBS: -lfdt */
/* The GICv2 of a tree, its frames, its interrupts; and what a tree can say wrongly about them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include <umsi/fdt.h>

#include "qemu_trees.h"
#include "tree.h"

static void *load(const char *name, size_t *bytes)
{
	for (size_t i = 0; i < QEMU_TREES; i++)
		if (!strcmp(qemu_trees[i].name, name))
			return tree_of_qemu(qemu_trees[i].isa, name, qemu_trees[i].options, bytes);
	fail_msg("no tree %s", name);
	return NULL;
}

/* Source: QEMU's virt board: distributor, CPU interface, one v2m frame, virtual timer PPI 11. */
static void qemu_gic_equals_a_hand_made_one(void **state)
{
	struct umsi_gic_config expected = {
		.version = 2, .distributor = 0x8000000, .cpu_interface = 0x8010000, .frames = 1,
		.frame = { { .phys = 0x8020000 } }, .timer_id = 27,
	};
	struct umsi_gic_config found;
	struct umsi_fdt_error error = { 0 };
	struct umsi_fdt fdt;
	size_t bytes;
	void *blob = load("gicv2", &bytes);

	(void)state;
	if (!blob)
		skip();
	memset(&found, 0xa5, sizeof(found));
	assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_OK);
	assert_int_equal(umsi_fdt_gic(&fdt, &found, &error), UMSI_OK);
	assert_memory_equal(&found, &expected, sizeof(found));
	free(blob);
}

static void qemu_interrupts_are_numbered_as_the_gic_numbers_them(void **state)
{
	struct umsi_fdt fdt;
	umsi_fdt_node clock, timer;
	uint8_t trigger;
	uint32_t id;
	size_t bytes;
	void *blob = load("gicv2", &bytes);

	(void)state;
	if (!blob)
		skip();
	assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_OK);
	clock = umsi_fdt_find_compatible(&fdt, -1, "arm,pl031");
	assert_int_equal(umsi_fdt_gic_interrupt(&fdt, clock, 0, &id, &trigger), UMSI_OK);
	assert_int_equal(id, 34);
	assert_int_equal(trigger, UMSI_TRIGGER_LEVEL_HIGH);
	assert_int_equal(umsi_fdt_gic_interrupt(&fdt, clock, 1, &id, &trigger), UMSI_EFW_MISSING);
	timer = umsi_fdt_find_compatible(&fdt, -1, "arm,armv7-timer");
	assert_int_equal(umsi_fdt_gic_interrupt(&fdt, timer, 1, &id, &trigger), UMSI_OK);
	assert_int_equal(id, 30);
	assert_int_equal(umsi_fdt_gic_interrupt(&fdt, -1, 0, &id, &trigger), UMSI_EFW_MISSING);
	assert_int_equal(umsi_fdt_gic_interrupt(NULL, timer, 0, &id, &trigger), UMSI_EINVAL);
	free(blob);
}

static void machines_without_a_gicv2_say_so(void **state)
{
	static const char *const names[] = { "imsic-4", "gicv3-its" };
	struct umsi_gic_config found;
	struct umsi_fdt_error error;
	struct umsi_fdt fdt;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t bytes;
		void *blob = load(names[i], &bytes);

		if (!blob)
			continue;
		error = (struct umsi_fdt_error){ 0 };
		assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_OK);
		assert_int_equal(umsi_fdt_gic(&fdt, &found, &error), UMSI_EFW_MISSING);
		assert_non_null(error.what);
		assert_int_equal(umsi_fdt_gic(&fdt, NULL, NULL), UMSI_EINVAL);
		free(blob);
	}
	assert_int_equal(umsi_fdt_gic(NULL, &found, NULL), UMSI_EINVAL);
}

#define GIC	"/intc@8000000"
#define FRAME	GIC "/v2m@8020000"

/* One thing said wrongly. cells 0: the property goes. */
struct wrong {
	const char *node, *property;
	uint32_t cells, cell[3];
	int status;
};

static const struct wrong wrongs[] = {
	{ GIC, "#interrupt-cells", 1, { 2 }, UMSI_EFW_CELLS },
	{ GIC, "reg", 0, { 0 }, UMSI_EFW_MISSING },
	{ GIC, "reg", 3, { 0, 0x8000000, 0 }, UMSI_EFW_VALUE },
	{ FRAME, "reg", 0, { 0 }, UMSI_EFW_MISSING },
	{ FRAME, "arm,msi-base-spi", 1, { 80 }, UMSI_EFW_VALUE },
	{ FRAME, "arm,msi-num-spis", 2, { 80, 1 }, UMSI_EFW_VALUE },
	{ "/timer", "interrupts", 3, { 1, 11, 4 }, UMSI_EFW_MISSING },
	{ "/timer", "interrupts", 2, { 1, 11 }, UMSI_EFW_VALUE },
};

static void change(void *blob, const struct wrong *w)
{
	int node = fdt_path_offset(blob, w->node);
	fdt32_t cell[3];

	assert_true(node >= 0);
	if (!w->cells) {
		assert_int_equal(fdt_delprop(blob, node, w->property), 0);
		return;
	}
	for (uint32_t i = 0; i < w->cells; i++)
		cell[i] = cpu_to_fdt32(w->cell[i]);
	assert_int_equal(fdt_setprop(blob, node, w->property, cell, (int)(4 * w->cells)), 0);
}

static void each_wrong_statement_has_its_error(void **state)
{
	size_t bytes, room;
	void *blob = load("gicv2", &bytes);

	(void)state;
	if (!blob)
		skip();
	room = bytes + 4096;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		struct umsi_fdt_error error = { 0 };
		struct umsi_gic_config found;
		struct umsi_fdt fdt;
		void *copy = aligned_alloc(8, (room + 7) & ~(size_t)7);

		assert_non_null(copy);
		assert_int_equal(fdt_open_into(blob, copy, (int)room), 0);
		change(copy, &wrongs[i]);
		assert_int_equal(umsi_fdt_open(copy, room, &fdt, NULL), UMSI_OK);
		if (umsi_fdt_gic(&fdt, &found, &error) != wrongs[i].status)
			fail_msg("%s %s: %d, %s", wrongs[i].node, wrongs[i].property,
				 umsi_fdt_gic(&fdt, &found, NULL), error.what);
		assert_non_null(error.what);
		free(copy);
	}
	free(blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qemu_gic_equals_a_hand_made_one),
		cmocka_unit_test(qemu_interrupts_are_numbered_as_the_gic_numbers_them),
		cmocka_unit_test(machines_without_a_gicv2_say_so),
		cmocka_unit_test(each_wrong_statement_has_its_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
