/* SPDX-License-Identifier: MIT */
/* LIBS: -lfdt */
/* APLIC domains of a tree, what is wired to them; and what a tree can say wrongly about them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <umsi/aplic.h>
#include <umsi/fdt.h>

#include "qemu_trees.h"
#include "tree.h"

#define CPUS	8

struct finding {
	struct umsi_fdt fdt;
	void *blob;
	struct umsi_cpu_desc cpus[CPUS];
	uint32_t ncpus;
	uint32_t hart_index[CPUS];
	struct umsi_fdt_aplic aplic;
	struct umsi_fdt_error error;
};

/* ---- QEMU's ---- */

static bool open_qemu(struct finding *f, const char *name)
{
	size_t bytes;

	memset(f, 0, sizeof(*f));
	for (size_t i = 0; i < QEMU_TREES; i++)
		if (!strcmp(qemu_trees[i].name, name))
			f->blob = tree_of_qemu(qemu_trees[i].isa, name, qemu_trees[i].options, &bytes);
	if (!f->blob)
		return false;
	assert_int_equal(umsi_fdt_open(f->blob, bytes, &f->fdt, NULL), UMSI_OK);
	assert_int_equal(umsi_fdt_cpus(&f->fdt, 0, f->cpus, CPUS, &f->ncpus, NULL), UMSI_OK);
	return true;
}

static int find(struct finding *f, umsi_fdt_node after)
{
	return umsi_fdt_aplic(&f->fdt, after, f->cpus, f->ncpus, f->hart_index, &f->aplic, &f->error);
}

static void qemu_domain_that_sends_messages(void **state)
{
	struct umsi_imsic_file files[CPUS];
	struct umsi_imsic_config imsic;
	struct finding f;

	(void)state;
	if (!open_qemu(&f, "imsic-4"))
		skip();
	assert_int_equal(find(&f, -1), UMSI_OK);
	assert_true(f.aplic.messages);
	assert_int_equal(f.aplic.config.phys, 0xd000000);
	assert_int_equal(f.aplic.config.bytes, 0x8000);
	assert_int_equal(f.aplic.config.sources, 0x60);
	assert_int_equal(f.aplic.config.base, 0x28000000);
	assert_int_equal(f.aplic.config.hart_index_bits, 2);
	assert_int_equal(f.aplic.config.group_index_bits, 0);
	assert_int_equal(f.aplic.children, 0);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(f.hart_index[i], UMSI_APLIC_NO_HART);
	assert_int_equal(umsi_fdt_imsic(&f.fdt, f.cpus, f.ncpus, files, &imsic, NULL), UMSI_OK);
	assert_int_equal(imsic.hart_index_bits, f.aplic.config.hart_index_bits);
	assert_int_equal(find(&f, f.aplic.node), UMSI_EFW_MISSING);
	free(f.blob);
}

/* Two sockets: a domain each, files in groups. */
static void qemu_domains_of_two_sockets(void **state)
{
	struct finding f;
	uint64_t first;

	(void)state;
	if (!open_qemu(&f, "sockets-2"))
		skip();
	assert_int_equal(find(&f, -1), UMSI_OK);
	first = f.aplic.config.phys;
	assert_int_equal(f.aplic.config.guest_index_bits, 2);
	assert_int_equal(f.aplic.config.hart_index_bits, 1);
	assert_int_equal(f.aplic.config.group_index_bits, 1);
	assert_int_equal(f.aplic.config.group_index_shift, 24);
	assert_int_equal(find(&f, f.aplic.node), UMSI_OK);
	assert_int_not_equal(f.aplic.config.phys, first);
	assert_int_equal(f.aplic.config.group_index_bits, 1);
	assert_int_equal(find(&f, f.aplic.node), UMSI_EFW_MISSING);
	free(f.blob);
}

