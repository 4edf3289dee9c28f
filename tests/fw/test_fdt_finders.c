/* SPDX-License-Identifier: MIT */
/* LIBS: -lfdt */
/*
 * From nodes to config structs: what is found must equal what a host would
 * have filled in by hand, and each thing a tree can say wrongly has its error.
 */
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

#define CPUS_MAX	32

/* What all three finders say of one tree. */
struct found {
	int open, cpus_status, imsic_status, pci_status;
	struct umsi_fdt_error cpus_error, imsic_error, pci_error;
	struct umsi_cpu_desc cpus[CPUS_MAX];
	uint32_t ncpus;
	struct umsi_imsic_file files[CPUS_MAX];
	struct umsi_imsic_config imsic;
	struct umsi_pci_host pci;
};

static void find_all(const void *blob, size_t bytes, uint64_t boot_hart, struct found *out)
{
	struct umsi_fdt fdt;

	memset(out, 0, sizeof(*out));
	memset(out->files, 0xa5, sizeof(out->files));
	out->open = umsi_fdt_open(blob, bytes, &fdt, NULL);
	assert_int_equal(out->open, UMSI_OK);
	out->cpus_status = umsi_fdt_cpus(&fdt, boot_hart, out->cpus, CPUS_MAX, &out->ncpus,
					 &out->cpus_error);
	if (out->cpus_status)
		out->imsic_status = out->cpus_status;
	else
		out->imsic_status = umsi_fdt_imsic(&fdt, out->cpus, out->ncpus, out->files,
						   &out->imsic, &out->imsic_error);
	out->pci_status = umsi_fdt_pci_host(&fdt, -1, &out->pci, &out->pci_error);
}

/* ---- QEMU's machines ---- */

struct expected_imsic {
	const char *tree;
	uint32_t ncpus, num_ids;
	uint32_t guest_bits, hart_bits, group_bits;
	uint32_t harts_per_group;	/* distance between files is 4 KiB << guest_bits */
};

/* Source: QEMU's virt board: S-level files from 0x28000000, sockets 2^24 apart. */
static const struct expected_imsic expected[] = {
	{ "imsic-1", 1, 255, 0, 0, 0, 1 },
	{ "imsic-4", 4, 255, 0, 2, 0, 4 },
	{ "imsic-16", 16, 255, 0, 4, 0, 16 },
	{ "guests-3", 4, 255, 2, 2, 0, 4 },
	{ "sockets-2", 4, 255, 2, 1, 1, 2 },
	{ "sockets-2-of-3", 6, 255, 0, 2, 1, 3 },
};

static const struct qemu_tree *qemu_tree_named(const char *name)
{
	for (size_t i = 0; i < QEMU_TREES; i++) {
		if (!strcmp(qemu_trees[i].name, name))
			return &qemu_trees[i];
	}
	fail_msg("no tree %s", name);
	return NULL;
}

static void *load(const char *name, size_t *out_bytes)
{
	const struct qemu_tree *from = qemu_tree_named(name);

	return tree_of_qemu(from->isa, from->name, from->options, out_bytes);
}

static void qemu_interrupt_files_equal_hand_made_ones(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct expected_imsic *e = &expected[i];
		struct umsi_imsic_file files[CPUS_MAX] = { { 0 } };
		struct found found;
		struct umsi_imsic_config config = {
			.files = found.files, .num_ids = e->num_ids,
			.guest_index_bits = e->guest_bits, .hart_index_bits = e->hart_bits,
			.group_index_bits = e->group_bits, .group_index_shift = 24,
		};
		size_t bytes;
		void *blob = load(e->tree, &bytes);

		assert_non_null(blob);
		find_all(blob, bytes, 0, &found);
		assert_int_equal(found.cpus_status, UMSI_OK);
		assert_int_equal(found.ncpus, e->ncpus);
		if (found.imsic_status)
			fail_msg("%s: %s", e->tree, found.imsic_error.what);
		for (uint32_t hart = 0; hart < e->ncpus; hart++) {
			assert_int_equal(found.cpus[hart].hw_id, hart);
			assert_int_equal(found.cpus[hart].node, hart / e->harts_per_group);
			files[hart].phys = 0x28000000 +
				((uint64_t)(hart / e->harts_per_group) << 24) +
				((uint64_t)(hart % e->harts_per_group) << (12 + e->guest_bits));
		}
		assert_memory_equal(found.files, files, e->ncpus * sizeof(files[0]));
		assert_memory_equal(&found.imsic, &config, sizeof(config));
		free(blob);
	}
}

static void the_boot_hart_comes_first(void **state)
{
	struct found found;
	size_t bytes;
	void *blob = load("imsic-4", &bytes);

	(void)state;
	assert_non_null(blob);
	find_all(blob, bytes, 2, &found);
	assert_int_equal(found.imsic_status, UMSI_OK);
	assert_int_equal(found.cpus[0].hw_id, 2);
	assert_int_equal(found.cpus[1].hw_id, 0);
	assert_int_equal(found.cpus[2].hw_id, 1);
	assert_int_equal(found.cpus[3].hw_id, 3);
	for (uint32_t cpu = 0; cpu < 4; cpu++)
		assert_int_equal(found.files[cpu].phys, 0x28000000 + 0x1000 * found.cpus[cpu].hw_id);
	find_all(blob, bytes, 4, &found);
	assert_int_equal(found.cpus_status, UMSI_EFW_MISSING);
	assert_string_equal(found.cpus_error.what, "/cpus");
	free(blob);
}

