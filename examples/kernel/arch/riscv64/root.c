/* SPDX-License-Identifier: MIT */
#include "root.h"

#include <umsi/aplic.h>
#include <umsi/fdt.h>
#include <umsi/imsic.h>

#include "core/cpu.h"
#include "core/kernel.h"
#include "core/print.h"
#include "core/tree.h"

static struct umsi_imsic_file files[PLATFORM_CPUS_MAX];
static uint32_t hart_index[PLATFORM_CPUS_MAX];
static uint32_t group_shift, group_bits;
static bool direct;

bool root_is_direct(void)
{
	return direct;
}

uint32_t root_group(uint32_t cpu)
{
	return (uint32_t)(files[cpu].phys >> group_shift) & ((1u << group_bits) - 1);
}

uint32_t root_groups(void)
{
	uint64_t seen[2] = { 0 };	/* at most 7 bits of group */
	uint32_t n = 0;

	for (uint32_t i = 0; i < kernel.platform.cpus; i++) {
		uint32_t group = root_group(i);

		n += !(seen[group / 64] >> group % 64 & 1);
		seen[group / 64] |= 1ull << group % 64;
	}
	return n;
}

static void timer(void *host, umsi_cpu cpu)
{
	(void)host;
	(void)cpu;
	cpu_tick();
}

static int direct_root(struct platform *p, struct umsi *m, struct umsi_domain **out)
{
	struct umsi_fdt_error error = { 0 };
	struct umsi_fdt_aplic domain;

	tree_need(umsi_fdt_aplic(&tree_fdt, -1, p->cpu, p->cpus, hart_index, &domain, &error), "APLIC", &error);
	if (domain.messages)
		panic("an APLIC that sends messages, and no interrupt files");
	direct = true;
	p->wires_only = true;
	kprintf("aplic: %u sources, delivered directly, at %lx\n", domain.config.sources, domain.config.phys);
	return umsi_aplic_direct_create(m, &domain.config, out);
}

int platform_root(struct platform *p, struct umsi *m, struct umsi_domain **out)
{
	struct umsi_fdt_error error = { 0 };
	struct umsi_imsic_config config;
	int status = umsi_fdt_imsic(&tree_fdt, p->cpu, p->cpus, files, &config, &error);

	if (status == UMSI_EFW_MISSING)
		return direct_root(p, m, out);
	tree_need(status, "IMSIC", &error);
	config.timer = timer;
	group_shift = config.group_index_shift;
	group_bits = config.group_index_bits;
	kprintf("imsic: %u ids a file, cpu 0 at %lx, %u groups\n", config.num_ids, files[0].phys, root_groups());
	return umsi_imsic_create(m, &config, out);
}

/* Nothing stands between devices and the root. */
int platform_messages(struct platform *p, struct umsi *m, struct umsi_domain *root,
		      struct umsi_domain **out)
{
	(void)p;
	(void)m;
	*out = root;
	return UMSI_OK;
}

int platform_ipi_add(struct umsi_domain *root, void (*handler)(void *arg, umsi_cpu cpu), void *arg,
		     uint32_t *out_ipi)
{
	return direct ? umsi_aplic_ipi_add(root, handler, arg, out_ipi)
		      : umsi_imsic_ipi_add(root, handler, arg, out_ipi);
}

int platform_ipi_send(struct umsi_domain *root, uint32_t ipi, umsi_cpu cpu)
{
	return direct ? umsi_aplic_ipi_send(root, ipi, cpu) : umsi_imsic_ipi_send(root, ipi, cpu);
}
