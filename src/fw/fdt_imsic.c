/* SPDX-License-Identifier: MIT */
/*
 * The supervisor-level IMSIC: which interrupt file belongs to which CPU.
 *
 * Entry i of interrupts-extended names the hart whose file is number i; the
 * files fill the register sets of reg in order, one every 2^guest_index_bits
 * pages. Machine and supervisor level are two nodes, told apart by the
 * interrupt they raise in the harts.
 * Source: Devicetree binding riscv,imsics; AIA 1.0, "Arrangement of the memory
 * regions of multiple interrupt files".
 */
#include "codec/sort.h"
#include "fw/fdt_imsic.h"

#define PAGE_SHIFT		12u
#define PAGE_BYTES		(UINT64_C(1) << PAGE_SHIFT)
#define SUPERVISOR_EXTERNAL	9u		/* Source: Privileged ISA, "scause values" */
#define NOT_CONNECTED		UINT32_MAX	/* an interrupt number that leads nowhere */
#define FILES_MAX		16384u		/* binding: maxItems of interrupts-extended */
#define GROUP_INDEX_SHIFT_DEFAULT 24u		/* binding: riscv,group-index-shift */

/* Where the last file was found: register set, and the number of its first file. */
struct cursor {
	uint32_t set, first;
};

struct finder {
	const struct umsi_fdt *fdt;
	struct cursor *cursor;
	umsi_fdt_node node;
	struct umsi_fdt_error *error;
	struct umsi_fdt_property targets;	/* interrupts-extended: pairs phandle, interrupt */
	uint32_t count;				/* of pairs */
	struct umsi_fdt_regs regs;
	uint64_t base;				/* a file's address without its indices */
	struct umsi_imsic_config config;	/* what becomes the result */
};

static int refuse(const struct finder *finder, const char *what, int status)
{
	return umsi_fdt_refuse_node(finder->error, finder->fdt, finder->node, what, status);
}

static uint32_t target_phandle(const struct finder *finder, uint32_t i)
{
	return umsi_fdt_be32(finder->targets.value + 8 * i);
}

static uint32_t target_interrupt(const struct finder *finder, uint32_t i)
{
	return umsi_fdt_be32(finder->targets.value + 8 * i + 4);
}

/* ---- Which node ---- */

static int read_targets(struct finder *finder)
{
	if (!umsi_fdt_get(finder->fdt, finder->node, "interrupts-extended",
			  &finder->targets))
		return refuse(finder, "interrupts-extended: absent", UMSI_EFW_MISSING);
	finder->count = finder->targets.bytes / 8;
	if (finder->targets.bytes % 8 || !finder->count || finder->count > FILES_MAX)
		return refuse(finder, "interrupts-extended: not 1 to 16384 pairs of cells",
			      UMSI_EFW_VALUE);
	return UMSI_OK;
}

static uint32_t supervisor_targets(const struct finder *finder)
{
	uint32_t supervisor = 0;

	for (uint32_t i = 0; i < finder->count; i++)
		supervisor += target_interrupt(finder, i) == SUPERVISOR_EXTERNAL;
	return supervisor;
}

static int check_targets(const struct finder *finder)
{
	for (uint32_t i = 0; i < finder->count; i++) {
		uint32_t interrupt = target_interrupt(finder, i);

		if (interrupt != SUPERVISOR_EXTERNAL && interrupt != NOT_CONNECTED)
			return refuse(finder,
				      "interrupts-extended: supervisor and other interrupts mixed",
				      UMSI_EFW_VALUE);
	}
	return UMSI_OK;
}

/* Leaves the one enabled supervisor-level node in @finder, its targets read. */
static int find_node(struct finder *finder)
{
	const struct umsi_fdt *fdt = finder->fdt;
	struct finder found = *finder;
	umsi_fdt_node node = -1;
	int err;

	found.node = -1;
	while ((node = umsi_fdt_find_compatible(fdt, node, "riscv,imsics")) >= 0) {
		if (!umsi_fdt_is_okay(fdt, node))
			continue;
		finder->node = node;
		err = read_targets(finder);
		if (err)
			return err;
		if (!supervisor_targets(finder))
			continue;
		if (found.node >= 0)
			return refuse(finder, "a second supervisor-level IMSIC", UMSI_EFW_VALUE);
		found = *finder;
	}
	*finder = found;
	if (found.node < 0)
		return refuse(finder, "no supervisor-level riscv,imsics", UMSI_EFW_MISSING);
	return check_targets(finder);
}

