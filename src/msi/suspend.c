/* SPDX-License-Identifier: MIT */
/*
 * The whole machine sleeps: every device is put away as one that sleeps alone
 * is (away.c), but for what may wake the machine.
 */
#include "core/trace.h"
#include "core/wake.h"
#include "msi/device.h"

/* Roots first: what is nearer to the device composes from what is nearer to the CPU. */
static int resume_domain(struct umsi_domain *d)
{
	int status = d->next ? resume_domain(d->next) : UMSI_OK;

	if (status || !d->ops->controller->resume)
		return status;
	return d->ops->controller->resume(d);
}

/* The machine's mutex is held: devices neither come nor go. */
static int for_devices(struct umsi *m, int (*visit)(struct umsi_device *dev))
{
	int status = UMSI_OK;

	for (struct umsi_device *dev = m->device_list; dev; dev = dev->next) {
		int one = visit(dev);

		status = status ? status : one;
	}
	return status;
}

/* One that has vanished does not keep the machine awake. */
static int put_away(struct umsi_device *dev)
{
	int status = umsi_device_sleep(dev);

	return status == UMSI_EGONE ? UMSI_OK : status;
}

int umsi_suspend(struct umsi *m)
{
	int status = UMSI_ESTATE;

	if (!m)
		return UMSI_EINVAL;
	if (umsi_in_trap(m))
		return UMSI_ECONTEXT;
	umsi_host_mutex_lock(m->host, &m->mutex);
	if (!m->suspended) {
		umsi_wake_arm(m);
		status = for_devices(m, put_away);
		if (!status && umsi_woken_by(m))
			status = UMSI_EBUSY;
		if (status)
			for_devices(m, umsi_device_restore);
		m->suspended = !status;
		umsi_trace_point(m, UMSI_TRACE_SUSPEND, 0, (uint64_t)-status);
	}
	umsi_host_mutex_unlock(m->host, &m->mutex);
	return status;
}

int umsi_resume(struct umsi *m)
{
	int status;

	if (!m)
		return UMSI_EINVAL;
	if (umsi_in_trap(m))
		return UMSI_ECONTEXT;
	umsi_host_mutex_lock(m->host, &m->mutex);
	status = m->suspended ? UMSI_OK : UMSI_ESTATE;
	if (!status && m->domains)
		status = resume_domain(m->domains);
	if (!status) {
		status = for_devices(m, umsi_device_restore);
		m->suspended = false;
		umsi_trace_point(m, UMSI_TRACE_RESUME, 0, (uint64_t)-status);
	}
	umsi_host_mutex_unlock(m->host, &m->mutex);
	return status;
}