static void qemu_domain_that_delivers_directly(void **state)
{
	struct finding f;

	(void)state;
	if (!open_qemu(&f, "aplic"))
		skip();
	assert_int_equal(find(&f, -1), UMSI_OK);
	assert_false(f.aplic.messages);
	assert_int_equal(f.aplic.config.sources, 0x60);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(f.hart_index[i], i);
	assert_ptr_equal(f.aplic.config.hart_index, f.hart_index);
	free(f.blob);
}

/* Source: QEMU's virt board: clock on source 11; pins of slot n from 0x20 on, rotated by slot. */
static void qemu_interrupts_lead_to_sources(void **state)
{
	struct umsi_fdt_interrupt interrupt;
	struct umsi_pci_host host;
	struct finding f;
	umsi_fdt_node clock;
	uint32_t source;
	uint8_t trigger;

	(void)state;
	if (!open_qemu(&f, "imsic-4"))
		skip();
	assert_int_equal(find(&f, -1), UMSI_OK);
	clock = umsi_fdt_find_compatible(&f.fdt, -1, "google,goldfish-rtc");
	assert_int_equal(umsi_fdt_interrupt(&f.fdt, clock, 0, &interrupt), UMSI_OK);
	assert_int_equal(interrupt.controller, f.aplic.phandle);
	assert_int_equal(umsi_fdt_aplic_source(&interrupt, &source, &trigger), UMSI_OK);
	assert_int_equal(source, 11);
	assert_int_equal(trigger, UMSI_TRIGGER_LEVEL_HIGH);
	assert_int_equal(umsi_fdt_interrupt(&f.fdt, clock, 1, &interrupt), UMSI_EFW_MISSING);
	assert_int_equal(umsi_fdt_interrupt(&f.fdt, umsi_fdt_root(&f.fdt), 0, &interrupt), UMSI_EFW_MISSING);

	assert_int_equal(umsi_fdt_pci_host(&f.fdt, -1, &host, NULL), UMSI_OK);
	for (uint32_t slot = 0; slot < 8; slot++) {
		for (uint32_t pin = 1; pin <= 4; pin++) {
			assert_int_equal(umsi_fdt_pci_interrupt(&f.fdt, host.node, slot << 3 | 5, pin,
								&interrupt), UMSI_OK);
			assert_int_equal(interrupt.controller, f.aplic.phandle);
			assert_int_equal(umsi_fdt_aplic_source(&interrupt, &source, &trigger), UMSI_OK);
			assert_int_equal(source, 0x20 + (slot + pin - 1) % 4);
		}
	}
	assert_int_equal(umsi_fdt_pci_interrupt(&f.fdt, host.node, 0, 0, &interrupt), UMSI_EINVAL);
	assert_int_equal(umsi_fdt_pci_interrupt(&f.fdt, host.node, 0, 5, &interrupt), UMSI_EINVAL);
	assert_int_equal(umsi_fdt_pci_interrupt(&f.fdt, clock, 0, 1, &interrupt), UMSI_EFW_CELLS);
	free(f.blob);
}

/* ---- One by hand, wrong in one way ---- */

#define CELLS_MAX	12

/* A property of the domain (or, with @host, of the bridge) that differs; count 0: it is not there. */
struct change {
	bool host;
	const char *name;
	uint32_t count;
	uint32_t cell[CELLS_MAX];
};

#define CHANGE(what, ...) { false, what, sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4, { __VA_ARGS__ } }
#define HOST(what, ...) { true, what, sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4, { __VA_ARGS__ } }
#define WITHOUT(what) { false, what, 0, { 0 } }

static void put(struct tree *tree, bool host, const struct change *change, const char *name,
		uint32_t count, const uint32_t *cells)
{
	if (change && change->host == host && !strcmp(change->name, name)) {
		if (change->count)
			tree_cells(tree, name, change->cell, change->count);
	} else if (count) {
		tree_cells(tree, name, cells, count);
	}
}

#define PUT(tree, host, change, name, ...) \
	put(tree, host, change, name, sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4, \
	    (const uint32_t[]){ __VA_ARGS__ })