static void room_is_asked_for(void **state)
{
	struct umsi_cpu_desc cpus[4];
	struct umsi_fdt fdt;
	uint32_t count;
	size_t bytes;
	void *blob = load("imsic-4", &bytes);

	(void)state;
	assert_non_null(blob);
	assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_OK);
	for (uint32_t room = 0; room < 4; room++) {
		/* Exactly that much room: one entry too far is caught. */
		struct umsi_cpu_desc *some = malloc(room ? room * sizeof(*some) : 1);

		count = 77;
		assert_int_equal(umsi_fdt_cpus(&fdt, 3, room ? some : NULL, room, &count, NULL),
				 UMSI_EFW_ROOM);
		assert_int_equal(count, 4);
		free(some);
	}
	assert_int_equal(umsi_fdt_cpus(&fdt, 3, cpus, 4, &count, NULL), UMSI_OK);
	assert_int_equal(umsi_fdt_cpus(&fdt, 3, NULL, 4, &count, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_fdt_cpus(&fdt, 3, cpus, 4, NULL, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_fdt_imsic(&fdt, cpus, 0, NULL, NULL, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_fdt_pci_host(&fdt, -1, NULL, NULL), UMSI_EINVAL);
	free(blob);
}

static void machines_without_imsic_say_so(void **state)
{
	static const char *const names[] = { "plic", "plic-aclint", "aplic", "gicv3-its", "gicv2" };
	uint32_t read = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct found found;
		size_t bytes;
		void *blob = load(names[i], &bytes);

		if (!blob)
			continue;
		find_all(blob, bytes, 0, &found);
		assert_int_equal(found.cpus_status, UMSI_OK);
		assert_int_equal(found.ncpus, strcmp(names[i], "plic-aclint") ? 4 : 2);
		assert_int_equal(found.imsic_status, UMSI_EFW_MISSING);
		assert_int_equal(found.pci_status, UMSI_OK);
		free(blob);
		read++;
	}
	assert_true(read >= 3);
}

static void qemu_host_bridge_equals_a_hand_made_one(void **state)
{
	struct umsi_pci_host host = {
		.ecam_phys = 0x30000000, .ecam_bytes = 0x10000000,
		.first_bus = 0, .last_bus = 255, .windows = 3,
		.window = {
			{ .pci = 0, .phys = 0x3000000, .bytes = 0x10000, .io = true },
			{ .pci = 0x40000000, .phys = 0x40000000, .bytes = 0x40000000 },
			{ .pci = 0x400000000, .phys = 0x400000000, .bytes = 0x400000000, .wide = true },
		},
	};
	struct umsi_fdt fdt;
	struct found found;
	size_t bytes;
	void *blob = load("imsic-4", &bytes);

	(void)state;
	assert_non_null(blob);
	find_all(blob, bytes, 0, &found);
	assert_int_equal(found.pci_status, UMSI_OK);
	assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_OK);
	host.node = umsi_fdt_find_path(&fdt, "/soc/pci@30000000");
	/* Interrupts go to the files: the phandle is the S-level IMSIC's. */
	assert_int_equal(umsi_fdt_find_phandle(&fdt, found.pci.msi_parent),
			 umsi_fdt_find_path(&fdt, "/soc/imsics@28000000"));
	host.msi_parent = found.pci.msi_parent;
	assert_int_equal(found.pci.windows, 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(found.pci.window[i].pci, host.window[i].pci);
		assert_int_equal(found.pci.window[i].phys, host.window[i].phys);
		assert_int_equal(found.pci.window[i].bytes, host.window[i].bytes);
		assert_int_equal(found.pci.window[i].io, host.window[i].io);
		assert_int_equal(found.pci.window[i].wide, host.window[i].wide);
		assert_false(found.pci.window[i].prefetchable);
	}
	assert_int_equal(found.pci.node, host.node);
	assert_int_equal(found.pci.ecam_phys, host.ecam_phys);
	assert_int_equal(found.pci.ecam_bytes, host.ecam_bytes);
	assert_int_equal(found.pci.first_bus, 0);
	assert_int_equal(found.pci.last_bus, 255);
	assert_int_equal(found.pci.segment, 0);
	assert_int_equal(umsi_fdt_pci_host(&fdt, found.pci.node, &found.pci, NULL),
			 UMSI_EFW_MISSING);
	free(blob);
}

/* ---- A machine written here ---- */

/*
 * Four harts, numbered 16, 17, 18 and 19; two groups of two; files 16 KiB
 * apart; everything on a bus whose addresses 0x40000000 up are the CPUs'
 * 0x8'0000'0000 up. Phandles of the harts' controllers: 0x100 + hart.
 */
