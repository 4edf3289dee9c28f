/* SPDX-License-Identifier: MIT */
/* LIBS: -lfdt */
/* The GICv3 of a tree, its ITSes, which DeviceIDs PCI functions have; and what can be said wrongly about them. */
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

#define REGIONS	4

static void *load(const char *name, size_t *bytes)
{
	for (size_t i = 0; i < QEMU_TREES; i++)
		if (!strcmp(qemu_trees[i].name, name))
			return tree_of_qemu(qemu_trees[i].isa, name, qemu_trees[i].options, bytes);
	fail_msg("no tree %s", name);
	return NULL;
}

/* All that is asked of a tree: the first status that is not UMSI_OK. */
struct found {
	struct umsi_gicv3_region region[REGIONS];
	struct umsi_gicv3_config gic;
	struct umsi_its_config its;
	struct umsi_fdt_error error;
};

static int find(const struct umsi_fdt *fdt, struct found *f)
{
	struct umsi_pci_host host;
	umsi_fdt_node its;
	int status;

	memset(f, 0, sizeof(*f));
	status = umsi_fdt_gicv3(fdt, f->region, REGIONS, &f->gic, &f->error);
	if (!status)
		status = umsi_fdt_its(fdt, -1, &its, &f->its, &f->error);
	if (!status)
		status = umsi_fdt_pci_host(fdt, -1, &host, &f->error);
	return status ? status : umsi_fdt_its_map(fdt, host.node, 0, its, &f->its, &f->error);
}

/* Source: QEMU's virt board: distributor, redistributors of 123 CPUs, ITS, virtual timer PPI 11, one msi-map. */
static void qemu_gicv3_equals_a_hand_made_one(void **state)
{
	struct umsi_fdt fdt;
	struct found f;
	size_t bytes;
	void *blob = load("gicv3-its", &bytes);

	(void)state;
	if (!blob)
		skip();
	assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_OK);
	assert_int_equal(find(&fdt, &f), UMSI_OK);
	assert_int_equal(f.gic.distributor, 0x8000000);
	assert_int_equal(f.gic.regions, 1);
	assert_ptr_equal(f.gic.region, f.region);
	assert_int_equal(f.region[0].phys, 0x80a0000);
	assert_int_equal(f.region[0].bytes, 0xf60000);
	assert_int_equal(f.region[0].stride, 0);
	assert_int_equal(f.gic.timer_id, 27);
	assert_int_equal(f.its.phys, 0x8080000);
	assert_int_equal(f.its.maps, 1);
	assert_int_equal(f.its.map[0].first, 0);
	assert_int_equal(f.its.map[0].count, 0x10000);
	assert_int_equal(f.its.map[0].device_id, 0);
	assert_int_equal(f.its.map[0].mask, 0);
	free(blob);
}

static void machines_without_say_so(void **state)
{
	struct umsi_gicv3_region region;
	struct umsi_gicv3_config gic;
	struct umsi_its_config its;
	struct umsi_fdt_error error = { 0 };
	struct umsi_fdt fdt;
	umsi_fdt_node node;
	size_t bytes;
	void *blob = load("gicv2", &bytes);

	(void)state;
	if (!blob)
		skip();
	assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_OK);
	assert_int_equal(umsi_fdt_gicv3(&fdt, &region, 1, &gic, &error), UMSI_EFW_MISSING);
	assert_non_null(error.what);
	assert_int_equal(umsi_fdt_its(&fdt, -1, &node, &its, &error), UMSI_EFW_MISSING);
	assert_int_equal(umsi_fdt_gicv3(NULL, &region, 1, &gic, &error), UMSI_EINVAL);
	assert_int_equal(umsi_fdt_its(NULL, -1, &node, &its, &error), UMSI_EINVAL);
	assert_int_equal(umsi_fdt_its_map(&fdt, 0, 0x10000, node, &its, &error), UMSI_EINVAL);
	free(blob);
}

#define GIC	"/intc@8000000"
#define ITS	GIC "/its@8080000"
#define PCI	"/pcie@10000000"
#define HERE	0xfeedu		/* stands for the ITS's phandle */

/* One thing said otherwise. cells 0: the property goes. maps, first_id: of what is found then. */
struct change {
	const char *node, *property;
	uint32_t cells, cell[8];
	int status;
	uint32_t maps, first_id;
};

