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

static int refuse(struct finder *f, const char *what, int status)
{
	return umsi_fdt_refuse(&f->harts.r, what, status);
}

/* ---- Whose domain ---- */

static void read_msi_parent(struct finder *f, uint32_t phandle)
{
	struct umsi_fdt_reader imsic = f->harts.r;
	struct umsi_imsic_config widths;
	struct umsi_aplic_config *c = &f->found.config;

	imsic.node = umsi_fdt_find_phandle(imsic.fdt, phandle);
	if (!umsi_fdt_is_compatible(imsic.fdt, imsic.node, "riscv,imsics")) {
		refuse(f, "msi-parent", UMSI_EFW_PHANDLE);
		return;
	}
	f->supervisor = umsi_fdt_imsic_numbering(&imsic, &widths, &c->base);
	f->harts.r.status = imsic.status;
	f->found.messages = true;
	c->guest_index_bits = widths.guest_index_bits;
	c->hart_index_bits = widths.hart_index_bits;
	c->group_index_bits = widths.group_index_bits;
	c->group_index_shift = widths.group_index_shift;
}

static void read_parent(struct finder *f)
{
	uint32_t phandle = umsi_fdt_cell(&f->harts.r, "msi-parent", 0, 0, UINT32_MAX);

	f->found = (struct umsi_fdt_aplic){ .node = f->harts.r.node };
	f->harts.count = 0;
	if (phandle) {
		read_msi_parent(f, phandle);
	} else {
		umsi_fdt_harts_read(&f->harts);
		f->supervisor = f->harts.supervisor;
	}
}

/* ---- What it says about itself ---- */

static void read_region(struct finder *f)
{
	struct umsi_aplic_config *c = &f->found.config;
	struct umsi_fdt_regs regs;

	umsi_fdt_regs_of(&f->harts.r, &regs);
	c->phys = umsi_fdt_region(&f->harts.r, &regs, 0, &c->bytes);
	if (regs.count != 1 || c->bytes < 0x4000 || c->bytes < 0x4000 + 32 * (uint64_t)f->harts.count ||
	    !c->phys || c->phys % 4096)
		refuse(f, "reg", UMSI_EFW_VALUE);
}

static void read_numbers(struct finder *f)
{
	f->found.config.sources = umsi_fdt_cell(&f->harts.r, "riscv,num-sources", 0, 1, UMSI_APLIC_SOURCES_MAX);
	f->found.phandle = umsi_fdt_cell(&f->harts.r, "phandle", 0, 0, UINT32_MAX);
	umsi_fdt_cell_count(&f->harts.r, "#interrupt-cells", 2, 2, 2);
}

/* ---- Children ---- */

static void check_children(struct finder *f)
{
	const struct umsi_fdt *fdt = f->harts.r.fdt;
	const unsigned char *row;

	f->found.children = umsi_fdt_rows(&f->harts.r, "riscv,children", 1, &row);
	for (uint32_t n = f->found.children; n; n--, row += 4) {
		umsi_fdt_node child = umsi_fdt_find_phandle(fdt, umsi_fdt_be32(row));

		if (child == f->harts.r.node || !umsi_fdt_is_compatible(fdt, child, "riscv,aplic"))
			refuse(f, "riscv,children", UMSI_EFW_PHANDLE);
	}
}

static bool is_child(struct finder *f, uint32_t phandle)
{
	const unsigned char *row;

	for (uint32_t n = umsi_fdt_rows(&f->harts.r, "riscv,children", 1, &row); n; n--, row += 4)
		if (umsi_fdt_be32(row) == phandle)
			return true;
	return false;
}

/* Triples: child, first source, last source. */
static uint32_t delegations(struct umsi_fdt_reader *r, const unsigned char **out_first)
{
	uint32_t n = umsi_fdt_rows(r, "riscv,delegation", 3, out_first);

	/* What QEMU before 8.2 and OpenSBI before 1.4 write. */
	return n ? n : umsi_fdt_rows(r, "riscv,delegate", 3, out_first);
}

static void check_delegation(struct finder *f)
{
	const unsigned char *row;

	for (uint32_t n = delegations(&f->harts.r, &row); n; n--, row += 12) {
		uint32_t first = umsi_fdt_be32(row + 4), last = umsi_fdt_be32(row + 8);

		if (!is_child(f, umsi_fdt_be32(row)))
			refuse(f, "riscv,delegation", UMSI_EFW_PHANDLE);
		if (!first || first > last || last > f->found.config.sources)
			refuse(f, "riscv,delegation", UMSI_EFW_VALUE);
	}
}

bool umsi_fdt_aplic_delegates(const struct umsi_fdt *fdt, umsi_fdt_node node, uint32_t source)
{
	struct umsi_fdt_reader r = { .fdt = fdt, .node = node };
	const unsigned char *row;

	for (uint32_t n = delegations(&r, &row); n; n--, row += 12)
		if (source >= umsi_fdt_be32(row + 4) && source <= umsi_fdt_be32(row + 8))
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

int umsi_fdt_aplic(const struct umsi_fdt *fdt, umsi_fdt_node after, const struct umsi_cpu_desc *cpus,
		   uint32_t ncpus, uint32_t *hart_index, struct umsi_fdt_aplic *out,
		   struct umsi_fdt_error *error)
{
	bool complete = cpus && ncpus && hart_index && out;
	struct finder f = { .harts = { .r = { .fdt = complete ? fdt : NULL, .node = after, .error = error } } };
	struct umsi_fdt_reader *r = &f.harts.r;

	while (!f.supervisor && !umsi_fdt_seek(r, r->node, "riscv,aplic"))
		read_parent(&f);
	if (r->status)
		return r->status;
	read_numbers(&f);
	read_region(&f);
	check_children(&f);
	check_delegation(&f);
	for (uint32_t cpu = 0; cpu < ncpus; cpu++)
		hart_index[cpu] = UMSI_APLIC_NO_HART;
	if (!r->status && !f.found.messages)
		umsi_fdt_harts_match(&f.harts, cpus, ncpus, found_hart, hart_index);
	f.found.config.hart_index = hart_index;
	if (!r->status)
		*out = f.found;
	return r->status;
}

/* Source: binding "interrupts", "two cells". */
int umsi_fdt_aplic_source(const struct umsi_fdt_interrupt *interrupt, uint32_t *out_source,
			  uint8_t *out_trigger)
{
	if (!interrupt || !out_source || !out_trigger)
		return UMSI_EINVAL;
	if (interrupt->cells != 2)
		return UMSI_EFW_CELLS;
	if (!interrupt->cell[0] || interrupt->cell[0] > UMSI_APLIC_SOURCES_MAX)
		return UMSI_EFW_VALUE;
	if (umsi_fdt_trigger(interrupt->cell[1], out_trigger))
		return UMSI_EFW_VALUE;
	*out_source = interrupt->cell[0];
	return UMSI_OK;
}