static void write_harts(struct tree *tree)
{
	tree_begin(tree, "cpus");
	tree_cell(tree, "#address-cells", 2);
	tree_cell(tree, "#size-cells", 0);
	for (uint32_t hart = 16; hart < 20; hart++) {
		char name[] = "cpu@10";

		name[5] = (char)('0' + hart - 16);
		tree_begin(tree, name);
		tree_text(tree, "device_type", "cpu");
		tree_cell(tree, "reg", 0, hart);
		tree_text(tree, "status", "okay");
		tree_cell(tree, "numa-node-id", hart < 18 ? 0 : 1);
		tree_begin(tree, "interrupt-controller");
		tree_cell(tree, "#interrupt-cells", 1);
		tree_text(tree, "compatible", "riscv,cpu-intc");
		tree_cell(tree, "phandle", 0x100 + hart);
		tree_end(tree);
		tree_end(tree);
	}
	tree_begin(tree, "cpu-map");
	tree_end(tree);
	tree_end(tree);
}

static void write_imsics(struct tree *tree)
{
	tree_begin(tree, "imsics@1000000");
	tree_text(tree, "compatible", "riscv,imsics");
	tree_cell(tree, "reg", 0x41000000, 0x4000);
	tree_cell(tree, "interrupts-extended", 0x110, 11, 0x111, 11, 0x112, 11, 0x113, 11);
	tree_cell(tree, "riscv,num-ids", 63);
	tree_end(tree);
	tree_begin(tree, "imsics@2000000");
	tree_text(tree, "compatible", "riscv,imsics");
	tree_cell(tree, "phandle", 0x200);
	tree_cell(tree, "reg", 0x42000000, 0x8000, 0x43000000, 0x8000);
	tree_cell(tree, "interrupts-extended", 0x113, 9, 0x112, 9, 0x111, 9, 0x110, 9);
	tree_cell(tree, "riscv,num-ids", 127);
	tree_cell(tree, "riscv,num-guest-ids", 63);
	tree_cell(tree, "riscv,guest-index-bits", 2);
	tree_cell(tree, "riscv,hart-index-bits", 1);
	tree_cell(tree, "riscv,group-index-bits", 1);
	tree_cell(tree, "riscv,group-index-shift", 24);
	tree_end(tree);
}

static void write_bridge(struct tree *tree)
{
	tree_begin(tree, "pcie@50000000");
	tree_text(tree, "compatible", "pci-host-ecam-generic");
	tree_cell(tree, "#address-cells", 3);
	tree_cell(tree, "#size-cells", 2);
	tree_cell(tree, "reg", 0x50000000, 0x800000);
	tree_cell(tree, "bus-range", 0x20, 0x27);
	tree_cell(tree, "linux,pci-domain", 5);
	tree_cell(tree, "msi-parent", 0x200);
	tree_cell(tree, "ranges",
		  0x01000000, 0, 0, 0x51000000, 0, 0x10000,
		  0x02000000, 0, 0x60000000, 0x60000000, 0, 0x10000000,
		  0x43000000, 2, 0, 0x70000000, 0, 0x10000000);
	tree_end(tree);
}

static void write_machine(struct tree *tree)
{
	tree_start(tree);
	tree_begin(tree, "");
	tree_cell(tree, "#address-cells", 2);
	tree_cell(tree, "#size-cells", 2);
	write_harts(tree);
	tree_begin(tree, "soc");
	tree_cell(tree, "#address-cells", 1);
	tree_cell(tree, "#size-cells", 1);
	tree_cell(tree, "ranges", 0x10000000, 0, 0x10000000, 0x10000000,
		  0x40000000, 8, 0, 0x40000000);
	write_imsics(tree);
	write_bridge(tree);
	tree_end(tree);
	tree_end(tree);
	tree_finish(tree);
}

/* One property of that machine written otherwise, or removed. */
struct change {
	const char *path, *name;
	enum { CELLS, TEXT, REMOVED, NODE_REMOVED } how;
	uint32_t count;
	uint32_t cells[32];
	const char *text;
};

#define SET(path, name, ...) { path, name, CELLS, \
	sizeof((uint32_t[]){ __VA_ARGS__ }) / 4, { __VA_ARGS__ }, NULL }
#define EMPTY(path, name)	{ path, name, CELLS, 0, { 0 }, NULL }
#define SAY(path, name, text)	{ path, name, TEXT, 0, { 0 }, text }
#define WITHOUT(path, name)	{ path, name, REMOVED, 0, { 0 }, NULL }
#define NO_NODE(path)		{ path, NULL, NODE_REMOVED, 0, { 0 }, NULL }

static void apply(void *blob, const struct change *change)
{
	int node = fdt_path_offset(blob, change->path);
	fdt32_t cells[32];
	int err = -1;

	if (node < 0)
		fail_msg("no node %s", change->path);
	for (uint32_t i = 0; i < change->count; i++)
		cells[i] = cpu_to_fdt32(change->cells[i]);
	switch (change->how) {
	case CELLS:
		err = fdt_setprop(blob, node, change->name, cells, 4 * (int)change->count);
		break;
	case TEXT:
		err = fdt_setprop_string(blob, node, change->name, change->text);
		break;
	case REMOVED:
		err = fdt_delprop(blob, node, change->name);
		break;
	case NODE_REMOVED:
		err = fdt_del_node(blob, node);
		break;
	}
	assert_int_equal(err, 0);
}

