/* SPDX-License-Identifier: MIT */
/* Interrupts from CPU to CPU, and what else has no record. */
#include "root/gic.h"
#include "umsi_arch.h"

/* A number without an owner is disabled; this one was on its way when it lost its own. */
static void serve_unowned(struct umsi_gic *gic, umsi_cpu cpu, uint32_t id)
{
	umsi_count_own(&gic->cpu[cpu].unowned);
	if (id < GIC_FIRST_SPI)		/* private: nobody else's */
		umsi_mmio_write32(gic->cpu[cpu].private_ + GICD_ICENABLER, umsi_gic_bit(id));
}

void umsi_gic_serve_other(struct umsi_gic *gic, umsi_cpu cpu, uint32_t id)
{
	if (id == GIC_SGI_KICK)
		umsi_inbox_drain(gic->m, &gic->m->cpu[cpu]);
	else if (id == gic->timer_id)
		gic->timer(gic->m->host, cpu);
	else if (id >= GIC_SGIS || !umsi_ipi_handle(&gic->ipis, id - GIC_SGI_KICK - 1, cpu))
		serve_unowned(gic, cpu, id);
}

void umsi_gic_send_again(struct umsi_gic *gic, umsi_cpu cpu)
{
	for (uint32_t sgi = 0; sgi <= umsi_load32_acquire(&gic->ipis.count); sgi++)
		gic->kind->send(gic, cpu, GIC_SGI_KICK + sgi);
}

int umsi_gic_take_ipi(struct umsi_domain *root, const struct umsi_gic_kind *kind, umsi_ipi_handler handler,
		      void *arg, uint32_t *out_ipi)
{
	if (!umsi_gic_is_root(root, kind))
		return UMSI_EINVAL;
	return umsi_ipi_add(root->m, &umsi_gic_of(root)->ipis, handler, arg, out_ipi);
}

int umsi_gic_send_ipi(struct umsi_domain *root, const struct umsi_gic_kind *kind, uint32_t ipi, umsi_cpu cpu)
{
	struct umsi_gic *gic;
	int status;

	if (!umsi_gic_is_root(root, kind))
		return UMSI_EINVAL;
	gic = umsi_gic_of(root);
	status = umsi_ipi_check(root->m, &gic->ipis, ipi, cpu);
	if (!status)
		kind->send(gic, cpu, GIC_SGI_KICK + 1 + ipi);
	return status;
}