static const struct change changes[] = {
	{ GIC, "#interrupt-cells", 1, { 2 }, UMSI_EFW_CELLS, 0, 0 },
	{ GIC, "#interrupt-cells", 1, { 4 }, UMSI_OK, 1, 0 },
	{ GIC, "reg", 0, { 0 }, UMSI_EFW_MISSING, 0, 0 },
	{ GIC, "reg", 4, { 0, 0x8000000, 0, 0x10000 }, UMSI_EFW_MISSING, 0, 0 },
	{ GIC, "#redistributor-regions", 1, { 0 }, UMSI_EFW_VALUE, 0, 0 },
	{ GIC, "#redistributor-regions", 1, { 2 }, UMSI_EFW_MISSING, 0, 0 },
	{ GIC, "#redistributor-regions", 1, { 5 }, UMSI_EFW_ROOM, 0, 0 },
	{ GIC, "redistributor-stride", 2, { 0, 0x40000 }, UMSI_OK, 1, 0 },
	{ GIC, "redistributor-stride", 1, { 0x40000 }, UMSI_OK, 1, 0 },
	{ GIC, "redistributor-stride", 2, { 1, 0x40000 }, UMSI_EFW_VALUE, 0, 0 },
	{ GIC, "redistributor-stride", 3, { 0, 0, 0x40000 }, UMSI_EFW_VALUE, 0, 0 },
	{ GIC, "mbi-ranges", 2, { 64, 32 }, UMSI_OK, 1, 0 },
	{ GIC, "mbi-ranges", 3, { 64, 32, 128 }, UMSI_EFW_VALUE, 0, 0 },
	{ ITS, "reg", 0, { 0 }, UMSI_EFW_MISSING, 0, 0 },
	{ PCI, "msi-map", 3, { 0, HERE, 0 }, UMSI_EFW_VALUE, 0, 0 },
	{ PCI, "msi-map", 4, { 0, 0xdead, 0, 0x10000 }, UMSI_EFW_PHANDLE, 0, 0 },
	{ PCI, "msi-map", 4, { 0x10000, HERE, 0, 1 }, UMSI_EFW_VALUE, 0, 0 },
	{ PCI, "msi-map", 4, { 0, HERE, 0, 0 }, UMSI_EFW_VALUE, 0, 0 },
	{ PCI, "msi-map", 4, { 0, HERE, 0xffffffff, 2 }, UMSI_EFW_VALUE, 0, 0 },
	{ PCI, "msi-map", 8, { 0, HERE, 0x4000, 0x100, 0x100, HERE, 0x8000, 0x100 }, UMSI_OK, 2, 0x4000 },
	{ PCI, "msi-map-mask", 1, { 0 }, UMSI_EFW_VALUE, 0, 0 },
	{ PCI, "msi-map-mask", 1, { 0xff00 }, UMSI_OK, 1, 0 },
	{ PCI, "msi-map", 0, { 0 }, UMSI_OK, 0, 0 },
};

static void apply(void *blob, const struct change *c)
{
	int node = fdt_path_offset(blob, c->node);
	fdt32_t cell[8];

	assert_true(node >= 0);
	if (!c->cells) {
		assert_int_equal(fdt_delprop(blob, node, c->property), 0);
		return;
	}
	for (uint32_t i = 0; i < c->cells; i++) {
		uint32_t value = c->cell[i] == HERE ? fdt_get_phandle(blob, fdt_path_offset(blob, ITS)) : c->cell[i];

		cell[i] = cpu_to_fdt32(value);
	}
	assert_int_equal(fdt_setprop(blob, node, c->property, cell, (int)(4 * c->cells)), 0);
}

static void each_statement_has_its_answer(void **state)
{
	size_t bytes, room;
	void *blob = load("gicv3-its", &bytes);

	(void)state;
	if (!blob)
		skip();
	room = bytes + 4096;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const struct change *c = &changes[i];
		void *copy = aligned_alloc(8, (room + 7) & ~(size_t)7);
		struct umsi_fdt fdt;
		struct found f;
		int status;

		assert_non_null(copy);
		assert_int_equal(fdt_open_into(blob, copy, (int)room), 0);
		apply(copy, c);
		assert_int_equal(umsi_fdt_open(copy, room, &fdt, NULL), UMSI_OK);
		status = find(&fdt, &f);
		if (status != c->status || (!status && (f.its.maps != c->maps ||
							(c->maps && f.its.map[0].device_id != c->first_id))))
			fail_msg("row %zu, %s %s: %d, %s, %u maps", i, c->node, c->property, status,
				 f.error.what ? f.error.what : "", f.its.maps);
		assert_true(!status || f.error.what);
		free(copy);
	}
	free(blob);
}

