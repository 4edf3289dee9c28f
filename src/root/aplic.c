/* SPDX-License-Identifier: MIT */
/* Creating and destroying the direct APLIC root: checks, mapping, the domain's own registers. */
#include "root/aplic.h"

static void kick(void *root, umsi_cpu cpu)
{
	umsi_aplic_signal(root, cpu, APLIC_KICK);
}

static const struct umsi_kick_ops kick_ops = {
	.kick = kick,
};

/* Enough delivery controls for every index, and no two CPUs at one. */
static int check_index(const struct umsi *m, const struct umsi_aplic_config *c, uint64_t *seen)
{
	bool any = false;

	for (umsi_cpu cpu = 0; cpu < m->ncpus; cpu++) {
		uint32_t index = c->hart_index[cpu];

		if (index == UMSI_APLIC_NO_HART)
			continue;
		if (index >= APLIC_HARTS_MAX || umsi_aplic_idc(index + 1, 0) > c->bytes)
			return UMSI_ERANGE;
		if (seen[index / 64] >> (index % 64) & 1)
			return UMSI_EINVAL;
		seen[index / 64] |= UINT64_C(1) << (index % 64);
		any = true;
	}
	return any ? UMSI_OK : UMSI_EINVAL;
}

static int check_config(struct umsi *m, const struct umsi_aplic_config *c)
{
	size_t bytes = APLIC_HARTS_MAX / 8;
	uint64_t *seen;
	int status;

	if (!c->phys || c->phys % 4096 || !c->hart_index)
		return UMSI_EINVAL;
	if (!c->sources || c->sources > APLIC_SOURCES_MAX)
		return UMSI_ERANGE;
	seen = umsi_host_alloc(m->host, bytes);
	if (!seen)
		return UMSI_ENOMEM;
	status = check_index(m, c, seen);
	umsi_host_free(m->host, seen, bytes);
	return status;
}

static void switch_sources_off(struct umsi_aplic *a)
{
	for (uint32_t word = 0; word <= a->sources / 32; word++)
		umsi_aplic_write(a, umsi_aplic_disable(word), UINT32_MAX);
	for (uint32_t i = 1; i <= a->sources; i++)
		if (!(umsi_aplic_read(a, umsi_aplic_sourcecfg(i)) & APLIC_SOURCECFG_D))
			umsi_aplic_write(a, umsi_aplic_sourcecfg(i), APLIC_INACTIVE);
}

/* "Domain configuration": which delivery there is is the domain's to say. */
static int open_domain(struct umsi_aplic *a)
{
	uint32_t was = umsi_aplic_read(a, APLIC_DOMAINCFG);

	if ((was & APLIC_DOMAINCFG_FIXED_MASK) != APLIC_DOMAINCFG_FIXED)
		return was >> 24 == 0xff || !was ? UMSI_EGONE : UMSI_ENOTSUP;
	umsi_aplic_write(a, APLIC_DOMAINCFG, 0);
	if (umsi_aplic_read(a, APLIC_DOMAINCFG) != APLIC_DOMAINCFG_FIXED) {
		umsi_aplic_write(a, APLIC_DOMAINCFG, was & ~APLIC_DOMAINCFG_FIXED_MASK);
		return UMSI_ENOTSUP;
	}
	switch_sources_off(a);
	umsi_aplic_write(a, APLIC_DOMAINCFG, APLIC_DOMAINCFG_IE);
	return umsi_aplic_read(a, APLIC_DOMAINCFG) & APLIC_DOMAINCFG_IE ? UMSI_OK : UMSI_ENOTSUP;
}

static size_t aplic_bytes(const struct umsi *m)
{
	return sizeof(struct umsi_aplic) + m->ncpus * sizeof(struct umsi_aplic_cpu);
}

static int build(struct umsi_aplic *a, struct umsi *m, const struct umsi_aplic_config *config)
{
	int status;

	a->domain.m = m;
	a->sources = config->sources;
	a->bytes = config->bytes;
	a->ipis.limit = UMSI_APLIC_IPIS_MAX;
	for (umsi_cpu cpu = 0; cpu < m->ncpus; cpu++)
		a->cpu[cpu].index = config->hart_index[cpu];
	a->region = umsi_host_mmio_map(m->host, config->phys, config->bytes);
	if (!a->region)
		return UMSI_ENOMEM;
	status = open_domain(a);
	if (status)
		umsi_host_mmio_unmap(m->host, a->region, config->bytes);
	return status;
}

int umsi_aplic_direct_create(struct umsi *m, const struct umsi_aplic_config *config,
			     struct umsi_domain **out)
{
	struct umsi_aplic *a;
	int status;

	if (!m || !config || !out)
		return UMSI_EINVAL;
	status = check_config(m, config);
	if (status)
		return status;
	if (m->kick_ops)
		return UMSI_EEXIST;
	a = umsi_host_alloc(m->host, aplic_bytes(m));
	if (!a)
		return UMSI_ENOMEM;
	status = build(a, m, config);
	if (status) {
		umsi_host_free(m->host, a, aplic_bytes(m));
		return status;
	}
	m->kick_ops = &kick_ops;
	m->kick_root = a;
	umsi_domain_add(m, &a->domain, NULL, &umsi_aplic_ops);
	*out = &a->domain;
	return UMSI_OK;
}

/* Sources that were ending count as quiet: this root's traps are over. */
static void drop_ending(struct umsi_aplic *a)
{
	for (uint32_t i = 1; i <= a->sources; i++) {
		struct umsi_record *r = umsi_load_ptr(&a->record[i]);

		if (r)
			umsi_record_put(r);
	}
}

int umsi_aplic_direct_destroy(struct umsi_domain *root)
{
	struct umsi_aplic *a;
	struct umsi *m;
	int status;

	if (!root || root->ops != &umsi_aplic_ops)
		return UMSI_EINVAL;
	a = umsi_aplic_of(root);
	m = root->m;
	status = umsi_domain_remove(root);
	if (status)
		return status;
	m->kick_ops = NULL;
	m->kick_root = NULL;
	umsi_aplic_write(a, APLIC_DOMAINCFG, 0);
	(void)umsi_aplic_read(a, APLIC_DOMAINCFG);
	drop_ending(a);
	umsi_host_mmio_unmap(m->host, a->region, a->bytes);
	umsi_host_free(m->host, a, aplic_bytes(m));
	return UMSI_OK;
}
