/* SPDX-License-Identifier: MIT */
/* Source: Devicetree bindings riscv,imsics, riscv,aplic and riscv,cpu-intc. */
#include "fw/fdt_harts.h"

#define SUPERVISOR_EXTERNAL	9u		/* Source: Privileged ISA, "scause values" */
#define NOT_CONNECTED		UINT32_MAX	/* an interrupt number that leads nowhere */
#define HARTS_MAX		16384u		/* both bindings: maxItems of interrupts-extended */

static uint32_t target_phandle(const struct umsi_fdt_harts *h, uint32_t i)
{
	return umsi_fdt_be32(h->targets + 8 * i);
}

static uint32_t target_interrupt(const struct umsi_fdt_harts *h, uint32_t i)
{
	return umsi_fdt_be32(h->targets + 8 * i + 4);
}

static bool is_connected(const struct umsi_fdt_harts *h, uint32_t i)
{
	return target_interrupt(h, i) != NOT_CONNECTED;
}

int umsi_fdt_harts_read(struct umsi_fdt_harts *h)
{
	uint32_t other = 0;

	h->supervisor = 0;
	h->count = umsi_fdt_rows(&h->r, "interrupts-extended", 2, &h->targets);
	if (!h->count)
		return umsi_fdt_refuse(&h->r, "interrupts-extended", UMSI_EFW_MISSING);
	for (uint32_t i = 0; i < h->count; i++) {
		bool supervisor = target_interrupt(h, i) == SUPERVISOR_EXTERNAL;

		h->supervisor += supervisor;
		other += !supervisor && is_connected(h, i);
	}
	if (h->count > HARTS_MAX || (h->supervisor && other))
		umsi_fdt_refuse(&h->r, "interrupts-extended", UMSI_EFW_VALUE);
	return h->r.status;
}

/*
 * Harts nearly always come in one order everywhere, so each search begins where
 * the last one ended, and a tree of n harts costs n steps.
 */
struct match {
	struct umsi_fdt_harts *h;
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

	if (target == at->h->count)
		return UMSI_OK;
	at->matched++;
	cpu = find_cpu(at, hart);
	if (cpu == at->ncpus)
		return UMSI_OK;		/* a hart that this machine does not use */
	at->placed++;
	if (at->found(at->arg, cpu, target) == UMSI_EEXIST)
		umsi_fdt_refuse(&at->h->r, "interrupts-extended", UMSI_EFW_VALUE);
	return at->h->r.status;
}

static int match_cpu(struct match *at, struct umsi_fdt_reader *r, uint32_t cells)
{
	struct umsi_fdt_reader intc = *r;
	uint32_t phandle;
	uint64_t hart;

	intc.node = intc_of(r->fdt, r->node);
	phandle = umsi_fdt_phandle(r->fdt, intc.node);
	if (!phandle)
		return UMSI_OK;		/* nothing can refer to it */
	hart = umsi_fdt_cpu_id(r, cells);
	/* Pairs are only pairs if the harts' controllers take one cell. */
	umsi_fdt_cell_count(&intc, "#interrupt-cells", 1, 1, 1);
	if (r->status || intc.status)
		return r->status ? r->status : intc.status;
	return match_hart(at, phandle, hart);
}

/* Some target names no hart, or one that another names too. Which of them takes longer to say. */
static int refuse_targets(struct umsi_fdt_harts *h)
{
	int status = UMSI_EFW_PHANDLE;

	for (uint32_t i = 1; i < h->count; i++)
		for (uint32_t j = 0; is_connected(h, i) && j < i; j++)
			if (target_phandle(h, i) == target_phandle(h, j) && is_connected(h, j))
				status = UMSI_EFW_VALUE;
	return umsi_fdt_refuse(&h->r, "interrupts-extended", status);
}

int umsi_fdt_harts_match(struct umsi_fdt_harts *h, const struct umsi_cpu_desc *cpus, uint32_t ncpus,
			 int (*found)(void *arg, uint32_t cpu, uint32_t target), void *arg)
{
	struct match at = { .h = h, .cpus = cpus, .ncpus = ncpus, .found = found, .arg = arg };
	struct umsi_fdt_reader cpu = h->r;
	uint32_t cells = umsi_fdt_seek_cpus(&cpu);
	int err = cpu.status;

	for (cpu.node = umsi_fdt_first_child(cpu.fdt, cpu.node); cpu.node >= 0 && !err;
	     cpu.node = umsi_fdt_next_sibling(cpu.fdt, cpu.node))
		if (umsi_fdt_is_cpu(cpu.fdt, cpu.node))
			err = match_cpu(&at, &cpu, cells);
	if (err)
		return h->r.status = err;
	/* Nothing is mixed, so these are all that are connected. */
	if (at.matched != h->supervisor)
		return refuse_targets(h);
	if (!at.placed)
		return umsi_fdt_refuse(&h->r, "interrupts-extended", UMSI_EFW_MISSING);
	return UMSI_OK;
}
