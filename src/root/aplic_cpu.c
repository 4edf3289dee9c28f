/* SPDX-License-Identifier: MIT */
/*
 * A CPU's own part: its delivery control, interrupts from CPU to CPU, leaving.
 *
 * There is no register for interrupts between CPUs, but iforce makes one that
 * nothing claims ("Interrupt force"); what it is about is in the CPU's work
 * word, written before.
 */
#include "core/target.h"
#include "root/aplic.h"

static uint32_t idc(const struct umsi_aplic *a, umsi_cpu cpu, uint32_t offset)
{
	return umsi_aplic_idc(a->cpu[cpu].index, offset);
}

void umsi_aplic_signal(struct umsi_aplic *a, umsi_cpu cpu, uint32_t work)
{
	if (a->cpu[cpu].index == UMSI_APLIC_NO_HART)
		return;		/* never online */
	umsi_fetch_or32(&a->cpu[cpu].work, work);
	umsi_barrier_link_to_kick();
	umsi_aplic_write(a, idc(a, cpu, APLIC_IFORCE), 1);
}

/* ithreshold 0: every priority is heard. */
static int open_delivery(struct umsi_aplic *a, umsi_cpu cpu)
{
	umsi_aplic_write(a, idc(a, cpu, APLIC_IDELIVERY), 0);
	umsi_aplic_write(a, idc(a, cpu, APLIC_IFORCE), 0);
	umsi_aplic_write(a, idc(a, cpu, APLIC_ITHRESHOLD), 0);
	umsi_aplic_write(a, idc(a, cpu, APLIC_IDELIVERY), 1);
	if (umsi_aplic_read(a, idc(a, cpu, APLIC_IDELIVERY)) != 1 ||
	    umsi_aplic_read(a, idc(a, cpu, APLIC_ITHRESHOLD)) != 0)
		return UMSI_EREFUSED;
	umsi_barrier_look_to_done();
	return UMSI_OK;
}

int umsi_aplic_cpu_online(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_aplic *a = umsi_aplic_of(d);
	int status;

	if (a->cpu[cpu].index == UMSI_APLIC_NO_HART)
		return UMSI_EREFUSED;
	if (a->cpu[cpu].open)
		return UMSI_OK;
	status = open_delivery(a, cpu);
	if (status)
		return status;
	a->cpu[cpu].open = true;
	umsi_store32(&a->cpu[cpu].work, 0);
	umsi_store64_release(&a->cpu[cpu].done, umsi_load64_acquire(&a->req));
	return UMSI_OK;
}

/*
 * Sources are pending at the APLIC and need nothing; a signal may have been
 * lost with iforce, so whatever one could be about is looked after once.
 */
int umsi_aplic_cpu_restore(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_aplic *a = umsi_aplic_of(d);
	int status = open_delivery(a, cpu);

	if (!status)
		umsi_aplic_signal(a, cpu, APLIC_KICK | ((UINT32_C(2) << umsi_load32(&a->ipis.count)) - 2));
	return status;
}

/* ---- Leaving (R14): there is nothing to prepare and nothing that could run out ---- */

int umsi_aplic_cpu_leave(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_aplic *a = umsi_aplic_of(d);

	/* Whoever chose this CPU before it was barred has published by now. */
	umsi_unlock(d->m, &a->lock, umsi_lock(d->m, &a->lock));
	return umsi_target_evacuate_all(&a->record[1], a->sources, 1, cpu);
}

/*
 * Outside traps nothing is claimed here, and what is pending is so at the
 * APLIC, for its new target. An IPI may go with the CPU; the inbox that a kick
 * was about is handed on.
 */
int umsi_aplic_cpu_dead(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_aplic *a = umsi_aplic_of(d);

	umsi_aplic_write(a, idc(a, cpu, APLIC_IDELIVERY), 0);
	(void)umsi_aplic_read(a, idc(a, cpu, APLIC_IDELIVERY));
	umsi_barrier_look_to_done();
	a->cpu[cpu].open = false;
	return UMSI_OK;
}

/* ---- Inter-processor interrupts ---- */

int umsi_aplic_ipi_add(struct umsi_domain *root, umsi_ipi_handler handler,
		       void *arg, uint32_t *out_ipi)
{
	if (!root)
		return UMSI_EINVAL;
	return umsi_ipi_add(root->m, &umsi_aplic_of(root)->ipis, handler, arg, out_ipi);
}

int umsi_aplic_ipi_send(struct umsi_domain *root, uint32_t ipi, umsi_cpu cpu)
{
	struct umsi_aplic *a;
	int status;

	if (!root)
		return UMSI_EINVAL;
	a = umsi_aplic_of(root);
	status = umsi_ipi_check(root->m, &a->ipis, ipi, cpu);
	if (!status)
		umsi_aplic_signal(a, cpu, UINT32_C(2) << ipi);
	return status;
}
