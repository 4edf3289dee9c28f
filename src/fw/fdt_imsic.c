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
	struct cursor cursor;
	struct umsi_fdt_regs regs;
	uint64_t base;				/* a file's address without its indices */
	struct umsi_imsic_config config;	/* what becomes the result */
};

static int refuse(struct finder *finder, const char *what, int status)
{
	return umsi_fdt_refuse(&finder->harts.r, what, status);
}

/* ---- Which node ---- */

/* Leaves the one enabled supervisor-level node in @finder, its targets read. */
static int find_node(struct finder *finder)
{
	struct umsi_fdt_harts found = { .r = { .node = -1 } };
	struct umsi_fdt_harts *h = &finder->harts;

	h->r.node = -1;
	while ((h->r.node = umsi_fdt_next_okay(h->r.fdt, h->r.node, "riscv,imsics")) >= 0) {
		if (umsi_fdt_harts_read(h))
			return h->r.status;
		if (!h->supervisor)
			continue;
		if (found.supervisor)
			return refuse(finder, "a second supervisor-level IMSIC", UMSI_EFW_VALUE);
		found = *h;
	}
	if (!found.supervisor)
		return refuse(finder, "riscv,imsics", UMSI_EFW_MISSING);
	*h = found;
	return UMSI_OK;
}

/* ---- What it says about itself ---- */

/* Identities are 1 .. n, n = 64i - 1. Source: AIA 1.0, "Interrupt files and interrupt identities". */
static void read_ids(struct finder *finder, const char *name, uint32_t fallback, uint32_t *out)
{
	*out = umsi_fdt_cell(&finder->harts.r, name, fallback, 63, 2047);
	if (*out % 64 != 63)
		refuse(finder, name, UMSI_EFW_VALUE);
}

/* The binding's default of riscv,hart-index-bits: enough to number every target. */
static uint32_t bits_to_number(uint32_t count)
{
	uint32_t bits = 0;

	while ((UINT32_C(1) << bits) < count)
		bits++;
	return bits;
}

static void read_widths(struct finder *finder)
{
	struct umsi_fdt_reader *r = &finder->harts.r;
	struct umsi_imsic_config *c = &finder->config;

	c->guest_index_bits = umsi_fdt_cell(r, "riscv,guest-index-bits", 0, 0, 7);
	c->hart_index_bits = umsi_fdt_cell(r, "riscv,hart-index-bits", bits_to_number(finder->harts.count), 0, 15);
	c->group_index_bits = umsi_fdt_cell(r, "riscv,group-index-bits", 0, 0, 7);
	c->group_index_shift = umsi_fdt_cell(r, "riscv,group-index-shift", GROUP_INDEX_SHIFT_DEFAULT, 0, 55);
	/* Groups are numbered above the harts, within 64 bits. */
	if (c->group_index_bits &&
	    (c->group_index_shift < PAGE_SHIFT + c->guest_index_bits + c->hart_index_bits ||
	     c->group_index_shift + c->group_index_bits > 64))
		umsi_fdt_refuse(r, "riscv,group-index-shift", UMSI_EFW_VALUE);
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
static uint64_t locate_file(struct finder *finder, uint32_t index)
{
	uint32_t shift = PAGE_SHIFT + finder->config.guest_index_bits;
	struct umsi_fdt_reader *r = &finder->harts.r;
	struct cursor at = { 0 };
	uint64_t start, bytes;

	if (index >= finder->cursor.first)
		at = finder->cursor;
	for (; at.set < finder->regs.count && umsi_fdt_regs_entry(&finder->regs, at.set, &start, &bytes); at.set++) {
		uint64_t files = bytes >> shift;

		if (bytes - (files << shift) >= PAGE_BYTES)
			files++;
		if (index - at.first >= files) {
			at.first += (uint32_t)files;
			continue;
		}
		finder->cursor = at;
		start += (uint64_t)(index - at.first) << shift;
		return umsi_fdt_to_cpu(r, &finder->regs, start, PAGE_BYTES);
	}
	umsi_fdt_refuse(r, "reg", UMSI_EFW_VALUE);	/* no room for every file */
	return 0;
}

/* The sets, and what the addresses of all files share. */
static void read_regs(struct finder *finder)
{
	if (umsi_fdt_regs_of(&finder->harts.r, &finder->regs))
		return;
	if (finder->regs.count > FILES_MAX)
		refuse(finder, "reg", UMSI_EFW_VALUE);
	finder->base = common_part(&finder->config, locate_file(finder, 0));
}

/* As above, for a file that must exist and whose address must number it. */
static uint64_t place_file(struct finder *finder, uint32_t index)
{
	const struct umsi_imsic_config *config = &finder->config;
	uint64_t phys = locate_file(finder, index);

	/*
	 * 0 stands for "no file"; page numbers have 44 bits ("Sv48" and its like),
	 * share_a_file() takes 48; a file that a CPU uses is at guest index 0.
	 */
	if (!phys || phys >> 60 || phys << (64 - PAGE_SHIFT - config->guest_index_bits) ||
	    common_part(config, phys) != finder->base)
		refuse(finder, "reg", UMSI_EFW_VALUE);
	return phys;
}

/* ---- Whose they are ---- */

struct owners {
	struct finder *finder;
	struct umsi_imsic_file *files;	/* being filled in */
};

static int found_hart(void *arg, uint32_t cpu, uint32_t target)
{
	struct owners *owners = arg;

	if (owners->files[cpu].phys)
		return UMSI_EEXIST;
	owners->files[cpu].phys = place_file(owners->finder, target);
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

bool umsi_fdt_imsic_numbering(struct umsi_fdt_reader *r, struct umsi_imsic_config *out,
			      uint64_t *out_base)
{
	struct finder finder = { .harts = { .r = *r } };

	if (!umsi_fdt_harts_read(&finder.harts)) {
		read_widths(&finder);
		read_regs(&finder);
		place_file(&finder, 0);
	}
	*r = finder.harts.r;
	*out = finder.config;
	*out_base = finder.base;
	return finder.harts.supervisor;
}

int umsi_fdt_imsic(const struct umsi_fdt *fdt, const struct umsi_cpu_desc *cpus,
		   uint32_t ncpus, struct umsi_imsic_file *files,
		   struct umsi_imsic_config *out, struct umsi_fdt_error *error)
{
	struct finder finder = { .harts = { .r = { .fdt = fdt, .error = error } }, .config = { .files = files } };
	struct owners owners = { .finder = &finder, .files = files };
	uint32_t guest_ids;

	if (!fdt || !cpus || !ncpus || !files || !out)
		return refuse(&finder, "argument", UMSI_EINVAL);
	if (find_node(&finder))
		return finder.harts.r.status;
	read_ids(&finder, "riscv,num-ids", 0, &finder.config.num_ids);
	read_ids(&finder, "riscv,num-guest-ids", finder.config.num_ids, &guest_ids);
	read_widths(&finder);
	read_regs(&finder);
	place_file(&finder, finder.harts.count - 1);
	if (finder.harts.r.status)
		return finder.harts.r.status;

	for (uint32_t cpu = 0; cpu < ncpus; cpu++)
		files[cpu].phys = 0;
	umsi_fdt_harts_match(&finder.harts, cpus, ncpus, found_hart, &owners);
	if (!finder.harts.r.status && share_a_file(files, ncpus))
		refuse(&finder, "two CPUs with one file", UMSI_EFW_VALUE);
	if (!finder.harts.r.status)
		*out = finder.config;
	return finder.harts.r.status;
}