/* The machine with up to two changes, packed into memory of its exact size. */
static void *changed_machine(const struct change changes[2], size_t *out_bytes)
{
	unsigned char room[8192];
	struct tree tree;
	size_t bytes;
	void *blob;

	write_machine(&tree);
	blob = tree_blob(&tree, &bytes);
	assert_int_equal(fdt_open_into(blob, room, sizeof(room)), 0);
	free(blob);
	for (int i = 0; i < 2 && changes[i].path; i++)
		apply(room, &changes[i]);
	assert_int_equal(fdt_pack(room), 0);
	*out_bytes = fdt_totalsize(room);
	blob = malloc(*out_bytes);
	assert_non_null(blob);
	memcpy(blob, room, *out_bytes);
	return blob;
}

#define CPU(n)		"/cpus/cpu@1" #n
#define INTC(n)		CPU(n) "/interrupt-controller"
#define IMSIC		"/soc/imsics@2000000"
#define M_IMSIC		"/soc/imsics@1000000"
#define PCI		"/soc/pcie@50000000"

static void a_machine_of_two_groups_behind_a_bus_is_found(void **state)
{
	/* The tree lists the targets backwards: file 0 is hart 19's. */
	static const uint64_t phys[] = {
		0x803004000, 0x803000000, 0x802004000, 0x802000000,
	};
	const struct change none[2] = { { 0 } };
	struct found found;
	size_t bytes;
	void *blob = changed_machine(none, &bytes);

	(void)state;
	find_all(blob, bytes, 16, &found);
	assert_int_equal(found.cpus_status, UMSI_OK);
	assert_int_equal(found.ncpus, 4);
	if (found.imsic_status)
		fail_msg("%s", found.imsic_error.what);
	for (uint32_t cpu = 0; cpu < 4; cpu++) {
		assert_int_equal(found.cpus[cpu].hw_id, 16 + cpu);
		assert_int_equal(found.cpus[cpu].node, cpu / 2);
		assert_int_equal(found.files[cpu].phys, phys[cpu]);
	}
	assert_int_equal(found.imsic.num_ids, 127);
	assert_int_equal(found.imsic.guest_index_bits, 2);
	assert_int_equal(found.imsic.hart_index_bits, 1);
	assert_int_equal(found.imsic.group_index_bits, 1);
	assert_int_equal(found.imsic.group_index_shift, 24);
	assert_int_equal(found.pci_status, UMSI_OK);
	assert_int_equal(found.pci.ecam_phys, 0x810000000);
	assert_int_equal(found.pci.ecam_bytes, 0x800000);
	assert_int_equal(found.pci.segment, 5);
	assert_int_equal(found.pci.first_bus, 0x20);
	assert_int_equal(found.pci.last_bus, 0x27);
	assert_int_equal(found.pci.msi_parent, 0x200);
	assert_int_equal(found.pci.windows, 3);
	assert_int_equal(found.pci.window[2].pci, 0x200000000);
	assert_int_equal(found.pci.window[2].phys, 0x830000000);
	assert_true(found.pci.window[2].prefetchable && found.pci.window[2].wide);
	assert_true(found.pci.window[0].io && !found.pci.window[1].io);
	assert_int_equal(found.pci.window[0].phys, 0x811000000);
	free(blob);
}

/* What one or two changes do to the files of harts 16 to 19; 0 = none. */
static const struct {
	struct change changes[2];
	uint32_t ncpus;
	uint64_t phys[4];
} layouts[] = {
	/* A hart that is no target of the IMSIC has no file; the others keep theirs. */
	{ { SET(IMSIC, "interrupts-extended", 0x113, 9, 0x111, 9, 0x110, 9) }, 4,
	  { 0x803000000, 0x802004000, 0, 0x802000000 } },
	/* A target that is not connected uses up a file. */
	{ { SET(IMSIC, "interrupts-extended", 0x113, 9, 0x112, UINT32_MAX, 0x111, 9, 0x110, 9) }, 4,
	  { 0x803004000, 0x803000000, 0, 0x802000000 } },
	/* A CPU that is not usable is not listed; its file stays unused. */
	{ { SAY(CPU(1), "status", "disabled") }, 3,
	  { 0x803004000, 0x802004000, 0x802000000 } },
	{ { SAY(CPU(1), "status", "fail-sss") }, 3,
	  { 0x803004000, 0x802004000, 0x802000000 } },
	{ { WITHOUT(CPU(1), "status") }, 4,
	  { 0x803004000, 0x803000000, 0x802004000, 0x802000000 } },
	/* Three in the first register set, whose last has no guest pages; then a hole. */
	{ { SET(IMSIC, "reg", 0x42000000, 0x9000, 0x42010000, 0x4000),
	    SET(IMSIC, "riscv,hart-index-bits", 3) }, 4,
	  { 0x802010000, 0x802008000, 0x802004000, 0x802000000 } },
	/* No guest pages at all: one page each. */
	{ { SET(IMSIC, "reg", 0x42000000, 0x1000, 0x42004000, 0x1000, 0x43000000, 0x1000, 0x43004000, 0x1000) }, 4,
	  { 0x803004000, 0x803000000, 0x802004000, 0x802000000 } },
	/* The machine level's node is shut by the firmware, and is never looked at. */
	{ { SAY(M_IMSIC, "status", "disabled"), SET(M_IMSIC, "interrupts-extended", 1) }, 4,
	  { 0x803004000, 0x803000000, 0x802004000, 0x802000000 } },
};