/* Hart 3 and hart 7; phandles 0x110 + n. */
static void put_cpus(struct tree *tree)
{
	tree_begin(tree, "cpus");
	tree_cell(tree, "#address-cells", 1);
	tree_cell(tree, "#size-cells", 0);
	for (uint32_t i = 0; i < 2; i++) {
		tree_begin(tree, i ? "cpu@7" : "cpu@3");
		tree_text(tree, "device_type", "cpu");
		tree_cell(tree, "reg", i ? 7 : 3);
		tree_begin(tree, "interrupt-controller");
		tree_text(tree, "compatible", "riscv,cpu-intc");
		tree_cell(tree, "#interrupt-cells", 1);
		tree_cell(tree, "phandle", 0x110 + i);
		tree_end(tree);
		tree_end(tree);
	}
	tree_end(tree);
}

static void put_imsic(struct tree *tree)
{
	tree_begin(tree, "imsics@24000000");
	tree_text(tree, "compatible", "riscv,imsics");
	tree_cell(tree, "phandle", 0x21);
	tree_cell(tree, "riscv,num-ids", 255);
	tree_cell(tree, "reg", 0x24000000, 0x2000);
	tree_cell(tree, "interrupts-extended", 0x110, 9, 0x111, 9);
	tree_end(tree);
}

/* As a machine-level domain would be. */
static void put_child(struct tree *tree, const char *name, uint32_t phandle, uint32_t reg)
{
	tree_begin(tree, name);
	tree_text(tree, "compatible", "riscv,aplic");
	tree_cell(tree, "phandle", phandle);
	tree_cell(tree, "reg", reg, 0x4000);
	tree_cell(tree, "riscv,num-sources", 8);
	tree_cell(tree, "interrupts-extended", 0x110, 11, 0x111, 11);
	tree_end(tree);
}

static void put_aplic(struct tree *tree, bool direct, const struct change *change)
{
	tree_begin(tree, "aplic@d000000");
	tree_text(tree, "compatible", "riscv,aplic");
	PUT(tree, false, change, "phandle", 0x22);
	PUT(tree, false, change, "#interrupt-cells", 2);
	PUT(tree, false, change, "reg", 0xd000000, 0x8000);
	PUT(tree, false, change, "riscv,num-sources", 40);
	PUT(tree, false, change, "riscv,children", 0x31, 0x32);
	PUT(tree, false, change, "riscv,delegation", 0x32, 5, 9, 0x31, 1, 1);
	PUT(tree, false, NULL, "riscv,delegate", 0x31, 40, 40);
	if (direct)
		PUT(tree, false, change, "interrupts-extended", 0x111, 9, 0xffff, UINT32_MAX, 0x110, 9);
	else
		PUT(tree, false, change, "msi-parent", 0x21);
	tree_end(tree);
}

static void put_bridge(struct tree *tree, const struct change *change)
{
	tree_begin(tree, "pci");
	tree_text(tree, "compatible", "bridge");
	PUT(tree, true, change, "#address-cells", 3);
	PUT(tree, true, change, "#interrupt-cells", 1);
	PUT(tree, true, change, "interrupt-map-mask", 0x1800, 0, 0, 7);
	PUT(tree, true, change, "interrupt-map", 0x800, 0, 0, 2, 0x22, 33, 4);
	put(tree, true, change, "interrupts", 0, NULL);
	put(tree, true, change, "interrupt-parent", 0, NULL);
	tree_end(tree);
}

static void build(struct finding *f, bool direct, const struct change *change)
{
	struct tree *tree = malloc(sizeof(*tree));
	size_t bytes;

	memset(f, 0, sizeof(*f));
	tree_start(tree);
	tree_begin(tree, "");
	tree_cell(tree, "#address-cells", 1);
	tree_cell(tree, "#size-cells", 1);
	put_cpus(tree);
	put_child(tree, "aplic@c000000", 0x31, 0xc000000);
	put_child(tree, "aplic@b000000", 0x32, 0xb000000);
	put_imsic(tree);
	put_aplic(tree, direct, change);
	put_bridge(tree, change);
	tree_end(tree);
	tree_finish(tree);
	f->blob = tree_blob(tree, &bytes);
	free(tree);
	assert_int_equal(umsi_fdt_open(f->blob, bytes, &f->fdt, NULL), UMSI_OK);
	assert_int_equal(umsi_fdt_cpus(&f->fdt, 3, f->cpus, CPUS, &f->ncpus, NULL), UMSI_OK);
}

