/* SPDX-License-Identifier: MIT */
/*
 * The CPUs that the tree says can run.
 * Source: Devicetree Specification 0.4, "/cpus", "/cpus/cpu* Node Properties".
 */
#include "fw/fdt_read.h"

/* CPUs are the children of /cpus that say so; cpu-map and idle states do not. */
bool umsi_fdt_is_cpu(const struct umsi_fdt *fdt, umsi_fdt_node node)
{
	struct umsi_fdt_property type;

	return umsi_fdt_get(fdt, node, "device_type", &type) &&
	       umsi_fdt_is_text(&type, "cpu");
}

uint32_t umsi_fdt_seek_cpus(struct umsi_fdt_reader *r)
{
	r->node = umsi_fdt_find_path(r->fdt, "/cpus");
	if (r->node < 0)
		umsi_fdt_refuse(r, "/cpus", UMSI_EFW_MISSING);
	/* Required to be 0, but nothing is lost where it is not said at all. */
	umsi_fdt_cell_count(r, "#size-cells", 0, 0, 0);
	return umsi_fdt_cell_count(r, "#address-cells", 2, 1, 2);
}

uint64_t umsi_fdt_cpu_id(struct umsi_fdt_reader *r, uint32_t cells)
{
	const unsigned char *reg;
	uint32_t count = umsi_fdt_rows(r, "reg", cells, &reg);

	if (count == 1)
		return umsi_fdt_number(reg, cells);
	umsi_fdt_refuse(r, "reg", count ? UMSI_EFW_VALUE : UMSI_EFW_MISSING);
	return 0;
}

/* What one pass over /cpus finds. Entries beyond the room are counted only. */
struct census {
	uint64_t boot_hart;
	struct umsi_cpu_desc *cpus;
	uint32_t room;
	uint32_t count;		/* CPUs so far, the boot hart included */
	bool boot_seen;
};

static void count_cpu(struct census *census, const struct umsi_cpu_desc *cpu)
{
	uint32_t at = 0;

	/* Place 0 is the boot hart's, wherever in the tree it comes. */
	if (cpu->hw_id == census->boot_hart && !census->boot_seen)
		census->boot_seen = true;
	else
		at = census->count + !census->boot_seen;
	census->count++;
	if (at < census->room)
		census->cpus[at] = *cpu;
}

static int take_census(struct umsi_fdt_reader *r, struct census *census)
{
	uint32_t cells = umsi_fdt_seek_cpus(r);
	struct umsi_fdt_reader cpu = *r;

	for (cpu.node = umsi_fdt_first_child(r->fdt, r->node); cpu.node >= 0 && !cpu.status;
	     cpu.node = umsi_fdt_next_sibling(r->fdt, cpu.node)) {
		struct umsi_cpu_desc one = { 0 };

		if (!umsi_fdt_is_cpu(r->fdt, cpu.node) || !umsi_fdt_is_okay(r->fdt, cpu.node))
			continue;
		one.hw_id = umsi_fdt_cpu_id(&cpu, cells);
		one.node = umsi_fdt_cell(&cpu, "numa-node-id", 0, 0, UINT32_MAX);
		count_cpu(census, &one);
	}
	return r->status = cpu.status;
}

/* Nearly always: the boot hart, then the others by rising number. */
static bool are_rising(const struct umsi_cpu_desc *cpus, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++)
		if (cpus[i].hw_id == cpus[0].hw_id || (i > 1 && cpus[i].hw_id <= cpus[i - 1].hw_id))
			return false;
	return true;
}

static bool has_twins(const struct umsi_cpu_desc *cpus, uint32_t count)
{
	if (are_rising(cpus, count))
		return false;
	for (uint32_t i = 1; i < count; i++) {
		for (uint32_t j = 0; j < i; j++) {
			if (cpus[i].hw_id == cpus[j].hw_id)
				return true;
		}
	}
	return false;
}

int umsi_fdt_cpus(const struct umsi_fdt *fdt, uint64_t boot_hart,
		  struct umsi_cpu_desc *cpus, uint32_t room, uint32_t *out_count,
		  struct umsi_fdt_error *error)
{
	struct census census = { .boot_hart = boot_hart, .cpus = cpus, .room = room };
	struct umsi_fdt_reader r = { .fdt = fdt, .error = error };

	if (!fdt || !out_count || (!cpus && room))
		return umsi_fdt_refuse(&r, "a pointer is NULL", UMSI_EINVAL);
	if (take_census(&r, &census))
		return r.status;
	if (!census.boot_seen)
		return umsi_fdt_refuse(&r, "the boot CPU", UMSI_EFW_MISSING);
	if (census.count <= room && has_twins(cpus, census.count))
		return umsi_fdt_refuse(&r, "two CPUs with one number", UMSI_EFW_VALUE);
	*out_count = census.count;
	return census.count > room ? umsi_fdt_refuse(&r, "/cpus", UMSI_EFW_ROOM) : UMSI_OK;
}