static void layouts_with_holes_are_followed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		struct found found;
		size_t bytes;
		void *blob = changed_machine(layouts[i].changes, &bytes);

		find_all(blob, bytes, 16, &found);
		if (found.imsic_status)
			fail_msg("layout %zu: %d, %s", i, found.imsic_status,
				 found.imsic_error.what);
		assert_int_equal(found.ncpus, layouts[i].ncpus);
		for (uint32_t cpu = 0; cpu < found.ncpus; cpu++) {
			if (found.files[cpu].phys != layouts[i].phys[cpu])
				fail_msg("layout %zu: file of CPU %u at 0x%llx", i, cpu,
					 (unsigned long long)found.files[cpu].phys);
		}
		free(blob);
	}
}

static void silent_nodes_get_the_defaults_of_the_binding(void **state)
{
	static const char *const silenced[] = {
		"riscv,num-guest-ids", "riscv,guest-index-bits", "riscv,hart-index-bits",
		"riscv,group-index-bits", "riscv,group-index-shift",
	};
	struct found found;
	struct change changes[2] = { SET(IMSIC, "reg", 0x42000000, 0x4000) };
	unsigned char room[8192];
	size_t bytes;
	void *blob = changed_machine(changes, &bytes);

	(void)state;
	assert_int_equal(fdt_open_into(blob, room, sizeof(room)), 0);
	free(blob);
	for (size_t i = 0; i < sizeof(silenced) / sizeof(silenced[0]); i++) {
		struct change change = WITHOUT(IMSIC, silenced[i]);

		apply(room, &change);
	}
	assert_int_equal(fdt_pack(room), 0);
	bytes = fdt_totalsize(room);
	blob = malloc(bytes);
	assert_non_null(blob);
	memcpy(blob, room, bytes);
	find_all(blob, bytes, 19, &found);
	assert_int_equal(found.imsic_status, UMSI_OK);
	assert_int_equal(found.imsic.guest_index_bits, 0);
	assert_int_equal(found.imsic.hart_index_bits, 2);
	assert_int_equal(found.imsic.group_index_bits, 0);
	assert_int_equal(found.imsic.group_index_shift, 24);
	assert_int_equal(found.files[0].phys, 0x802000000);
	assert_int_equal(found.files[1].phys, 0x802003000);
	free(blob);
}

/* ---- What is refused ---- */

struct refusal {
	struct change changes[2];
	int status;
	const char *what;
};

static const struct refusal cpu_refusals[] = {
	{ { NO_NODE("/cpus") }, UMSI_EFW_MISSING, "/cpus" },
	{ { SET("/cpus", "#address-cells", 3) }, UMSI_EFW_CELLS, "#address-cells" },
	{ { SET("/cpus", "#address-cells", 0) }, UMSI_EFW_CELLS, "#address-cells" },
	{ { EMPTY("/cpus", "#address-cells") }, UMSI_EFW_CELLS, "#address-cells" },
	{ { SET("/cpus", "#size-cells", 1) }, UMSI_EFW_CELLS, "#size-cells" },
	{ { SET("/cpus", "#address-cells", 1) }, UMSI_EFW_VALUE, "reg" },
	{ { WITHOUT(CPU(2), "reg") }, UMSI_EFW_MISSING, "reg" },
	{ { SET(CPU(2), "reg", 0, 18, 0, 19) }, UMSI_EFW_VALUE, "reg" },
	{ { SET(CPU(2), "reg", 0, 19) }, UMSI_EFW_VALUE, "/cpus" },
	{ { SET(CPU(2), "reg", 0, 16) }, UMSI_EFW_VALUE, "/cpus" },
	{ { SET(CPU(0), "reg", 1, 16) }, UMSI_EFW_MISSING, "/cpus" },
	{ { SAY(CPU(0), "status", "disabled") }, UMSI_EFW_MISSING, "/cpus" },
	/* "ok", NUL, NUL: two strings, which is no status. */
	{ { SET(CPU(0), "status", 0x6f6b0000) }, UMSI_EFW_MISSING, "/cpus" },
	{ { SET(CPU(0), "numa-node-id", 0, 0) }, UMSI_EFW_VALUE, "numa-node-id" },
};