/* ---- What it says about itself ---- */

/* Identities are 1 .. n. Source: AIA 1.0, "Interrupt files and interrupt identities". */
static bool good_last_id(uint32_t n)
{
	return n >= 63 && n <= 2047 && n % 64 == 63;
}

static int read_ids(struct finder *finder)
{
	uint32_t guest_ids;
	struct umsi_fdt_property property;

	if (!umsi_fdt_get(finder->fdt, finder->node, "riscv,num-ids", &property))
		return refuse(finder, "riscv,num-ids: absent", UMSI_EFW_MISSING);
	if (umsi_fdt_u32_or(finder->fdt, finder->node, "riscv,num-ids", 0,
			    &finder->config.num_ids) ||
	    !good_last_id(finder->config.num_ids))
		return refuse(finder, "riscv,num-ids: not 64n - 1 from 63 to 2047",
			      UMSI_EFW_VALUE);
	if (umsi_fdt_u32_or(finder->fdt, finder->node, "riscv,num-guest-ids",
			    finder->config.num_ids, &guest_ids) ||
	    !good_last_id(guest_ids))
		return refuse(finder, "riscv,num-guest-ids: not 64n - 1 from 63 to 2047",
			      UMSI_EFW_VALUE);
	return UMSI_OK;
}

/* The binding's default of riscv,hart-index-bits: enough to number every target. */
static uint32_t bits_to_number(uint32_t count)
{
	uint32_t bits = 0;

	while ((UINT32_C(1) << bits) < count)
		bits++;
	return bits;
}

static int read_widths(struct finder *finder)
{
	const struct umsi_fdt *fdt = finder->fdt;
	umsi_fdt_node node = finder->node;
	struct umsi_imsic_config *config = &finder->config;

	if (umsi_fdt_u32_or(fdt, node, "riscv,guest-index-bits", 0,
			    &config->guest_index_bits) ||
	    umsi_fdt_u32_or(fdt, node, "riscv,hart-index-bits",
			    bits_to_number(finder->count), &config->hart_index_bits) ||
	    umsi_fdt_u32_or(fdt, node, "riscv,group-index-bits", 0,
			    &config->group_index_bits) ||
	    umsi_fdt_u32_or(fdt, node, "riscv,group-index-shift",
			    GROUP_INDEX_SHIFT_DEFAULT, &config->group_index_shift))
		return refuse(finder, "riscv,*-index-*: not one cell", UMSI_EFW_VALUE);

	/* binding: maxima 7, 15, 7, 55 */
	if (config->guest_index_bits > 7 || config->hart_index_bits > 15 ||
	    config->group_index_bits > 7 || config->group_index_shift > 55)
		return refuse(finder, "riscv,*-index-*: beyond its maximum", UMSI_EFW_VALUE);
	if (config->group_index_bits + config->group_index_shift > 64)
		return refuse(finder, "riscv,group-index-*: beyond the 64-bit address",
			      UMSI_EFW_VALUE);
	if (config->group_index_bits &&
	    config->group_index_shift <
	    PAGE_SHIFT + config->guest_index_bits + config->hart_index_bits)
		return refuse(finder, "riscv,group-index-shift: group inside the hart index",
			      UMSI_EFW_VALUE);
	return UMSI_OK;
}

/* ---- Where the files are ---- */

/* Every bit of a file's address that does not number it. */
static uint64_t common_part(const struct umsi_imsic_config *config, uint64_t phys)
{
	uint32_t low = PAGE_SHIFT + config->guest_index_bits + config->hart_index_bits;
	uint64_t groups = (UINT64_C(1) << config->group_index_bits) - 1;

	return (phys >> low << low) & ~(groups << config->group_index_shift);
}

