/* SPDX-License-Identifier: MIT */
#include "core/machine.h"

#include "core/domain.h"
#include "core/mask.h"
#include "core/record.h"
#include "core/run.h"
#include "core/trace.h"

static const uint32_t default_max_repeats = 8;
static const uint32_t default_storm_limit = 64;
static const uint32_t default_not_mine_limit = 10000;
static const uint64_t default_min_age_ns = 1000000;

static int check_config(const struct umsi_config *config)
{
	if (!config || !config->cpus)
		return UMSI_EINVAL;
	if (!config->ncpus || config->ncpus > UMSI_CPUS_MAX)
		return UMSI_ERANGE;
	if (config->max_irqs > UMSI_IRQS_MAX || config->max_repeats > 255)
		return UMSI_ERANGE;
	return UMSI_OK;
}

int umsi_init(struct umsi_storage *storage, void *host,
	      const struct umsi_config *config, struct umsi **out)
{
	struct umsi *m = (struct umsi *)storage;
	struct umsi_cpu_core *cpus;
	int status;

	if (!storage || !out)
		return UMSI_EINVAL;
	status = check_config(config);
	if (status)
		return status;
	cpus = umsi_host_alloc(host, config->ncpus * sizeof(*cpus));
	if (!cpus)
		return UMSI_ENOMEM;

	*m = (struct umsi){ 0 };
	m->host = host;
	m->ncpus = config->ncpus;
	m->max_repeats = config->max_repeats ? config->max_repeats : default_max_repeats;
	m->storm_limit = config->storm_limit ? config->storm_limit : default_storm_limit;
	m->not_mine_limit = config->not_mine_limit ? config->not_mine_limit : default_not_mine_limit;
	m->min_age_ns = config->min_age_ns ? config->min_age_ns : default_min_age_ns;
	m->cpu = cpus;
	for (uint32_t i = 0; i < m->ncpus; i++) {
		cpus[i].hw_id = config->cpus[i].hw_id;
		cpus[i].core = config->cpus[i].core;
	}
	if (!umsi_nodes_init(m, config->cpus)) {
		umsi_host_free(host, cpus, m->ncpus * sizeof(*cpus));
		return UMSI_ENOMEM;
	}
	umsi_records_init(m, config->max_irqs ? config->max_irqs : UMSI_IRQS_MAX);
	*out = m;
	return UMSI_OK;
}

int umsi_destroy(struct umsi *m)
{
	bool used;

	if (!m)
		return UMSI_EINVAL;
	umsi_host_mutex_lock(m->host, &m->mutex);
	used = m->devices || m->domains;
	umsi_host_mutex_unlock(m->host, &m->mutex);
	if (used)
		return UMSI_EBUSY;

	umsi_records_destroy(m);
	umsi_masks_destroy(m);
	umsi_pool_destroy(m, &m->device_pool);
	umsi_pool_destroy(m, &m->table_pool);
	umsi_pool_destroy(m, &m->block_pool);
	umsi_nodes_destroy(m);
	umsi_host_free(m->host, m->cpu, m->ncpus * sizeof(*m->cpu));
	return UMSI_OK;
}

int umsi_cpu_check_own(struct umsi *m, umsi_cpu cpu)
{
	if (!m)
		return UMSI_EINVAL;
	if (cpu >= m->ncpus)
		return UMSI_ERANGE;
	return umsi_host_cpu(m->host) != cpu || m->cpu[cpu].depth ? UMSI_ECONTEXT : UMSI_OK;
}

int umsi_cpu_online(struct umsi *m, umsi_cpu cpu)
{
	int status = umsi_cpu_check_own(m, cpu);

	if (status)
		return status;
	for (struct umsi_domain *d = m->domains; d; d = d->next) {
		if (!d->ops->controller->cpu_online)
			continue;
		status = d->ops->controller->cpu_online(d, cpu);
		if (status)
			return status;
	}
	umsi_inbox_open(m, &m->cpu[cpu]);
	umsi_store32_release(&m->cpu[cpu].online, UMSI_CPU_ONLINE);
	umsi_trace_point(m, UMSI_TRACE_CPU_ONLINE, cpu, 0);
	for (struct umsi_domain *d = m->domains; d; d = d->next)
		if (d->ops->controller->cpu_started)
			d->ops->controller->cpu_started(d, cpu);
	return UMSI_OK;
}

bool umsi_cpu_is_online(const struct umsi *m, umsi_cpu cpu)
{
	return m && cpu < m->ncpus && umsi_cpu_open(m, cpu);
}

bool umsi_in_trap(struct umsi *m)
{
	/* Interrupts off: a thread that moved to another CPU in between would read a foreign depth. */
	uintptr_t state = umsi_arch_irq_save();
	bool inside = umsi_this_cpu(m)->depth != 0;

	umsi_arch_irq_restore(state);
	return inside;
}

void umsi_reap(struct umsi *m)
{
	for (struct umsi_domain *d = m->domains; d; d = d->next)
		if (d->ops->controller->reap)
			d->ops->controller->reap(d);
}

void umsi_drain_point(struct umsi *m)
{
	umsi_cpu cpu = umsi_host_cpu(m->host);

	if (m->cpu[cpu].depth)
		return;
	for (struct umsi_domain *d = m->domains; d; d = d->next)
		if (d->ops->controller->drain)
			d->ops->controller->drain(d, cpu);
}

static void add_cpu(const struct umsi_cpu_counters *count, struct umsi_stats *out)
{
	out->claimed += umsi_load64(&count->claimed);
	out->handled += umsi_load64(&count->handled);
	out->merged += umsi_load64(&count->merged);
	out->dead += umsi_load64(&count->dead);
	out->not_mine += umsi_load64(&count->not_mine);
	out->handovers += umsi_load64(&count->handovers);
}

void umsi_stats_read(struct umsi *m, struct umsi_stats *out)
{
	*out = (struct umsi_stats){ 0 };
	for (uint32_t i = 0; i < m->ncpus; i++)
		add_cpu(&m->cpu[i].count, out);
	out->moves = umsi_load64(&m->count.moves);
	out->moves_refused = umsi_load64(&m->count.moves_refused);
	out->device_writes_for_moves = umsi_load64(&m->count.device_writes_for_moves);
	out->ipis_for_moves = umsi_load64(&m->count.ipis_for_moves);
	out->contained = umsi_load64(&m->count.contained);
	out->affinity_broken = umsi_load64(&m->count.affinity_broken);
	out->retriggers = umsi_load64(&m->count.retriggers);
	out->irqs = umsi_load32(&m->records.live);
	out->records = umsi_load32(&m->records.in_use);
	for (struct umsi_domain *d = m->domains; d; d = d->next)
		if (d->ops->controller->stats)
			d->ops->controller->stats(d, out);
}