static void put_controller(struct tree *tree, const char *name, const char *compatible, uint32_t phandle,
			   uint32_t reg)
{
	tree_begin(tree, name);
	tree_text(tree, "compatible", compatible);
	tree_cell(tree, "#interrupt-cells", 2);
	tree_cell(tree, "phandle", phandle);
	tree_cell(tree, "reg", reg, 0x8000);
	tree_cell(tree, "riscv,num-sources", 40);
	tree_cell(tree, "msi-parent", 0x21);
	tree_end(tree);
}

static void build_several(struct finding *f)
{
	struct tree *tree = malloc(sizeof(*tree));
	size_t bytes;

	memset(f, 0, sizeof(*f));
	tree_start(tree);
	tree_begin(tree, "");
	tree_cell(tree, "#address-cells", 1);
	tree_cell(tree, "#size-cells", 1);
	put_cpus(tree);
	put_imsic(tree);
	put_controller(tree, "plic@c000000", "riscv,plic0", 0x40, 0xc000000);
	put_controller(tree, "aplic@d000000", "riscv,aplic", 0x41, 0xd000000);
	put_controller(tree, "aplic@e000000", "riscv,aplic", 0x42, 0xe000000);
	tree_end(tree);
	tree_finish(tree);
	f->blob = tree_blob(tree, &bytes);
	free(tree);
	assert_int_equal(umsi_fdt_open(f->blob, bytes, &f->fdt, NULL), UMSI_OK);
	assert_int_equal(umsi_fdt_cpus(&f->fdt, 3, f->cpus, CPUS, &f->ncpus, NULL), UMSI_OK);
}

/* Each node once, and the walk ends. */
static void P_64_two_domains_and_a_plic(void **state)
{
	static const uint32_t phys[] = { 0xd000000, 0xe000000 };
	umsi_fdt_node after = -1;
	struct finding f;
	uint32_t n = 0;
	int status;

	(void)state;
	build_several(&f);
	while (!(status = find(&f, after))) {
		assert_true(n < 2);
		assert_true(f.aplic.node > after);
		assert_int_equal(f.aplic.config.phys, phys[n]);
		assert_int_equal(f.aplic.phandle, 0x41 + n);
		after = f.aplic.node;
		n++;
	}
	assert_int_equal(status, UMSI_EFW_MISSING);
	assert_int_equal(n, 2);
	free(f.blob);
}

static void hart_indices_follow_the_entries(void **state)
{
	struct finding f;

	(void)state;
	build(&f, true, NULL);
	assert_int_equal(find(&f, -1), UMSI_OK);
	assert_false(f.aplic.messages);
	assert_int_equal(f.hart_index[0], 2);
	assert_int_equal(f.hart_index[1], 0);
	assert_int_equal(f.aplic.children, 2);
	for (uint32_t source = 0; source < 12; source++)
		assert_int_equal(umsi_fdt_aplic_delegates(&f.fdt, f.aplic.node, source),
				 source == 1 || (source >= 5 && source <= 9));
	free(f.blob);
}

/* The binding's word, and the one that QEMU 7.2 writes, which is read where the other is not there. */
static void both_spellings_of_delegation_are_read(void **state)
{
	static const struct change without = WITHOUT("riscv,delegation");
	struct finding f;

	(void)state;
	build(&f, false, &without);
	assert_int_equal(find(&f, -1), UMSI_OK);
	assert_true(umsi_fdt_aplic_delegates(&f.fdt, f.aplic.node, 40));
	assert_false(umsi_fdt_aplic_delegates(&f.fdt, f.aplic.node, 39));
	free(f.blob);
}

