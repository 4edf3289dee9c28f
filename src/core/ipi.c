/* SPDX-License-Identifier: MIT */
#include "core/ipi.h"

int umsi_ipi_add(struct umsi *m, struct umsi_ipis *ipis, umsi_ipi_handler handler, void *arg, uint32_t *out_ipi)
{
	int status = UMSI_ENOSLOT;
	uint32_t ipi;

	if (!handler || !out_ipi)
		return UMSI_EINVAL;
	umsi_host_mutex_lock(m->host, &m->mutex);
	ipi = umsi_load32(&ipis->count);
	if (ipi < ipis->limit) {
		ipis->ipi[ipi].handler = handler;
		ipis->ipi[ipi].arg = arg;
		umsi_store32_release(&ipis->count, ipi + 1);
		*out_ipi = ipi;
		status = UMSI_OK;
	}
	umsi_host_mutex_unlock(m->host, &m->mutex);
	return status;
}

int umsi_ipi_check(const struct umsi *m, const struct umsi_ipis *ipis, uint32_t ipi, umsi_cpu cpu)
{
	if (ipi >= umsi_load32_acquire(&ipis->count) || cpu >= m->ncpus)
		return UMSI_ERANGE;
	return umsi_load32(&m->cpu[cpu].online) == UMSI_CPU_OFFLINE ? UMSI_ENOCPU : UMSI_OK;
}
