/* SPDX-License-Identifier: MIT */
/*
 * A CPU leaves and dies (R14), in this order: barred as a target; every
 * interrupt that owns a slot there visited under its lock, which waits for a
 * move under way, and moved if it is still aimed there; then, on the CPU with
 * interrupts off for good, what is on its way in waited for and handed on.
 */
#include "core/domain.h"
#include "core/run.h"
#include "core/trace.h"

static bool another_is_open(const struct umsi *m, umsi_cpu but)
{
	for (umsi_cpu cpu = 0; cpu < m->ncpus; cpu++)
		if (cpu != but && umsi_cpu_open(m, cpu))
			return true;
	return false;
}

static int leave_domains(struct umsi *m, umsi_cpu cpu)
{
	struct umsi_domain *d, *undo;
	int status = UMSI_OK;

	for (d = m->domains; d && !status; d = status ? d : d->next)
		status = d->ops->controller->cpu_leave ? d->ops->controller->cpu_leave(d, cpu) : UMSI_OK;
	if (!status)
		return UMSI_OK;
	for (undo = m->domains; undo != d; undo = undo->next)
		if (undo->ops->controller->cpu_stay)
			undo->ops->controller->cpu_stay(undo, cpu);
	return status;
}

static int leave_locked(struct umsi *m, umsi_cpu cpu)
{
	umsi_atomic32 *online = &m->cpu[cpu].online;
	int status;

	if (umsi_load32(online) != UMSI_CPU_ONLINE)
		return UMSI_ESTATE;
	if (!another_is_open(m, cpu))
		return UMSI_EBUSY;
	umsi_trace_point(m, UMSI_TRACE_CPU_LEAVE, cpu, 0);
	umsi_store32_release(online, UMSI_CPU_LEAVING);
	status = leave_domains(m, cpu);
	if (status) {
		umsi_store32_release(online, UMSI_CPU_ONLINE);
		umsi_trace_point(m, UMSI_TRACE_CPU_STAY, cpu, (uint64_t)-status);
	}
	return status;
}

int umsi_cpu_leave(struct umsi *m, umsi_cpu cpu)
{
	int status;

	if (!m)
		return UMSI_EINVAL;
	if (cpu >= m->ncpus)
		return UMSI_ERANGE;
	if (umsi_in_trap(m))
		return UMSI_ECONTEXT;
	umsi_host_mutex_lock(m->host, &m->hotplug);
	status = leave_locked(m, cpu);
	umsi_host_mutex_unlock(m->host, &m->hotplug);
	return status;
}

int umsi_cpu_dead(struct umsi *m, umsi_cpu cpu)
{
	int status = umsi_cpu_check_own(m, cpu);

	if (status)
		return status;
	if (umsi_load32(&m->cpu[cpu].online) != UMSI_CPU_LEAVING)
		return UMSI_ESTATE;

	for (struct umsi_domain *d = m->domains; d; d = d->next)
		if (d->ops->controller->cpu_dead && d->ops->controller->cpu_dead(d, cpu))
			status = UMSI_ETIMEOUT;
	umsi_inbox_close(m, &m->cpu[cpu]);
	umsi_store32_release(&m->cpu[cpu].online, UMSI_CPU_OFFLINE);
	umsi_trace_point(m, UMSI_TRACE_CPU_DEAD, cpu, 0);
	return status;
}

int umsi_cpu_restore(struct umsi *m, umsi_cpu cpu)
{
	int status = umsi_cpu_check_own(m, cpu);

	if (status)
		return status;
	if (umsi_load32(&m->cpu[cpu].online) != UMSI_CPU_ONLINE)
		return UMSI_ESTATE;

	for (struct umsi_domain *d = m->domains; d && !status; d = d->next)
		if (d->ops->controller->cpu_restore)
			status = d->ops->controller->cpu_restore(d, cpu);
	umsi_trace_point(m, UMSI_TRACE_CPU_RESTORE, cpu, (uint64_t)-status);
	return status;
}
