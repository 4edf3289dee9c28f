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
#include "fw/fdt_harts.h"
#include "fw/fdt_imsic.h"

#define PAGE_SHIFT		12u
#define PAGE_BYTES		(UINT64_C(1) << PAGE_SHIFT)
#define FILES_MAX		16384u		/* binding: maxItems of interrupts-extended */
#define GROUP_INDEX_SHIFT_DEFAULT 24u		/* binding: riscv,group-index-shift */

/* Where the last file was found: register set, and the number of its first file. */
struct cursor {
	uint32_t set, first;
};

struct finder {
	struct umsi_fdt_harts harts;		/* pair i: the hart whose file is number i */
	struct cursor *cursor;
	struct umsi_fdt_regs regs;
	uint64_t base;				/* a file's address without its indices */
	struct umsi_imsic_config config;	/* what becomes the result */
};

static int refuse(const struct finder *finder, const char *what, int status)
{
	return umsi_fdt_harts_refuse(&finder->harts, what, status);
}

/* ---- Which node ---- */

/* Leaves the one enabled supervisor-level node in @finder, its targets read. */
static int find_node(struct finder *finder)
{
	const struct umsi_fdt *fdt = finder->harts.fdt;
	struct umsi_fdt_harts found = finder->harts;
	umsi_fdt_node node = -1;
	int err;

	found.node = -1;
	while ((node = umsi_fdt_next_okay(fdt, node, "riscv,imsics")) >= 0) {
		finder->harts.node = node;
		err = umsi_fdt_harts_read(&finder->harts);
		if (err)
			return err;
		if (!finder->harts.supervisor)
			continue;
		if (found.node >= 0)
			return refuse(finder, "a second supervisor-level IMSIC", UMSI_EFW_VALUE);
		found = finder->harts;
	}
	finder->harts = found;
	if (found.node < 0)
		return refuse(finder, "no supervisor-level riscv,imsics", UMSI_EFW_MISSING);
	return UMSI_OK;
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

	if (!umsi_fdt_get(finder->harts.fdt, finder->harts.node, "riscv,num-ids", &property))
		return refuse(finder, "riscv,num-ids: absent", UMSI_EFW_MISSING);
	if (umsi_fdt_u32_or(finder->harts.fdt, finder->harts.node, "riscv,num-ids", 0,
			    &finder->config.num_ids) ||
	    !good_last_id(finder->config.num_ids))
		return refuse(finder, "riscv,num-ids: not 64n - 1 from 63 to 2047",
			      UMSI_EFW_VALUE);
	if (umsi_fdt_u32_or(finder->harts.fdt, finder->harts.node, "riscv,num-guest-ids",
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
	const struct umsi_fdt *fdt = finder->harts.fdt;
	umsi_fdt_node node = finder->harts.node;
	struct umsi_imsic_config *config = &finder->config;

	if (umsi_fdt_u32_or(fdt, node, "riscv,guest-index-bits", 0,
			    &config->guest_index_bits) ||
	    umsi_fdt_u32_or(fdt, node, "riscv,hart-index-bits",
			    bits_to_number(finder->harts.count), &config->hart_index_bits) ||
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
		return umsi_fdt_to_cpu(finder->harts.fdt, &finder->regs, start, PAGE_BYTES, out_phys);
	}
	return UMSI_EFW_VALUE;
}

/* The sets, and what the addresses of all files share. */
static int read_regs(struct finder *finder)
{
	int err = umsi_fdt_regs_of(finder->harts.fdt, finder->harts.node, &finder->regs);
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

struct owners {
	const struct finder *finder;
	struct umsi_imsic_file *files;	/* being filled in */
};

static int found_hart(void *arg, uint32_t cpu, uint32_t target)
{
	struct owners *owners = arg;

	if (owners->files[cpu].phys)
		return UMSI_EEXIST;
	return place_file(owners->finder, target, &owners->files[cpu].phys);
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
	struct finder finder = { .harts = { .fdt = fdt, .node = node, .error = error }, .cursor = &cursor };
	uint64_t first;
	int err;

	err = umsi_fdt_harts_read(&finder.harts);
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
	*out_supervisor = finder.harts.supervisor != 0;
	return UMSI_OK;
}

int umsi_fdt_imsic(const struct umsi_fdt *fdt, const struct umsi_cpu_desc *cpus,
		   uint32_t ncpus, struct umsi_imsic_file *files,
		   struct umsi_imsic_config *out, struct umsi_fdt_error *error)
{
	struct cursor cursor = { 0 };
	struct finder finder = { .harts = { .fdt = fdt, .error = error }, .cursor = &cursor,
				 .config = { .files = files } };
	struct owners owners = { .finder = &finder, .files = files };
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
		err = place_file(&finder, finder.harts.count - 1, &last);
	if (err)
		return err;

	for (uint32_t cpu = 0; cpu < ncpus; cpu++)
		files[cpu].phys = 0;
	err = umsi_fdt_harts_match(&finder.harts, cpus, ncpus, found_hart, &owners);
	if (err)
		return err;
	if (share_a_file(files, ncpus))
		return refuse(&finder, "two CPUs with one file: register sets overlap, or a phandle is there twice",
			      UMSI_EFW_VALUE);
	*out = finder.config;
	return UMSI_OK;
}