static const struct refusal imsic_refusals[] = {
	{ { NO_NODE(IMSIC) }, UMSI_EFW_MISSING, "riscv,imsics" },
	{ { SAY(IMSIC, "status", "disabled") }, UMSI_EFW_MISSING, "riscv,imsics" },
	{ { SAY(IMSIC, "compatible", "riscv,imsic") }, UMSI_EFW_MISSING, "riscv,imsics" },
	{ { SET(IMSIC, "interrupts-extended", 0x113, 10) }, UMSI_EFW_MISSING, "riscv,imsics" },
	{ { WITHOUT(IMSIC, "interrupts-extended") }, UMSI_EFW_MISSING, "interrupts-extended" },
	{ { EMPTY(IMSIC, "interrupts-extended") }, UMSI_EFW_VALUE, "interrupts-extended" },
	{ { SET(IMSIC, "interrupts-extended", 0x113, 9, 0x112) }, UMSI_EFW_VALUE, "interrupts-extended" },
	{ { SET(IMSIC, "interrupts-extended", 0x113, 9, 0x112, 11) }, UMSI_EFW_VALUE, "interrupts-extended" },
	{ { SET(M_IMSIC, "interrupts-extended", 0x113, 9) }, UMSI_EFW_VALUE,
	  "a second supervisor-level IMSIC" },
	{ { WITHOUT(IMSIC, "riscv,num-ids") }, UMSI_EFW_MISSING, "riscv,num-ids" },
	{ { SET(IMSIC, "riscv,num-ids", 0) }, UMSI_EFW_VALUE, "riscv,num-ids" },
	{ { SET(IMSIC, "riscv,num-ids", 62) }, UMSI_EFW_VALUE, "riscv,num-ids" },
	{ { SET(IMSIC, "riscv,num-ids", 64) }, UMSI_EFW_VALUE, "riscv,num-ids" },
	{ { SET(IMSIC, "riscv,num-ids", 2111) }, UMSI_EFW_VALUE, "riscv,num-ids" },
	{ { SET(IMSIC, "riscv,num-ids", UINT32_MAX) }, UMSI_EFW_VALUE, "riscv,num-ids" },
	{ { SET(IMSIC, "riscv,num-ids", 63, 63) }, UMSI_EFW_VALUE, "riscv,num-ids" },
	{ { SET(IMSIC, "riscv,num-guest-ids", 100) }, UMSI_EFW_VALUE, "riscv,num-guest-ids" },
	{ { SET(IMSIC, "riscv,guest-index-bits", 8) }, UMSI_EFW_VALUE, "riscv,guest-index-bits" },
	{ { SET(IMSIC, "riscv,hart-index-bits", 16) }, UMSI_EFW_VALUE, "riscv,hart-index-bits" },
	{ { SET(IMSIC, "riscv,group-index-bits", 8) }, UMSI_EFW_VALUE, "riscv,group-index-bits" },
	{ { SET(IMSIC, "riscv,group-index-shift", 56) }, UMSI_EFW_VALUE, "riscv,group-index-shift" },
	{ { SET(IMSIC, "riscv,group-index-shift", 14) }, UMSI_EFW_VALUE, "riscv,group-index-shift" },
	{ { EMPTY(IMSIC, "riscv,group-index-shift") }, UMSI_EFW_VALUE, "riscv,group-index-shift" },
	{ { WITHOUT(IMSIC, "reg") }, UMSI_EFW_MISSING, "reg" },
	{ { EMPTY(IMSIC, "reg") }, UMSI_EFW_VALUE, "reg" },
	{ { SET(IMSIC, "reg", 0x42000000) }, UMSI_EFW_VALUE, "reg" },
	{ { SET("/soc", "#address-cells", 4) }, UMSI_EFW_CELLS, "reg" },
	/* Room for three. */
	{ { SET(IMSIC, "reg", 0x42000000, 0x8000, 0x43000000, 0x4000) }, UMSI_EFW_VALUE, "reg" },
	{ { SET(IMSIC, "reg", 0x42000000, 0x8000, 0x43000000, 0) }, UMSI_EFW_VALUE, "reg" },
	/* Also where nobody would use the fourth. */
	{ { SET(IMSIC, "reg", 0x42000000, 0x8000, 0x43000000, 0x4000),
	    SET(IMSIC, "interrupts-extended", 0x110, 9, 0x111, 9, 0x112, 9, 0x113, UINT32_MAX) },
	  UMSI_EFW_VALUE, "reg" },
	/* The bus does not show it, or shows nothing. */
	{ { SET(IMSIC, "reg", 0x32000000, 0x10000) }, UMSI_EFW_VALUE, "ranges" },
	{ { WITHOUT("/soc", "ranges") }, UMSI_EFW_VALUE, "ranges" },
	{ { SET("/soc", "ranges", 1, 2, 3) }, UMSI_EFW_VALUE, "ranges" },
	{ { SET("/", "#address-cells", 3) }, UMSI_EFW_CELLS, "ranges" },
	/* Page numbers that are not what the widths say, or that mean "none". */
	{ { SET("/soc", "ranges", 0x42000000, 0, 0, 0x2000000) }, UMSI_EFW_VALUE, "reg" },
	{ { SET(IMSIC, "reg", 0x42000800, 0x8000, 0x43000800, 0x8000) }, UMSI_EFW_VALUE, "reg" },
	{ { SET(IMSIC, "reg", 0x42001000, 0x8000, 0x43001000, 0x8000) }, UMSI_EFW_VALUE, "reg" },
	{ { SET(IMSIC, "reg", 0x42000000, 0x8000, 0x44000000, 0x8000) }, UMSI_EFW_VALUE, "reg" },
	{ { SET(IMSIC, "reg", 0x42000000, 0x10000) }, UMSI_EFW_VALUE, "reg" },
	{ { SET(IMSIC, "reg", 0x42000000, 0x8000, 0x42000000, 0x8000) }, UMSI_EFW_VALUE, "two CPUs with one file" },
	/* Harts. */
	{ { SET(IMSIC, "interrupts-extended", 0x113, 9, 0x113, 9) }, UMSI_EFW_VALUE, "interrupts-extended" },
	{ { SET(IMSIC, "interrupts-extended", 0x113, 9, 0x114, 9) }, UMSI_EFW_PHANDLE, "interrupts-extended" },
	{ { SET(IMSIC, "interrupts-extended", 0x113, 9, 0x200, 9) }, UMSI_EFW_PHANDLE, "interrupts-extended" },
	{ { SET(IMSIC, "interrupts-extended", 0x113, 9, 0, 9) }, UMSI_EFW_PHANDLE, "interrupts-extended" },
	{ { SAY(INTC(2), "compatible", "another,intc") }, UMSI_EFW_PHANDLE, "interrupts-extended" },
	{ { SET(INTC(2), "#interrupt-cells", 2) }, UMSI_EFW_CELLS, "#interrupt-cells" },
	{ { SET(INTC(2), "phandle", 0x111) }, UMSI_EFW_VALUE, "two CPUs with one file" },
	{ { SET(CPU(3), "reg", 0, 18), SAY(CPU(3), "status", "disabled") }, UMSI_EFW_VALUE, "interrupts-extended" },
	{ { SAY(CPU(3), "status", "disabled"), SET(IMSIC, "interrupts-extended", 0x113, 9) },
	  UMSI_EFW_MISSING, "interrupts-extended" },
};

