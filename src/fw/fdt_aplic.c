/* SPDX-License-Identifier: MIT */
/*
 * APLIC interrupt domains at supervisor level, and what their interrupts say.
 *
 * A domain with msi-parent sends messages to that IMSIC; one with
 * interrupts-extended alone delivers directly, and entry i of it is hart index
 * i. Which privilege level a domain serves shows in the interrupts of the harts
 * that it, or its IMSIC, raises.
 * Source: Devicetree binding riscv,aplic.
 */
#include <umsi/aplic.h>

#include "fw/fdt_harts.h"
#include "fw/fdt_imsic.h"

struct finder {
	struct umsi_fdt_harts harts;	/* direct: those it delivers to; pair i is hart index i */
	bool supervisor;
	struct umsi_fdt_aplic found;
};

static int refuse(const struct finder *f, const char *what, int status)
{
	return umsi_fdt_harts_refuse(&f->harts, what, status);
}

/* ---- Whose domain ---- */

static int read_msi_parent(struct finder *f, uint32_t phandle)
{
	umsi_fdt_node imsic = umsi_fdt_find_phandle(f->harts.fdt, phandle);
	struct umsi_imsic_config widths = { 0 };
	struct umsi_aplic_config *c = &f->found.config;
	int err;

	if (imsic < 0 || !umsi_fdt_is_compatible(f->harts.fdt, imsic, "riscv,imsics"))
		return refuse(f, "msi-parent: no riscv,imsics", UMSI_EFW_PHANDLE);
	err = umsi_fdt_imsic_numbering(f->harts.fdt, imsic, &widths, &c->base, &f->supervisor, f->harts.error);
	if (err)
		return err;
	f->found.messages = true;
	c->guest_index_bits = widths.guest_index_bits;
	c->hart_index_bits = widths.hart_index_bits;
	c->group_index_bits = widths.group_index_bits;
	c->group_index_shift = widths.group_index_shift;
	return UMSI_OK;
}

static int read_targets(struct finder *f)
{
	int err = umsi_fdt_harts_read(&f->harts);

	f->supervisor = f->harts.supervisor;
	return err == UMSI_EFW_MISSING ? refuse(f, "neither msi-parent nor interrupts-extended", err) : err;
}

static int read_parent(struct finder *f)
{
	uint32_t phandle;

	f->found = (struct umsi_fdt_aplic){ .node = f->harts.node };
	f->supervisor = false;
	f->harts.count = 0;
	if (umsi_fdt_u32_or(f->harts.fdt, f->harts.node, "msi-parent", 0, &phandle))
		return refuse(f, "msi-parent: not one cell", UMSI_EFW_VALUE);
	return phandle ? read_msi_parent(f, phandle) : read_targets(f);
}

/* ---- What it says about itself ---- */

static int read_region(struct finder *f)
{
	struct umsi_aplic_config *c = &f->found.config;
	struct umsi_fdt_regs regs;
	uint64_t start;
	int err = umsi_fdt_regs_of(f->harts.fdt, f->harts.node, &regs);

	if (err || regs.count != 1 || !umsi_fdt_regs_entry(&regs, 0, &start, &c->bytes))
		return refuse(f, "reg: not one region", err ? err : UMSI_EFW_VALUE);
	if (c->bytes < 0x4000 || c->bytes < 0x4000 + 32 * (uint64_t)f->harts.count)
		return refuse(f, "reg: too small for its registers", UMSI_EFW_VALUE);
	err = umsi_fdt_to_cpu(f->harts.fdt, &regs, start, c->bytes, &c->phys);
	if (err)
		return refuse(f, "reg, or a ranges above it: no address for the CPUs", err);
	if (!c->phys || c->phys % 4096)
		return refuse(f, "reg: not 4 KiB aligned", UMSI_EFW_VALUE);
	return UMSI_OK;
}

static int read_numbers(struct finder *f)
{
	struct umsi_aplic_config *c = &f->found.config;
	uint32_t cells;

	if (umsi_fdt_u32_or(f->harts.fdt, f->harts.node, "riscv,num-sources", 0, &c->sources) || !c->sources ||
	    c->sources > UMSI_APLIC_SOURCES_MAX)
		return refuse(f, "riscv,num-sources: not one cell from 1 to 1023", UMSI_EFW_VALUE);
	if (umsi_fdt_u32_or(f->harts.fdt, f->harts.node, "phandle", 0, &f->found.phandle))
		return refuse(f, "phandle: not one cell", UMSI_EFW_VALUE);
	if (umsi_fdt_u32_or(f->harts.fdt, f->harts.node, "#interrupt-cells", 2, &cells) || cells != 2)
		return refuse(f, "#interrupt-cells: not 2", UMSI_EFW_CELLS);
	return UMSI_OK;
}

/* ---- Children ---- */

static int check_children(struct finder *f)
{
	struct umsi_fdt_property children;

	if (!umsi_fdt_get(f->harts.fdt, f->harts.node, "riscv,children", &children))
		return UMSI_OK;
	if (children.bytes % 4 || !children.bytes)
		return refuse(f, "riscv,children: no list of cells", UMSI_EFW_VALUE);
	for (uint32_t at = 0; at < children.bytes; at += 4) {
		umsi_fdt_node child = umsi_fdt_find_phandle(f->harts.fdt, umsi_fdt_be32(children.value + at));

		if (child < 0 || child == f->harts.node || !umsi_fdt_is_compatible(f->harts.fdt, child, "riscv,aplic"))
			return refuse(f, "riscv,children: a phandle that is no other riscv,aplic",
				      UMSI_EFW_PHANDLE);
	}
	f->found.children = children.bytes / 4;
	return UMSI_OK;
}