/*
 * The address of file @index. The last file of a register set may go without
 * its guests' pages, so a set holds its size divided by the distance, rounded
 * up; what remains of @index counts from the next set on. Files are asked for
 * in order mostly, so the search goes on from the set that the last one was in.
 */
static int locate_file(const struct finder *finder, uint32_t index, uint64_t *out_phys)
{
	uint32_t shift = PAGE_SHIFT + finder->config.guest_index_bits;
	struct cursor at = { 0 };
	uint64_t start, bytes;

	if (index >= finder->cursor->first)
		at = *finder->cursor;
	for (; at.set < finder->regs.count; at.set++) {
		uint64_t files;

		if (!umsi_fdt_regs_entry(&finder->regs, at.set, &start, &bytes))
			return UMSI_EFW_VALUE;
		files = bytes >> shift;
		if (bytes - (files << shift) >= PAGE_BYTES)
			files++;
		if (index - at.first >= files) {
			at.first += (uint32_t)files;
			continue;
		}
		*finder->cursor = at;
		start += (uint64_t)(index - at.first) << shift;
		return umsi_fdt_to_cpu(finder->fdt, &finder->regs, start, PAGE_BYTES, out_phys);
	}
	return UMSI_EFW_VALUE;
}

/* The sets, and what the addresses of all files share. */
static int read_regs(struct finder *finder)
{
	int err = umsi_fdt_regs_of(finder->fdt, finder->node, &finder->regs);
	uint64_t first;

	if (err)
		return refuse(finder, "reg: absent or malformed", err);
	if (finder->regs.count > FILES_MAX)
		return refuse(finder, "reg: more than 16384 register sets", UMSI_EFW_VALUE);
	err = locate_file(finder, 0, &first);
	if (err)
		return refuse(finder, "reg, or a ranges above it: no room for every file", err);
	finder->base = common_part(&finder->config, first);
	return UMSI_OK;
}

/* As above, for a file that must exist and whose address must number it. */
static int place_file(const struct finder *finder, uint32_t index, uint64_t *out_phys)
{
	const struct umsi_imsic_config *config = &finder->config;
	uint64_t phys;
	int err;

	err = locate_file(finder, index, &phys);
	if (err)
		return refuse(finder, "reg, or a ranges above it: no room for every file", err);
	/* 0 stands for "no file"; page numbers have 44 bits ("Sv48" and its like), share_a_file() takes 48. */
	if (phys >> 60)
		return refuse(finder, "reg: a file beyond any physical address", UMSI_EFW_VALUE);
	if (!phys || phys << (64 - PAGE_SHIFT - config->guest_index_bits))
		return refuse(finder, "reg: a file at 0, or not at guest index 0", UMSI_EFW_VALUE);
	if (common_part(config, phys) != finder->base)
		return refuse(finder, "reg: files differ outside their group and hart index",
			      UMSI_EFW_VALUE);
	*out_phys = phys;
	return UMSI_OK;
}

/* ---- Whose they are ---- */

/*
 * What is being filled in, and how much of it was. Harts nearly always come in
 * one order everywhere, so each search begins where the last one ended, and a
 * tree of n harts costs n steps.
 */
struct owners {
	const struct umsi_cpu_desc *cpus;
	uint32_t ncpus;
	struct umsi_imsic_file *files;
	uint32_t next_target, next_cpu;	/* where searches begin */
	uint32_t matched;		/* targets whose hart was found */
	uint32_t placed;		/* CPUs of cpus[] that have a file */
};

/* The interrupt controller inside @cpu, or none. */
static umsi_fdt_node intc_of(const struct umsi_fdt *fdt, umsi_fdt_node cpu)
{
	umsi_fdt_node node = umsi_fdt_first_child(fdt, cpu);

	while (node >= 0 && !umsi_fdt_is_compatible(fdt, node, "riscv,cpu-intc"))
		node = umsi_fdt_next_sibling(fdt, node);
	return node;
}

