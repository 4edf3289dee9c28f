/* SPDX-License-Identifier: MIT */
/* Interrupts from CPU to CPU: who handles each one of a root's. How one is sent the root knows. */
#ifndef UMSI_CORE_IPI_H
#define UMSI_CORE_IPI_H

#include "core/machine.h"

#define UMSI_IPIS_MAX	31

/*
 *   field   written under   read without the lock by
 *   ipi     m->mutex        traps, for numbers below count
 *   count   m->mutex        traps and senders (acquire)
 *   limit   creation        anyone
 */
struct umsi_ipis {
	umsi_atomic32 count;
	uint32_t limit;		/* <= UMSI_IPIS_MAX */
	struct {
		umsi_ipi_handler handler;
		void *arg;
	} ipi[UMSI_IPIS_MAX];
};

/* Thread context. UMSI_OK, UMSI_EINVAL (no handler, or nowhere to say which), UMSI_ENOSLOT. */
int umsi_ipi_add(struct umsi *m, struct umsi_ipis *ipis, umsi_ipi_handler handler, void *arg, uint32_t *out_ipi);

/* May @ipi be sent to @cpu? UMSI_OK, UMSI_ERANGE (no such one, no such CPU), UMSI_ENOCPU (offline). */
int umsi_ipi_check(const struct umsi *m, const struct umsi_ipis *ipis, uint32_t ipi, umsi_cpu cpu);

/* Traps. False: there is no such one. */
static inline bool umsi_ipi_handle(const struct umsi_ipis *ipis, uint32_t ipi, umsi_cpu cpu)
{
	if (ipi >= umsi_load32_acquire(&ipis->count))
		return false;
	ipis->ipi[ipi].handler(ipis->ipi[ipi].arg, cpu);
	return true;
}

#endif