static bool is_child(const struct finder *f, uint32_t phandle)
{
	struct umsi_fdt_property children;

	if (!umsi_fdt_get(f->harts.fdt, f->harts.node, "riscv,children", &children))
		return false;
	for (uint32_t at = 0; at + 4 <= children.bytes; at += 4)
		if (umsi_fdt_be32(children.value + at) == phandle)
			return true;
	return false;
}

/* The binding's name, and the one that QEMU before 8.2 and OpenSBI before 1.4 write. */
static bool get_delegation(const struct umsi_fdt *fdt, umsi_fdt_node node, struct umsi_fdt_property *out)
{
	return umsi_fdt_get(fdt, node, "riscv,delegation", out) ||
	       umsi_fdt_get(fdt, node, "riscv,delegate", out);
}

/* Triples: child, first source, last source. */
static int check_delegation(struct finder *f)
{
	struct umsi_fdt_property property;

	if (!get_delegation(f->harts.fdt, f->harts.node, &property))
		return UMSI_OK;
	if (property.bytes % 12 || !property.bytes)
		return refuse(f, "riscv,delegation: no triples of cells", UMSI_EFW_VALUE);
	for (uint32_t at = 0; at < property.bytes; at += 12) {
		uint32_t first = umsi_fdt_be32(property.value + at + 4);
		uint32_t last = umsi_fdt_be32(property.value + at + 8);

		if (!is_child(f, umsi_fdt_be32(property.value + at)))
			return refuse(f, "riscv,delegation: to a domain that is not of riscv,children",
				      UMSI_EFW_PHANDLE);
		if (!first || first > last || last > f->found.config.sources)
			return refuse(f, "riscv,delegation: sources out of order, or beyond riscv,num-sources",
				      UMSI_EFW_VALUE);
	}
	return UMSI_OK;
}

bool umsi_fdt_aplic_delegates(const struct umsi_fdt *fdt, umsi_fdt_node node, uint32_t source)
{
	struct umsi_fdt_property property;

	if (!fdt || node < 0 || !get_delegation(fdt, node, &property))
		return false;
	for (uint32_t at = 0; at + 12 <= property.bytes; at += 12)
		if (source >= umsi_fdt_be32(property.value + at + 4) &&
		    source <= umsi_fdt_be32(property.value + at + 8))
			return true;
	return false;
}

/* ---- All of it ---- */

static int found_hart(void *arg, uint32_t cpu, uint32_t target)
{
	uint32_t *index = arg;

	if (index[cpu] != UMSI_APLIC_NO_HART)
		return UMSI_EEXIST;
	index[cpu] = target;
	return UMSI_OK;
}

/* Leaves the next enabled supervisor-level domain in @f. */
static int find_domain(struct finder *f, umsi_fdt_node after)
{
	while ((after = umsi_fdt_next_okay(f->harts.fdt, after, "riscv,aplic")) >= 0) {
		int err;

		f->harts.node = after;
		err = read_parent(f);
		if (err || f->supervisor)
			return err;
	}
	f->harts.node = -1;
	return refuse(f, "no supervisor-level riscv,aplic", UMSI_EFW_MISSING);
}

int umsi_fdt_aplic(const struct umsi_fdt *fdt, umsi_fdt_node after, const struct umsi_cpu_desc *cpus,
		   uint32_t ncpus, uint32_t *hart_index, struct umsi_fdt_aplic *out,
		   struct umsi_fdt_error *error)
{
	struct finder f = { .harts = { .fdt = fdt, .error = error } };
	int err;

	if (!fdt || !cpus || !ncpus || !hart_index || !out)
		return umsi_fdt_refuse(error, 0, "a pointer is NULL, or no CPUs", UMSI_EINVAL);
	err = find_domain(&f, after);
	if (!err)
		err = read_numbers(&f);
	if (!err)
		err = read_region(&f);
	if (!err)
		err = check_children(&f);
	if (!err)
		err = check_delegation(&f);
	for (uint32_t cpu = 0; cpu < ncpus && !err; cpu++)
		hart_index[cpu] = UMSI_APLIC_NO_HART;
	if (!err && !f.found.messages)
		err = umsi_fdt_harts_match(&f.harts, cpus, ncpus, found_hart, hart_index);
	if (err)
		return err;
	f.found.config.hart_index = hart_index;
	*out = f.found;
	return UMSI_OK;
}

/* Second cell: 1 rising, 2 falling, 4 high, 8 low. Source: binding "interrupts", "two cells". */
int umsi_fdt_aplic_source(const struct umsi_fdt_interrupt *interrupt, uint32_t *out_source,
			  uint8_t *out_trigger)
{
	if (!interrupt || !out_source || !out_trigger)
		return UMSI_EINVAL;
	if (interrupt->cells != 2)
		return UMSI_EFW_CELLS;
	if (!interrupt->cell[0] || interrupt->cell[0] > UMSI_APLIC_SOURCES_MAX)
		return UMSI_EFW_VALUE;
	switch (interrupt->cell[1]) {
	case 1:
		*out_trigger = UMSI_TRIGGER_EDGE_RISING;
		break;
	case 2:
		*out_trigger = UMSI_TRIGGER_EDGE_FALLING;
		break;
	case 4:
		*out_trigger = UMSI_TRIGGER_LEVEL_HIGH;
		break;
	case 8:
		*out_trigger = UMSI_TRIGGER_LEVEL_LOW;
		break;
	default:
		return UMSI_EFW_VALUE;
	}
	*out_source = interrupt->cell[0];
	return UMSI_OK;
}