/* ncpus: none has that number. */
static uint32_t find_cpu(struct owners *owners, uint64_t hart)
{
	for (uint32_t tried = 0; tried < owners->ncpus; tried++) {
		uint32_t cpu = owners->next_cpu;

		owners->next_cpu = cpu + 1 < owners->ncpus ? cpu + 1 : 0;
		if (owners->cpus[cpu].hw_id == hart)
			return cpu;
	}
	return owners->ncpus;
}

/* The next target that names @phandle, round and round; count: none does. */
static uint32_t find_target(const struct finder *finder, struct owners *owners, uint32_t phandle)
{
	for (uint32_t tried = 0; tried < finder->count; tried++) {
		uint32_t i = owners->next_target;

		owners->next_target = i + 1 < finder->count ? i + 1 : 0;
		if (target_phandle(finder, i) == phandle &&
		    target_interrupt(finder, i) != NOT_CONNECTED)
			return i;
	}
	return finder->count;
}

/* The hart whose controller is @phandle. That no other target names it shows when all are counted. */
static int match_hart(const struct finder *finder, struct owners *owners,
		      uint32_t phandle, uint64_t hart)
{
	uint32_t found = find_target(finder, owners, phandle);
	uint32_t cpu;

	if (found == finder->count)
		return UMSI_OK;
	owners->matched++;
	cpu = find_cpu(owners, hart);
	if (cpu == owners->ncpus)
		return UMSI_OK;		/* a hart that this machine does not use */
	if (owners->files[cpu].phys)
		return refuse(finder, "interrupts-extended: one hart by two phandles",
			      UMSI_EFW_VALUE);
	owners->placed++;
	return place_file(finder, found, &owners->files[cpu].phys);
}

static int match_cpu(const struct finder *finder, struct owners *owners,
		     umsi_fdt_node cpu, uint32_t cells)
{
	const struct umsi_fdt *fdt = finder->fdt;
	umsi_fdt_node intc = intc_of(fdt, cpu);
	uint32_t phandle, interrupt_cells;
	uint64_t hart;
	int err;

	if (intc < 0 || umsi_fdt_u32_or(fdt, intc, "phandle", 0, &phandle) || !phandle)
		return UMSI_OK;		/* nothing can refer to it */
	err = umsi_fdt_cpu_id(fdt, cpu, cells, &hart, finder->error);
	if (err)
		return err;
	/* Pairs are only pairs if the harts' controllers take one cell. */
	if (umsi_fdt_u32_or(fdt, intc, "#interrupt-cells", 1, &interrupt_cells) ||
	    interrupt_cells != 1)
		return umsi_fdt_refuse_node(finder->error, fdt, intc,
					    "#interrupt-cells: not 1", UMSI_EFW_CELLS);
	return match_hart(finder, owners, phandle, hart);
}

/* Some target names no hart, or one that another names too. Which of them takes longer to say. */
static int refuse_targets(const struct finder *finder)
{
	for (uint32_t i = 1; i < finder->count; i++)
		for (uint32_t j = 0; target_interrupt(finder, i) != NOT_CONNECTED && j < i; j++)
			if (target_phandle(finder, i) == target_phandle(finder, j) &&
			    target_interrupt(finder, j) != NOT_CONNECTED)
				return refuse(finder, "interrupts-extended: one hart twice",
					      UMSI_EFW_VALUE);
	return refuse(finder, "interrupts-extended: a phandle that is no hart's riscv,cpu-intc",
		      UMSI_EFW_PHANDLE);
}

static int match_harts(const struct finder *finder, struct owners *owners)
{
	const struct umsi_fdt *fdt = finder->fdt;
	umsi_fdt_node parent = umsi_fdt_find_path(fdt, "/cpus");
	umsi_fdt_node cpu;
	uint32_t cells;
	int err;

	if (parent < 0)
		return umsi_fdt_refuse_node(finder->error, fdt, -1, "no node /cpus",
					    UMSI_EFW_MISSING);
	err = umsi_fdt_cpus_cells(fdt, parent, &cells, finder->error);
	if (err)
		return err;
	for (cpu = umsi_fdt_first_child(fdt, parent); cpu >= 0;
	     cpu = umsi_fdt_next_sibling(fdt, cpu)) {
		if (!umsi_fdt_is_cpu(fdt, cpu))
			continue;
		err = match_cpu(finder, owners, cpu, cells);
		if (err)
			return err;
	}
	if (owners->matched != supervisor_targets(finder))
		return refuse_targets(finder);
	if (!owners->placed)
		return refuse(finder, "none of the CPUs has an interrupt file", UMSI_EFW_MISSING);
	return UMSI_OK;
}