static const struct refusal pci_refusals[] = {
	{ { NO_NODE(PCI) }, UMSI_EFW_MISSING, "pci-host-ecam-generic" },
	{ { SAY(PCI, "status", "disabled") }, UMSI_EFW_MISSING, "pci-host-ecam-generic" },
	{ { WITHOUT(PCI, "reg") }, UMSI_EFW_MISSING, "reg" },
	{ { SET(PCI, "reg", 0x50000000, 0xfffff) }, UMSI_EFW_VALUE, "reg" },
	{ { SET(PCI, "reg", 0xfff00000, 0x200000) }, UMSI_EFW_VALUE, "ranges" },
	{ { SET(PCI, "reg", 0x7ff00000, 0x200000) }, UMSI_EFW_VALUE, "ranges" },
	{ { SET(PCI, "bus-range", 0x20) }, UMSI_EFW_VALUE, "bus-range" },
	{ { SET(PCI, "bus-range", 0x20, 0x1f) }, UMSI_EFW_VALUE, "bus-range" },
	{ { SET(PCI, "bus-range", 0xff, 0x100) }, UMSI_EFW_VALUE, "bus-range" },
	{ { SET(PCI, "bus-range", 0x20, 0x28) }, UMSI_EFW_VALUE, "bus-range" },
	{ { SET(PCI, "linux,pci-domain", 0x10000) }, UMSI_EFW_VALUE, "linux,pci-domain" },
	{ { EMPTY(PCI, "msi-parent") }, UMSI_EFW_VALUE, "msi-parent" },
	{ { SET(PCI, "#address-cells", 2) }, UMSI_EFW_CELLS, "#address-cells" },
	{ { WITHOUT(PCI, "#size-cells") }, UMSI_EFW_CELLS, "#size-cells" },
	{ { WITHOUT(PCI, "ranges") }, UMSI_EFW_MISSING, "ranges" },
	{ { EMPTY(PCI, "ranges") }, UMSI_EFW_VALUE, "ranges" },
	{ { SET(PCI, "ranges", 0x02000000, 0, 0, 0x60000000, 0) }, UMSI_EFW_VALUE, "ranges" },
	{ { SET(PCI, "ranges", 0x02000000, 0, 0xfffff000, 0x60000000, 0, 0x2000) }, UMSI_EFW_VALUE, "ranges" },
	{ { SET(PCI, "ranges", 0x02000000, 1, 0, 0x60000000, 0, 0x2000) }, UMSI_EFW_VALUE, "ranges" },
	{ { SET(PCI, "ranges", 0x03000000, UINT32_MAX, UINT32_MAX, 0x60000000, 0, 2) }, UMSI_EFW_VALUE, "ranges" },
	{ { SET(PCI, "ranges", 0x02000000, 0, 0, 0x60000000, 0, 0) }, UMSI_EFW_VALUE, "ranges" },
	{ { SET(PCI, "ranges", 0x02000000, 0, 0, 0x30000000, 0, 0x2000) }, UMSI_EFW_VALUE, "ranges" },
};

static void expect(const char *kind, size_t row, const struct refusal *refusal, int status,
		   const struct umsi_fdt_error *error)
{
	if (status != refusal->status || !error->what || strcmp(error->what, refusal->what))
		fail_msg("%s %zu: expected %d (%s), got %d (%s)", kind, row, refusal->status,
			 refusal->what, status, error->what ? error->what : "nothing");
}

#define FOR_EACH(row, table) \
	for (size_t row = 0; row < sizeof(table) / sizeof((table)[0]); row++)

