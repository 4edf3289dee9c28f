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

int umsi_fdt_cpus_cells(const struct umsi_fdt *fdt, umsi_fdt_node cpus,
			uint32_t *out_cells, struct umsi_fdt_error *error)
{
	struct umsi_fdt_cells cells;
	uint32_t size;

	/* Required to be 0, but nothing is lost where it is not said at all. */
	if (umsi_fdt_cells_of(fdt, cpus, &cells) ||
	    umsi_fdt_u32_or(fdt, cpus, "#size-cells", 0, &size) || size)
		return umsi_fdt_refuse_node(error, fdt, cpus,
					    "/cpus: #address-cells not 1 or 2, or #size-cells not 0",
					    UMSI_EFW_CELLS);
	*out_cells = cells.address;
	return UMSI_OK;
}

int umsi_fdt_cpu_id(const struct umsi_fdt *fdt, umsi_fdt_node cpu, uint32_t cells,
		    uint64_t *out_id, struct umsi_fdt_error *error)
{
	struct umsi_fdt_property reg;

	if (!umsi_fdt_get(fdt, cpu, "reg", &reg))
		return umsi_fdt_refuse_node(error, fdt, cpu, "reg: a CPU without one",
					    UMSI_EFW_MISSING);
	if (reg.bytes != 4 * cells)
		return umsi_fdt_refuse_node(error, fdt, cpu,
					    "reg: not one number of #address-cells cells",
					    UMSI_EFW_VALUE);
	*out_id = umsi_fdt_number(reg.value, cells);
	return UMSI_OK;
}

static int read_cpu(const struct umsi_fdt *fdt, umsi_fdt_node node, uint32_t cells,
		    struct umsi_cpu_desc *out, struct umsi_fdt_error *error)
{
	int err;

	err = umsi_fdt_cpu_id(fdt, node, cells, &out->hw_id, error);
	if (err)
		return err;
	if (umsi_fdt_u32_or(fdt, node, "numa-node-id", 0, &out->node))
		return umsi_fdt_refuse_node(error, fdt, node, "numa-node-id: not one cell",
					    UMSI_EFW_VALUE);
	return UMSI_OK;
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

static int take_census(const struct umsi_fdt *fdt, umsi_fdt_node parent,
		       struct census *census, struct umsi_fdt_error *error)
{
	struct umsi_cpu_desc cpu;
	umsi_fdt_node node;
	uint32_t cells;
	int err;

	err = umsi_fdt_cpus_cells(fdt, parent, &cells, error);
	if (err)
		return err;
	for (node = umsi_fdt_first_child(fdt, parent); node >= 0;
	     node = umsi_fdt_next_sibling(fdt, node)) {
		if (!umsi_fdt_is_cpu(fdt, node) || !umsi_fdt_is_okay(fdt, node))
			continue;
		err = read_cpu(fdt, node, cells, &cpu, error);
		if (err)
			return err;
		count_cpu(census, &cpu);
	}
	return UMSI_OK;
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
	umsi_fdt_node parent;
	int err;

	if (!fdt || !out_count || (!cpus && room))
		return umsi_fdt_refuse(error, 0, "a pointer is NULL", UMSI_EINVAL);
	parent = umsi_fdt_find_path(fdt, "/cpus");
	if (parent < 0)
		return umsi_fdt_refuse_node(error, fdt, -1, "no node /cpus",
					    UMSI_EFW_MISSING);
	err = take_census(fdt, parent, &census, error);
	if (err)
		return err;
	if (!census.boot_seen)
		return umsi_fdt_refuse_node(error, fdt, parent,
					    "/cpus: the boot hart is not among the usable CPUs",
					    UMSI_EFW_MISSING);
	if (census.count <= room && has_twins(cpus, census.count))
		return umsi_fdt_refuse_node(error, fdt, parent,
					    "/cpus: two CPUs with one number",
					    UMSI_EFW_VALUE);
	*out_count = census.count;
	if (census.count > room)
		return umsi_fdt_refuse_node(error, fdt, parent, "/cpus: more than there is room for",
					    UMSI_EFW_ROOM);
	return UMSI_OK;
}