/*
 * Sorted in place, each with the number of its CPU in the bits that the page
 * number leaves, and put back by it.
 */
#define CPU_BITS		16u

_Static_assert(UMSI_CPUS_MAX <= 1u << CPU_BITS, "a CPU number fits beside a page number");
_Static_assert(sizeof(struct umsi_imsic_file) == sizeof(uint64_t), "a file is its address");

static uint32_t cpu_of(uint64_t key)
{
	return key & ((1u << CPU_BITS) - 1);
}

static bool share_a_file(struct umsi_imsic_file *files, uint32_t count)
{
	uint64_t *key = &files->phys;
	bool shared = false;

	for (uint32_t i = 0; i < count; i++)
		key[i] = key[i] >> PAGE_SHIFT << CPU_BITS | i;
	umsi_sort64(key, count);
	for (uint32_t i = 1; i < count; i++)
		shared |= key[i] >> CPU_BITS && key[i] >> CPU_BITS == key[i - 1] >> CPU_BITS;
	for (uint32_t i = 0; i < count; i++) {
		while (cpu_of(key[i]) != i) {
			uint64_t here = key[i];
			uint32_t home = cpu_of(here);

			key[i] = key[home];
			key[home] = here;
		}
	}
	for (uint32_t i = 0; i < count; i++)
		key[i] = key[i] >> CPU_BITS << PAGE_SHIFT;
	return shared;
}

int umsi_fdt_imsic_numbering(const struct umsi_fdt *fdt, umsi_fdt_node node, struct umsi_imsic_config *out,
			     uint64_t *out_base, bool *out_supervisor, struct umsi_fdt_error *error)
{
	struct cursor cursor = { 0 };
	struct finder finder = { .fdt = fdt, .node = node, .error = error, .cursor = &cursor };
	uint64_t first;
	int err;

	err = read_targets(&finder);
	if (!err)
		err = read_widths(&finder);
	if (!err)
		err = read_regs(&finder);
	if (!err)
		err = place_file(&finder, 0, &first);
	if (err)
		return err;
	*out = finder.config;
	*out_base = finder.base;
	*out_supervisor = supervisor_targets(&finder) != 0;
	return UMSI_OK;
}

int umsi_fdt_imsic(const struct umsi_fdt *fdt, const struct umsi_cpu_desc *cpus,
		   uint32_t ncpus, struct umsi_imsic_file *files,
		   struct umsi_imsic_config *out, struct umsi_fdt_error *error)
{
	struct cursor cursor = { 0 };
	struct finder finder = { .fdt = fdt, .error = error, .cursor = &cursor,
				 .config = { .files = files } };
	struct owners owners = { .cpus = cpus, .ncpus = ncpus, .files = files };
	uint64_t last;
	int err;

	if (!fdt || !cpus || !ncpus || !files || !out)
		return umsi_fdt_refuse(error, 0, "a pointer is NULL, or no CPUs", UMSI_EINVAL);
	err = find_node(&finder);
	if (!err)
		err = read_ids(&finder);
	if (!err)
		err = read_widths(&finder);
	if (!err)
		err = read_regs(&finder);
	if (!err)
		err = place_file(&finder, finder.count - 1, &last);
	if (err)
		return err;

	for (uint32_t cpu = 0; cpu < ncpus; cpu++)
		files[cpu].phys = 0;
	err = match_harts(&finder, &owners);
	if (err)
		return err;
	if (share_a_file(files, ncpus))
		return refuse(&finder, "two CPUs with one file: register sets overlap, or a phandle is there twice",
			      UMSI_EFW_VALUE);
	*out = finder.config;
	return UMSI_OK;
}