struct refusal {
	bool direct;
	struct change change;
	int status;
	const char *what;
};

static const struct refusal refusals[] = {
	{ false, CHANGE("msi-parent", 0x21, 0x21), UMSI_EFW_VALUE, "msi-parent" },
	{ false, CHANGE("msi-parent", 0x99), UMSI_EFW_PHANDLE, "msi-parent" },
	{ false, CHANGE("msi-parent", 0x22), UMSI_EFW_PHANDLE, "msi-parent" },
	{ false, WITHOUT("msi-parent"), UMSI_EFW_MISSING, "interrupts-extended" },
	{ true, CHANGE("interrupts-extended", 0x110, 9, 0x111), UMSI_EFW_VALUE, "interrupts-extended" },
	{ true, CHANGE("interrupts-extended", 0x110, 9, 0x111, 11), UMSI_EFW_VALUE, "interrupts-extended" },
	{ true, CHANGE("interrupts-extended", 0x110, 11), UMSI_EFW_MISSING, "riscv,aplic" },
	{ true, CHANGE("interrupts-extended", 0x110, 9, 0x110, 9), UMSI_EFW_VALUE, "interrupts-extended" },
	{ true, CHANGE("interrupts-extended", 0x110, 9, 0x22, 9), UMSI_EFW_PHANDLE, "interrupts-extended" },
	{ false, CHANGE("reg", 0xd000000, 0x3fff), UMSI_EFW_VALUE, "reg" },
	{ true, CHANGE("reg", 0xd000000, 0x4040), UMSI_EFW_VALUE, "reg" },
	{ false, CHANGE("reg", 0xd000010, 0x8000), UMSI_EFW_VALUE, "reg" },
	{ false, CHANGE("reg", 0xd000000, 0x8000, 0xe000000, 0x8000), UMSI_EFW_VALUE, "reg" },
	{ false, WITHOUT("reg"), UMSI_EFW_MISSING, "reg" },
	{ false, WITHOUT("riscv,num-sources"), UMSI_EFW_MISSING, "riscv,num-sources" },
	{ false, CHANGE("riscv,num-sources", 1024), UMSI_EFW_VALUE, "riscv,num-sources" },
	{ false, CHANGE("#interrupt-cells", 3), UMSI_EFW_CELLS, "#interrupt-cells" },
	{ false, CHANGE("riscv,children", 0x22), UMSI_EFW_PHANDLE, "riscv,children" },
	{ false, CHANGE("riscv,children", 0x31, 0x99), UMSI_EFW_PHANDLE, "riscv,children" },
	{ false, CHANGE("riscv,children", 0x31), UMSI_EFW_PHANDLE, "riscv,delegation" },
	{ false, CHANGE("riscv,delegation", 0x31, 1), UMSI_EFW_VALUE, "riscv,delegation" },
	{ false, CHANGE("riscv,delegation", 0x31, 0, 3), UMSI_EFW_VALUE, "riscv,delegation" },
	{ false, CHANGE("riscv,delegation", 0x31, 4, 3), UMSI_EFW_VALUE, "riscv,delegation" },
	{ false, CHANGE("riscv,delegation", 0x31, 4, 41), UMSI_EFW_VALUE, "riscv,delegation" },
};

static void what_is_wrong_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *r = &refusals[i];
		struct finding f;
		int status;

		build(&f, r->direct, &r->change);
		status = find(&f, -1);
		if (status != r->status || !f.error.what || strcmp(f.error.what, r->what))
			print_error("row %zu: %d, %s\n", i, status, f.error.what);
		assert_int_equal(status, r->status);
		assert_string_equal(f.error.what, r->what);
		free(f.blob);
	}
}

struct map_row {
	struct change change;
	int status;
};

