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

#include "fw/fdt_imsic.h"

#define SUPERVISOR_EXTERNAL	9u	/* Source: Privileged ISA, "scause values" */
#define NOT_CONNECTED		UINT32_MAX
#define HARTS_MAX		16384u	/* binding: maxItems of interrupts-extended */

struct finder {
	const struct umsi_fdt *fdt;
	umsi_fdt_node node;
	struct umsi_fdt_error *error;
	struct umsi_fdt_property targets;	/* direct: pairs phandle, interrupt */
	uint32_t harts;				/* of pairs */
	bool supervisor;
	struct umsi_fdt_aplic found;
};

static int refuse(const struct finder *f, const char *what, int status)
{
	return umsi_fdt_refuse_node(f->error, f->fdt, f->node, what, status);
}

/* ---- Whose domain ---- */

static int read_msi_parent(struct finder *f, uint32_t phandle)
{
	umsi_fdt_node imsic = umsi_fdt_find_phandle(f->fdt, phandle);
	struct umsi_imsic_config widths = { 0 };
	struct umsi_aplic_config *c = &f->found.config;
	int err;

	if (imsic < 0 || !umsi_fdt_is_compatible(f->fdt, imsic, "riscv,imsics"))
		return refuse(f, "msi-parent: no riscv,imsics", UMSI_EFW_PHANDLE);
	err = umsi_fdt_imsic_numbering(f->fdt, imsic, &widths, &c->base, &f->supervisor, f->error);
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
	uint32_t other = 0;

	if (!umsi_fdt_get(f->fdt, f->node, "interrupts-extended", &f->targets))
		return refuse(f, "neither msi-parent nor interrupts-extended", UMSI_EFW_MISSING);
	f->harts = f->targets.bytes / 8;
	if (f->targets.bytes % 8 || !f->harts || f->harts > HARTS_MAX)
		return refuse(f, "interrupts-extended: not 1 to 16384 pairs of cells", UMSI_EFW_VALUE);
	for (uint32_t i = 0; i < f->harts; i++) {
		uint32_t interrupt = umsi_fdt_be32(f->targets.value + 8 * i + 4);

		f->supervisor |= interrupt == SUPERVISOR_EXTERNAL;
		other += interrupt != SUPERVISOR_EXTERNAL && interrupt != NOT_CONNECTED;
	}
	if (f->supervisor && other)
		return refuse(f, "interrupts-extended: supervisor and other interrupts mixed",
			      UMSI_EFW_VALUE);
	return UMSI_OK;
}

static int read_parent(struct finder *f)
{
	uint32_t phandle;

	f->found = (struct umsi_fdt_aplic){ .node = f->node };
	f->supervisor = false;
	f->harts = 0;
	if (umsi_fdt_u32_or(f->fdt, f->node, "msi-parent", 0, &phandle))
		return refuse(f, "msi-parent: not one cell", UMSI_EFW_VALUE);
	return phandle ? read_msi_parent(f, phandle) : read_targets(f);
}

/* ---- What it says about itself ---- */

static int read_region(struct finder *f)
{
	struct umsi_aplic_config *c = &f->found.config;
	struct umsi_fdt_regs regs;
	uint64_t start;
	int err = umsi_fdt_regs_of(f->fdt, f->node, &regs);

	if (err || regs.count != 1 || !umsi_fdt_regs_entry(&regs, 0, &start, &c->bytes))
		return refuse(f, "reg: not one region", err ? err : UMSI_EFW_VALUE);
	if (c->bytes < 0x4000 || c->bytes < 0x4000 + 32 * (uint64_t)f->harts)
		return refuse(f, "reg: too small for its registers", UMSI_EFW_VALUE);
	err = umsi_fdt_to_cpu(f->fdt, &regs, start, c->bytes, &c->phys);
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

	if (umsi_fdt_u32_or(f->fdt, f->node, "riscv,num-sources", 0, &c->sources) || !c->sources ||
	    c->sources > UMSI_APLIC_SOURCES_MAX)
		return refuse(f, "riscv,num-sources: not one cell from 1 to 1023", UMSI_EFW_VALUE);
	if (umsi_fdt_u32_or(f->fdt, f->node, "phandle", 0, &f->found.phandle))
		return refuse(f, "phandle: not one cell", UMSI_EFW_VALUE);
	if (umsi_fdt_u32_or(f->fdt, f->node, "#interrupt-cells", 2, &cells) || cells != 2)
		return refuse(f, "#interrupt-cells: not 2", UMSI_EFW_CELLS);
	return UMSI_OK;
}

/* ---- Children ---- */

static int check_children(struct finder *f)
{
	struct umsi_fdt_property children;

	if (!umsi_fdt_get(f->fdt, f->node, "riscv,children", &children))
		return UMSI_OK;
	if (children.bytes % 4 || !children.bytes)
		return refuse(f, "riscv,children: no list of cells", UMSI_EFW_VALUE);
	for (uint32_t at = 0; at < children.bytes; at += 4) {
		umsi_fdt_node child = umsi_fdt_find_phandle(f->fdt, umsi_fdt_be32(children.value + at));

		if (child < 0 || child == f->node || !umsi_fdt_is_compatible(f->fdt, child, "riscv,aplic"))
			return refuse(f, "riscv,children: a phandle that is no other riscv,aplic",
				      UMSI_EFW_PHANDLE);
	}
	f->found.children = children.bytes / 4;
	return UMSI_OK;
}