static void each_wrong_statement_has_its_error(void **state)
{
	struct found found;
	size_t bytes;
	void *blob;

	(void)state;
	FOR_EACH(i, cpu_refusals) {
		blob = changed_machine(cpu_refusals[i].changes, &bytes);
		find_all(blob, bytes, 16, &found);
		expect("cpus", i, &cpu_refusals[i], found.cpus_status, &found.cpus_error);
		free(blob);
	}
	FOR_EACH(i, imsic_refusals) {
		const struct umsi_imsic_config untouched = { 0 };

		blob = changed_machine(imsic_refusals[i].changes, &bytes);
		find_all(blob, bytes, 16, &found);
		assert_int_equal(found.cpus_status, UMSI_OK);
		expect("imsic", i, &imsic_refusals[i], found.imsic_status, &found.imsic_error);
		assert_memory_equal(&found.imsic, &untouched, sizeof(untouched));
		free(blob);
	}
	FOR_EACH(i, pci_refusals) {
		blob = changed_machine(pci_refusals[i].changes, &bytes);
		find_all(blob, bytes, 16, &found);
		expect("pci", i, &pci_refusals[i], found.pci_status, &found.pci_error);
		free(blob);
	}
}

static void windows_are_counted_against_their_room(void **state)
{
	struct change changes[2] = { SET(PCI, "ranges", 0) };
	unsigned char room[8192];
	struct found found;
	fdt32_t cells[9 * 6];
	size_t bytes;
	void *blob;
	int node;

	(void)state;
	for (uint32_t i = 0; i < 9; i++) {
		const uint32_t window[6] = { 0x02000000, 0, i << 16, 0x60000000 + (i << 16), 0, 0x10000 };

		for (uint32_t j = 0; j < 6; j++)
			cells[6 * i + j] = cpu_to_fdt32(window[j]);
	}
	blob = changed_machine(changes, &bytes);
	assert_int_equal(fdt_open_into(blob, room, sizeof(room)), 0);
	free(blob);
	node = fdt_path_offset(room, PCI);
	for (int windows = 8; windows <= 9; windows++) {
		uint64_t aligned[1024];

		assert_int_equal(fdt_setprop(room, node, "ranges", cells, windows * 24), 0);
		memcpy(aligned, room, sizeof(room));
		find_all(aligned, sizeof(aligned), 16, &found);
		assert_int_equal(found.pci_status, windows == 8 ? UMSI_OK : UMSI_EFW_ROOM);
	}
}

/* On the root's own bus nothing is translated, and nothing else would catch it. */
static void windows_end_where_the_address_space_does(void **state)
{
	(void)state;
	for (uint32_t last = 0xffe; last <= 0xfff; last++) {
		struct umsi_pci_host host;
		struct umsi_fdt fdt;
		struct tree tree;
		size_t bytes;
		void *blob;

		tree_start(&tree);
		tree_begin(&tree, "");
		tree_cell(&tree, "#address-cells", 2);
		tree_cell(&tree, "#size-cells", 2);
		tree_begin(&tree, "pcie@50000000");
		tree_text(&tree, "compatible", "pci-host-ecam-generic");
		tree_cell(&tree, "#address-cells", 3);
		tree_cell(&tree, "#size-cells", 2);
		tree_cell(&tree, "reg", 0, 0x50000000, 0, 0x800000);
		tree_cell(&tree, "ranges", 0x03000000, 0, 0, UINT32_MAX, 0xfffff002, 0, last);
		tree_end(&tree);
		tree_end(&tree);
		tree_finish(&tree);
		blob = tree_blob(&tree, &bytes);
		assert_int_equal(umsi_fdt_open(blob, bytes, &fdt, NULL), UMSI_OK);
		assert_int_equal(umsi_fdt_pci_host(&fdt, -1, &host, NULL),
				 last == 0xffe ? UMSI_OK : UMSI_EFW_VALUE);
		free(blob);
	}
}

static void buses_follow_from_the_size_where_nothing_is_said(void **state)
{
	const struct change changes[2] = { WITHOUT(PCI, "bus-range"), WITHOUT(PCI, "msi-parent") };
	struct found found;
	size_t bytes;
	void *blob = changed_machine(changes, &bytes);

	(void)state;
	find_all(blob, bytes, 16, &found);
	assert_int_equal(found.pci_status, UMSI_OK);
	assert_int_equal(found.pci.first_bus, 0);
	assert_int_equal(found.pci.last_bus, 7);
	assert_int_equal(found.pci.msi_parent, 0);
	free(blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qemu_interrupt_files_equal_hand_made_ones),
		cmocka_unit_test(the_boot_hart_comes_first),
		cmocka_unit_test(room_is_asked_for),
		cmocka_unit_test(machines_without_imsic_say_so),
		cmocka_unit_test(qemu_host_bridge_equals_a_hand_made_one),
		cmocka_unit_test(a_machine_of_two_groups_behind_a_bus_is_found),
		cmocka_unit_test(layouts_with_holes_are_followed),
		cmocka_unit_test(silent_nodes_get_the_defaults_of_the_binding),
		cmocka_unit_test(each_wrong_statement_has_its_error),
		cmocka_unit_test(windows_are_counted_against_their_room),
		cmocka_unit_test(windows_end_where_the_address_space_does),
		cmocka_unit_test(buses_follow_from_the_size_where_nothing_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
