/* SPDX-License-Identifier: MIT */
#include "read_all.h"

#define ROOM	24

static const char *check_imsic(const struct umsi_fdt *fdt, const struct umsi_cpu_desc *cpus,
			       uint32_t ncpus)
{
	struct umsi_imsic_file files[ROOM];
	struct umsi_imsic_config config;
	struct umsi_fdt_error error = { 0 };
	uint32_t with_file = 0;

	if (umsi_fdt_imsic(fdt, cpus, ncpus, files, &config, &error))
		return error.what && error.offset <= fdt->bytes ? NULL : "imsic: unexplained";
	if (config.num_ids < 63 || config.num_ids > 2047 || config.num_ids % 64 != 63)
		return "imsic: num_ids";
	for (uint32_t cpu = 0; cpu < ncpus; cpu++) {
		if (files[cpu].phys % (UINT64_C(0x1000) << config.guest_index_bits))
			return "imsic: a page at a guest index";
		with_file += files[cpu].phys != 0;
	}
	return with_file ? NULL : "imsic: no file at all";
}

static const char *check_gic(const struct umsi_fdt *fdt)
{
	struct umsi_fdt_error error = { 0 };
	struct umsi_gic_config config;

	if (umsi_fdt_gic(fdt, &config, &error))
		return error.what && error.offset <= fdt->bytes ? NULL : "gic: unexplained";
	if (config.frames > UMSI_GIC_FRAMES_MAX || (config.timer_id && config.timer_id - 16 > 15))
		return "gic: frames or timer";
	return NULL;
}

static const char *check_gicv3(const struct umsi_fdt *fdt)
{
	struct umsi_gicv3_region region[4];
	struct umsi_fdt_error error = { 0 };
	struct umsi_gicv3_config config;
	struct umsi_its_config its;
	umsi_fdt_node node = -1;

	if (umsi_fdt_gicv3(fdt, region, 4, &config, &error)) {
		if (!error.what || error.offset > fdt->bytes)
			return "gicv3: unexplained";
	} else if (!config.regions || config.regions > 4) {
		return "gicv3: regions";
	}
	while (!umsi_fdt_its(fdt, node, &node, &its, &error))
		for (umsi_fdt_node n = umsi_fdt_root(fdt); n >= 0; n = umsi_fdt_next(fdt, n)) {
			umsi_fdt_its_map(fdt, n, 1, node, &its, &error);
			if (its.maps > UMSI_ITS_MAPS_MAX)
				return "its: more maps than room";
		}
	return error.what && error.offset <= fdt->bytes ? NULL : "its: unexplained";
}

static const char *check_bridge(const struct umsi_pci_host *host)
{
	if (host->ecam_phys + host->ecam_bytes - 1 < host->ecam_phys ||
	    host->first_bus > host->last_bus || host->last_bus > 255 ||
	    ((uint64_t)(host->last_bus - host->first_bus) + 1) << 20 > host->ecam_bytes)
		return "pci: configuration space";
	if (host->windows > 8)
		return "pci: more windows than room";
	for (uint32_t i = 0; i < host->windows; i++) {
		uint64_t last = host->window[i].bytes - 1;

		if (!host->window[i].bytes || host->window[i].pci + last < last ||
		    host->window[i].phys + last < last)
			return "pci: a window that wraps";
	}
	return NULL;
}

static const char *check_aplic(const struct umsi_fdt *fdt, const struct umsi_cpu_desc *cpus, uint32_t ncpus)
{
	struct umsi_fdt_aplic found = { .node = -1 };
	struct umsi_fdt_error error = { 0 };
	struct umsi_fdt_interrupt interrupt;
	uint32_t index[ROOM];

	while (!umsi_fdt_aplic(fdt, found.node, cpus, ncpus, index, &found, &error)) {
		const struct umsi_aplic_config *c = &found.config;

		if (!c->phys || !c->sources || c->sources > 1023 || c->bytes < 0x4000)
			return "aplic: region or sources";
		for (uint32_t i = 0; i < ncpus; i++)
			if (index[i] != UMSI_APLIC_NO_HART && 0x4020 + 32 * (uint64_t)index[i] > c->bytes)
				return "aplic: an index beyond its region";
		umsi_fdt_aplic_delegates(fdt, found.node, 1);
	}
	if (!error.what || error.offset > fdt->bytes)
		return "aplic: unexplained";
	for (umsi_fdt_node n = umsi_fdt_root(fdt); n >= 0; n = umsi_fdt_next(fdt, n)) {
		umsi_fdt_interrupt(fdt, n, 0, &interrupt);
		umsi_fdt_pci_interrupt(fdt, n, 0x800, 1, &interrupt);
	}
	return NULL;
}

const char *find_everything(const struct umsi_fdt *fdt)
{
	umsi_fdt_node cpu = umsi_fdt_first_child(fdt, umsi_fdt_find_path(fdt, "/cpus"));
	struct umsi_cpu_desc cpus[ROOM];
	struct umsi_fdt_error error = { 0 };
	struct umsi_pci_host host = { .node = -1 };
	const char *wrong = NULL;
	uint64_t boot = 0;
	uint32_t ncpus;
	int status;

	if (cpu >= 0)
		umsi_fdt_get_reg(fdt, cpu, 0, &boot, NULL);
	status = umsi_fdt_cpus(fdt, boot, cpus, ROOM, &ncpus, &error);
	if (!status && (!ncpus || ncpus > ROOM || cpus[0].hw_id != boot))
		return "cpus: boot hart not first";
	if (status && (!error.what || error.offset > fdt->bytes))
		return "cpus: unexplained";
	if (!status)
		wrong = check_imsic(fdt, cpus, ncpus);
	if (!status && !wrong)
		wrong = check_aplic(fdt, cpus, ncpus);
	if (!wrong)
		wrong = check_gic(fdt);
	if (!wrong)
		wrong = check_gicv3(fdt);
	while (!wrong && !umsi_fdt_pci_host(fdt, host.node, &host, &error))
		wrong = check_bridge(&host);
	return wrong;
}