static bool is_child(const struct finder *f, uint32_t phandle)
{
	struct umsi_fdt_property children;

	if (!umsi_fdt_get(f->fdt, f->node, "riscv,children", &children))
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

	if (!get_delegation(f->fdt, f->node, &property))
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

/* ---- Harts of a direct domain ---- */

/*
 * Both follow one order nearly always, so each search begins where the last
 * one ended, and a tree of n harts costs n steps.
 */
struct harts {
	const struct umsi_cpu_desc *cpus;
	uint32_t ncpus;
	uint32_t *index;
	uint32_t next_target, next_cpu;
	uint32_t matched, connected;
};

static umsi_fdt_node intc_of(const struct umsi_fdt *fdt, umsi_fdt_node cpu)
{
	umsi_fdt_node node = umsi_fdt_first_child(fdt, cpu);

	while (node >= 0 && !umsi_fdt_is_compatible(fdt, node, "riscv,cpu-intc"))
		node = umsi_fdt_next_sibling(fdt, node);
	return node;
}

static bool is_connected(const struct finder *f, uint32_t i)
{
	return umsi_fdt_be32(f->targets.value + 8 * i + 4) != NOT_CONNECTED;
}

static uint32_t find_target(const struct finder *f, struct harts *h, uint32_t phandle)
{
	for (uint32_t tried = 0; tried < f->harts; tried++) {
		uint32_t i = h->next_target;

		h->next_target = i + 1 < f->harts ? i + 1 : 0;
		if (is_connected(f, i) && umsi_fdt_be32(f->targets.value + 8 * i) == phandle)
			return i;
	}
	return f->harts;
}

static uint32_t find_cpu(struct harts *h, uint64_t hart)
{
	for (uint32_t tried = 0; tried < h->ncpus; tried++) {
		uint32_t cpu = h->next_cpu;

		h->next_cpu = cpu + 1 < h->ncpus ? cpu + 1 : 0;
		if (h->cpus[cpu].hw_id == hart)
			return cpu;
	}
	return h->ncpus;
}

static int match_hart(const struct finder *f, struct harts *h, umsi_fdt_node cpu, uint32_t cells)
{
	umsi_fdt_node intc = intc_of(f->fdt, cpu);
	uint32_t phandle, found, number;
	uint64_t hart;
	int err;

	if (intc < 0 || umsi_fdt_u32_or(f->fdt, intc, "phandle", 0, &phandle) || !phandle)
		return UMSI_OK;		/* nothing can refer to it */
	err = umsi_fdt_cpu_id(f->fdt, cpu, cells, &hart, f->error);
	if (err)
		return err;
	found = find_target(f, h, phandle);
	if (found == f->harts)
		return UMSI_OK;
	h->matched++;
	number = find_cpu(h, hart);
	if (number == h->ncpus)
		return UMSI_OK;		/* a hart that this machine does not use */
	if (h->index[number] != UMSI_APLIC_NO_HART)
		return refuse(f, "interrupts-extended: one hart by two phandles", UMSI_EFW_VALUE);
	h->index[number] = found;
	h->connected++;
	return UMSI_OK;
}

static int match_harts(const struct finder *f, struct harts *h)
{
	umsi_fdt_node parent = umsi_fdt_find_path(f->fdt, "/cpus");
	uint32_t cells, targets = 0;
	int err;

	if (parent < 0)
		return umsi_fdt_refuse_node(f->error, f->fdt, -1, "no node /cpus", UMSI_EFW_MISSING);
	err = umsi_fdt_cpus_cells(f->fdt, parent, &cells, f->error);
	for (umsi_fdt_node cpu = umsi_fdt_first_child(f->fdt, parent); cpu >= 0 && !err;
	     cpu = umsi_fdt_next_sibling(f->fdt, cpu))
		if (umsi_fdt_is_cpu(f->fdt, cpu))
			err = match_hart(f, h, cpu, cells);
	if (err)
		return err;
	for (uint32_t i = 0; i < f->harts; i++)
		targets += is_connected(f, i);
	if (h->matched != targets)
		return refuse(f, "interrupts-extended: a phandle twice, or one that is no hart's riscv,cpu-intc",
			      UMSI_EFW_PHANDLE);
	if (!h->connected)
		return refuse(f, "none of the CPUs is a target", UMSI_EFW_MISSING);
	return UMSI_OK;
}

/* ---- */

/* Leaves the next enabled supervisor-level domain in @f. */
static int find_domain(struct finder *f, umsi_fdt_node after)
{
	while ((after = umsi_fdt_find_compatible(f->fdt, after, "riscv,aplic")) >= 0) {
		int err;

		if (!umsi_fdt_is_okay(f->fdt, after))
			continue;
		f->node = after;
		err = read_parent(f);
		if (err || f->supervisor)
			return err;
	}
	f->node = -1;
	return refuse(f, "no supervisor-level riscv,aplic", UMSI_EFW_MISSING);
}

int umsi_fdt_aplic(const struct umsi_fdt *fdt, umsi_fdt_node after, const struct umsi_cpu_desc *cpus,
		   uint32_t ncpus, uint32_t *hart_index, struct umsi_fdt_aplic *out,
		   struct umsi_fdt_error *error)
{
	struct finder f = { .fdt = fdt, .error = error };
	struct harts harts = { .cpus = cpus, .ncpus = ncpus, .index = hart_index };
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
		err = match_harts(&f, &harts);
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