static int find_again(const void *blob, size_t bytes, struct found *f)
{
	struct umsi_fdt fdt;

	assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_OK);
	return find(&fdt, f);
}

static void message_ranges_are_read_with_their_page(void **state)
{
	static const struct change ranges = { GIC, "mbi-ranges", 4, { 64, 32, 128, 16 }, 0, 0, 0 };
	static const struct change alias = { GIC, "mbi-alias", 2, { 1, 0x8010000 }, 0, 0, 0 };
	static const struct change wrong = { GIC, "mbi-alias", 3, { 0, 0, 0 }, 0, 0, 0 };
	uint32_t many[2 * (UMSI_GICV3_MBIS_MAX + 1)] = { 0 };
	struct found f;
	size_t bytes, room;
	void *blob = load("gicv3-its", &bytes), *copy;

	(void)state;
	if (!blob)
		skip();
	room = (bytes + 4096 + 7) & ~(size_t)7;
	copy = aligned_alloc(8, room);
	assert_int_equal(fdt_open_into(blob, copy, (int)room), 0);
	assert_int_equal(find_again(copy, room, &f), UMSI_OK);
	assert_int_equal(f.gic.mbis, 0);
	apply(copy, &ranges);
	assert_int_equal(find_again(copy, room, &f), UMSI_OK);
	assert_int_equal(f.gic.mbis, 2);
	assert_int_equal(f.gic.mbi[1].spi_base, 128);
	assert_int_equal(f.gic.mbi[1].spis, 16);
	assert_int_equal(f.gic.mbi_alias, 0);
	apply(copy, &alias);
	assert_int_equal(find_again(copy, room, &f), UMSI_OK);
	assert_true(f.gic.mbi_alias == UINT64_C(0x108010000));
	apply(copy, &wrong);
	assert_int_equal(find_again(copy, room, &f), UMSI_EFW_VALUE);
	assert_int_equal(fdt_setprop(copy, fdt_path_offset(copy, GIC), "mbi-ranges", many, (int)sizeof(many)), 0);
	assert_int_equal(find_again(copy, room, &f), UMSI_EFW_ROOM);
	free(copy);
	free(blob);
}

/* Without msi-map, msi-parent names the ITS, with or without the DeviceID of requester 0. */
static void msi_parent_is_a_map_of_everything(void **state)
{
	static const struct change gone = { PCI, "msi-map", 0, { 0 }, 0, 0, 0 };
	static const struct change parents[] = {
		{ PCI, "msi-parent", 1, { HERE }, UMSI_OK, 1, 0 },
		{ PCI, "msi-parent", 2, { HERE, 0x30000 }, UMSI_OK, 1, 0x30000 },
		{ PCI, "msi-parent", 1, { 0xdead }, UMSI_EFW_PHANDLE, 0, 0 },
	};
	size_t bytes, room;
	void *blob = load("gicv3-its", &bytes);

	(void)state;
	if (!blob)
		skip();
	room = bytes + 4096;
	for (size_t i = 0; i < 3; i++) {
		void *copy = aligned_alloc(8, (room + 7) & ~(size_t)7);
		struct umsi_fdt fdt;
		struct found f;

		assert_non_null(copy);
		assert_int_equal(fdt_open_into(blob, copy, (int)room), 0);
		apply(copy, &gone);
		apply(copy, &parents[i]);
		assert_int_equal(umsi_fdt_open(copy, room, &fdt, NULL), UMSI_OK);
		assert_int_equal(find(&fdt, &f), parents[i].status);
		assert_int_equal(f.its.maps, parents[i].maps);
		if (f.its.maps) {
			assert_int_equal(f.its.map[0].device_id, parents[i].first_id);
			assert_int_equal(f.its.map[0].count, 0x10000);
		}
		free(copy);
	}
	free(blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qemu_gicv3_equals_a_hand_made_one),
		cmocka_unit_test(machines_without_say_so),
		cmocka_unit_test(each_statement_has_its_answer),
		cmocka_unit_test(message_ranges_are_read_with_their_page),
		cmocka_unit_test(msi_parent_is_a_map_of_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
