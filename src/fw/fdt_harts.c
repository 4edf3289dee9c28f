/* SPDX-License-Identifier: MIT */
/* Source: Devicetree bindings riscv,imsics, riscv,aplic and riscv,cpu-intc. */
#include "fw/fdt_harts.h"

#define SUPERVISOR_EXTERNAL	9u		/* Source: Privileged ISA, "scause values" */
#define NOT_CONNECTED		UINT32_MAX	/* an interrupt number that leads nowhere */
#define HARTS_MAX		16384u		/* both bindings: maxItems of interrupts-extended */

int umsi_fdt_harts_refuse(const struct umsi_fdt_harts *h, const char *what, int status)
{
	return umsi_fdt_refuse_node(h->error, h->fdt, h->node, what, status);
}

static uint32_t target_phandle(const struct umsi_fdt_harts *h, uint32_t i)
{
	return umsi_fdt_be32(h->targets.value + 8 * i);
}

static uint32_t target_interrupt(const struct umsi_fdt_harts *h, uint32_t i)
{
	return umsi_fdt_be32(h->targets.value + 8 * i + 4);
}

static bool is_connected(const struct umsi_fdt_harts *h, uint32_t i)
{
	return target_interrupt(h, i) != NOT_CONNECTED;
}

int umsi_fdt_harts_read(struct umsi_fdt_harts *h)
{
	uint32_t other = 0;

	h->count = h->supervisor = 0;
	if (!umsi_fdt_get(h->fdt, h->node, "interrupts-extended", &h->targets))
		return umsi_fdt_harts_refuse(h, "interrupts-extended: absent", UMSI_EFW_MISSING);
	h->count = h->targets.bytes / 8;
	if (h->targets.bytes % 8 || !h->count || h->count > HARTS_MAX)
		return umsi_fdt_harts_refuse(h, "interrupts-extended: not 1 to 16384 pairs of cells",
					     UMSI_EFW_VALUE);
	for (uint32_t i = 0; i < h->count; i++) {
		bool supervisor = target_interrupt(h, i) == SUPERVISOR_EXTERNAL;

		h->supervisor += supervisor;
		other += !supervisor && is_connected(h, i);
	}
	if (h->supervisor && other)
		return umsi_fdt_harts_refuse(h, "interrupts-extended: supervisor and other interrupts mixed",
					     UMSI_EFW_VALUE);
	return UMSI_OK;
}

/*
 * Harts nearly always come in one order everywhere, so each search begins where
 * the last one ended, and a tree of n harts costs n steps.
 */
struct match {
	const struct umsi_fdt_harts *h;
	const struct umsi_cpu_desc *cpus;
	uint32_t ncpus;
	uint32_t next_target, next_cpu;	/* where searches begin */
	uint32_t matched;		/* targets whose hart was found */
	uint32_t placed;		/* of them, those of cpus[] */
	int (*found)(void *arg, uint32_t cpu, uint32_t target);
	void *arg;
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
static uint32_t find_cpu(struct match *at, uint64_t hart)
{
	for (uint32_t tried = 0; tried < at->ncpus; tried++) {
		uint32_t cpu = at->next_cpu;

		at->next_cpu = cpu + 1 < at->ncpus ? cpu + 1 : 0;
		if (at->cpus[cpu].hw_id == hart)
			return cpu;
	}
	return at->ncpus;
}

/* The next target that names @phandle, round and round; count: none does. */
static uint32_t find_target(struct match *at, uint32_t phandle)
{
	const struct umsi_fdt_harts *h = at->h;

	for (uint32_t tried = 0; tried < h->count; tried++) {
		uint32_t i = at->next_target;

		at->next_target = i + 1 < h->count ? i + 1 : 0;
		if (target_phandle(h, i) == phandle && is_connected(h, i))
			return i;
	}
	return h->count;
}

/* The hart whose controller is @phandle. That no other target names it shows when all are counted. */
static int match_hart(struct match *at, uint32_t phandle, uint64_t hart)
{
	uint32_t target = find_target(at, phandle), cpu;
	int status;

	if (target == at->h->count)
		return UMSI_OK;
	at->matched++;
	cpu = find_cpu(at, hart);
	if (cpu == at->ncpus)
		return UMSI_OK;		/* a hart that this machine does not use */
	at->placed++;
	status = at->found(at->arg, cpu, target);
	if (status == UMSI_EEXIST)
		return umsi_fdt_harts_refuse(at->h, "interrupts-extended: one hart by two phandles",
					     UMSI_EFW_VALUE);
	return status;
}

static int match_cpu(struct match *at, umsi_fdt_node cpu, uint32_t cells)
{
	const struct umsi_fdt *fdt = at->h->fdt;
	umsi_fdt_node intc = intc_of(fdt, cpu);
	uint32_t phandle, interrupt_cells;
	uint64_t hart;
	int err;

	if (intc < 0 || umsi_fdt_u32_or(fdt, intc, "phandle", 0, &phandle) || !phandle)
		return UMSI_OK;		/* nothing can refer to it */
	err = umsi_fdt_cpu_id(fdt, cpu, cells, &hart, at->h->error);
	if (err)
		return err;
	/* Pairs are only pairs if the harts' controllers take one cell. */
	if (umsi_fdt_u32_or(fdt, intc, "#interrupt-cells", 1, &interrupt_cells) ||
	    interrupt_cells != 1)
		return umsi_fdt_refuse_node(at->h->error, fdt, intc, "#interrupt-cells: not 1",
					    UMSI_EFW_CELLS);
	return match_hart(at, phandle, hart);
}

/* Some target names no hart, or one that another names too. Which of them takes longer to say. */
static int refuse_targets(const struct umsi_fdt_harts *h)
{
	for (uint32_t i = 1; i < h->count; i++)
		for (uint32_t j = 0; is_connected(h, i) && j < i; j++)
			if (target_phandle(h, i) == target_phandle(h, j) && is_connected(h, j))
				return umsi_fdt_harts_refuse(h, "interrupts-extended: one hart twice",
							     UMSI_EFW_VALUE);
	return umsi_fdt_harts_refuse(h, "interrupts-extended: a phandle that is no hart's riscv,cpu-intc",
				     UMSI_EFW_PHANDLE);
}

int umsi_fdt_harts_match(const struct umsi_fdt_harts *h, const struct umsi_cpu_desc *cpus, uint32_t ncpus,
			 int (*found)(void *arg, uint32_t cpu, uint32_t target), void *arg)
{
	const struct umsi_fdt *fdt = h->fdt;
	struct match at = { .h = h, .cpus = cpus, .ncpus = ncpus, .found = found, .arg = arg };
	umsi_fdt_node parent = umsi_fdt_find_path(fdt, "/cpus");
	umsi_fdt_node cpu;
	uint32_t cells;
	int err;

	if (parent < 0)
		return umsi_fdt_refuse_node(h->error, fdt, -1, "no node /cpus", UMSI_EFW_MISSING);
	err = umsi_fdt_cpus_cells(fdt, parent, &cells, h->error);
	for (cpu = umsi_fdt_first_child(fdt, parent); cpu >= 0 && !err; cpu = umsi_fdt_next_sibling(fdt, cpu))
		if (umsi_fdt_is_cpu(fdt, cpu))
			err = match_cpu(&at, cpu, cells);
	if (err)
		return err;
	/* Nothing is mixed, so these are all that are connected. */
	if (at.matched != h->supervisor)
		return refuse_targets(h);
	if (!at.placed)
		return umsi_fdt_harts_refuse(h, "none of the CPUs is a target", UMSI_EFW_MISSING);
	return UMSI_OK;
}