static const struct map_row map_rows[] = {
	{ HOST("interrupt-map", 0x800, 0, 0, 2, 0x22, 33, 4), UMSI_OK },
	{ HOST("interrupt-map", 0x800, 0, 0, 1, 0x22, 33, 4), UMSI_EFW_MISSING },
	{ HOST("interrupt-map", 0x800, 0, 0, 2, 0x99, 33, 4), UMSI_EFW_PHANDLE },
	{ HOST("interrupt-map", 0x800, 0, 0, 2, 0x22, 33), UMSI_EFW_VALUE },
	{ HOST("interrupt-map", 0x800, 0, 0, 2), UMSI_EFW_VALUE },
	{ HOST("interrupt-map", 0x800, 0, 0, 2, 0x21, 33, 4), UMSI_EFW_CELLS },
	{ HOST("interrupt-map-mask", 0x1800, 0, 0), UMSI_EFW_VALUE },
	{ HOST("interrupt-map-mask", 0, 0, 0, 0), UMSI_OK },
	{ HOST("#interrupt-cells", 2), UMSI_EFW_CELLS },
	{ HOST("#address-cells", 2), UMSI_EFW_CELLS },
	{ { true, "interrupt-map", 0, { 0 } }, UMSI_EFW_MISSING },
};

static void a_bridge_that_maps_wrongly_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(map_rows) / sizeof(map_rows[0]); i++) {
		struct umsi_fdt_interrupt interrupt;
		struct finding f;
		int status;

		build(&f, false, &map_rows[i].change);
		status = umsi_fdt_pci_interrupt(&f.fdt, umsi_fdt_find_path(&f.fdt, "/pci"), 1u << 3, 2, &interrupt);
		if (status != map_rows[i].status)
			print_error("row %zu: %d\n", i, status);
		assert_int_equal(status, map_rows[i].status);
		free(f.blob);
	}
}

static void triggers_of_the_binding_are_told_apart(void **state)
{
	static const struct { uint32_t flags; int status; uint8_t trigger; } rows[] = {
		{ 0, UMSI_EFW_VALUE, 0 }, { 1, UMSI_OK, UMSI_TRIGGER_EDGE_RISING },
		{ 2, UMSI_OK, UMSI_TRIGGER_EDGE_FALLING }, { 3, UMSI_EFW_VALUE, 0 },
		{ 4, UMSI_OK, UMSI_TRIGGER_LEVEL_HIGH }, { 8, UMSI_OK, UMSI_TRIGGER_LEVEL_LOW },
		{ 12, UMSI_EFW_VALUE, 0 },
	};
	struct umsi_fdt_interrupt interrupt = { .cells = 2, .cell = { 7 } };
	uint32_t source;
	uint8_t trigger;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		interrupt.cell[1] = rows[i].flags;
		assert_int_equal(umsi_fdt_aplic_source(&interrupt, &source, &trigger), rows[i].status);
		if (!rows[i].status)
			assert_int_equal(trigger, rows[i].trigger);
	}
	interrupt.cell[1] = 4;
	interrupt.cell[0] = 0;
	assert_int_equal(umsi_fdt_aplic_source(&interrupt, &source, &trigger), UMSI_EFW_VALUE);
	interrupt.cell[0] = 1024;
	assert_int_equal(umsi_fdt_aplic_source(&interrupt, &source, &trigger), UMSI_EFW_VALUE);
	interrupt.cells = 3;
	assert_int_equal(umsi_fdt_aplic_source(&interrupt, &source, &trigger), UMSI_EFW_CELLS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qemu_domain_that_sends_messages),
		cmocka_unit_test(qemu_domains_of_two_sockets),
		cmocka_unit_test(qemu_domain_that_delivers_directly),
		cmocka_unit_test(qemu_interrupts_lead_to_sources),
		cmocka_unit_test(P_64_two_domains_and_a_plic),
		cmocka_unit_test(hart_indices_follow_the_entries),
		cmocka_unit_test(both_spellings_of_delegation_are_read),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(a_bridge_that_maps_wrongly_is_refused),
		cmocka_unit_test(triggers_of_the_binding_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
