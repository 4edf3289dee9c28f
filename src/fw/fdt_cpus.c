/* SPDX-License-Identifier: MIT */
/*
 * The CPUs that the tree says can run.
 * Source: Devicetree Specification 0.4, "/cpus", "/cpus/cpu* Node Properties".
 */
#include "fw/cpu_list.h"
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
		return umsi_fdt_take(&reg, cells);
	umsi_fdt_refuse(r, "reg", count ? UMSI_EFW_VALUE : UMSI_EFW_MISSING);
	return 0;
}

int umsi_fdt_cpus(const struct umsi_fdt *fdt, uint64_t boot_hart,
		  struct umsi_cpu_desc *cpus, uint32_t room, uint32_t *out_count,
		  struct umsi_fdt_error *error)
{
	struct umsi_cpu_list list = { .boot_id = boot_hart, .cpus = cpus, .room = room };
	struct umsi_fdt_reader r = { .fdt = fdt, .error = error }, cpu;
	uint32_t cells;
	int err;

	if (!fdt || !out_count || (!cpus && room))
		return umsi_fdt_refuse(&r, "argument", UMSI_EINVAL);
	cells = umsi_fdt_seek_cpus(&r);
	cpu = r;
	for (cpu.node = umsi_fdt_first_child(fdt, r.node); cpu.node >= 0 && !cpu.status;
	     cpu.node = umsi_fdt_next_sibling(fdt, cpu.node)) {
		struct umsi_cpu_desc one = { 0 };

		if (!umsi_fdt_is_cpu(fdt, cpu.node) || !umsi_fdt_is_okay(fdt, cpu.node))
			continue;
		one.hw_id = umsi_fdt_cpu_id(&cpu, cells);
		one.node = umsi_fdt_cell(&cpu, "numa-node-id", 0, 0, UINT32_MAX);
		umsi_cpu_list_add(&list, &one);
	}
	if (cpu.status)
		return cpu.status;
	err = umsi_cpu_list_end(&list, out_count);
	return err ? umsi_fdt_refuse(&r, "/cpus", err) : UMSI_OK;
}
