/* SPDX-License-Identifier: MIT */
/* The GICv2 root: its configuration, its frames, and what is its own of each operation. */
#include "core/dump_root.h"
#include "root/gicv2.h"
#include "umsi_arch.h"
#include "umsi_gic.h"

/* The SPIs a frame says it has, where the configuration does not. */
static int ask_frame(struct umsi *m, struct umsi_gic_frame *f)
{
	unsigned char *page;
	uint32_t typer;

	if (!f->phys || f->phys % V2M_BYTES)
		return UMSI_EINVAL;
	if (f->spis)
		return UMSI_OK;
	page = umsi_host_mmio_map(m->host, f->phys, V2M_BYTES);
	if (!page)
		return UMSI_ENOMEM;
	typer = umsi_mmio_read32(page + V2M_MSI_TYPER);
	umsi_host_mmio_unmap(m->host, page, V2M_BYTES);
	f->spi_base = umsi_v2m_base(typer);
	f->spis = umsi_v2m_count(typer);
	return UMSI_OK;
}

static int build(struct umsi_gic *gic, const void *from, uint32_t typer)
{
	struct umsi_gicv2 *v2 = (struct umsi_gicv2 *)gic;
	const struct umsi_gic_config *config = from;
	int status = UMSI_OK;

	(void)typer;
	gic->run = v2->run;
	umsi_store_ptr(&v2->run[0], v2->record);
	umsi_store_ptr(&v2->run[1], v2->record + GIC_RUN);
	for (umsi_cpu cpu = 0; cpu < gic->m->ncpus; cpu++)
		gic->cpu[cpu].private_ = gic->distributor;
	v2->cpu_interface = umsi_host_mmio_map(gic->m->host, config->cpu_interface, GICC_BYTES);
	if (!v2->cpu_interface)
		return UMSI_ENOMEM;
	for (uint32_t i = 0; !status && i < config->frames; i++) {
		struct umsi_gic_frame f = config->frame[i];

		status = ask_frame(gic->m, &f);
		if (!status)
			status = umsi_gic_add_frame(gic, &f);
	}
	return status;
}

static void dismantle(struct umsi_gic *gic)
{
	struct umsi_gicv2 *v2 = (struct umsi_gicv2 *)gic;

	if (v2->cpu_interface)
		umsi_host_mmio_unmap(gic->m->host, (void *)v2->cpu_interface, GICC_BYTES);
}

/* A byte write: neighbours may be moving at the same time. */
static void route(struct umsi_gic *gic, uint32_t id, umsi_cpu cpu)
{
	umsi_gic_write8(gic->distributor + GICD_ITARGETSR + id, (uint8_t)umsi_load32(&gic->cpu[cpu].targets));
}

static const struct umsi_controller_ops controller_ops = {
	.make_room = umsi_gic_make_room,
	.reap = umsi_gic_reap,
	.cpu_online = umsi_gicv2_cpu_online,
	.cpu_leave = UMSI_FOR_HOTPLUG(umsi_gic_cpu_leave),
	.cpu_dead = UMSI_FOR_HOTPLUG(umsi_gicv2_cpu_dead),
	.cpu_restore = UMSI_FOR_HOTPLUG(umsi_gicv2_cpu_restore),
	.dump = UMSI_FOR_DUMPS(umsi_gic_dump),
	.stats = UMSI_FOR_STATS(umsi_gic_stats),
};

static const struct umsi_domain_ops root_ops = {
	.name = "gic",
	.number_name = "spi",
	.controller = &controller_ops,
	.room = UMSI_FOR_LIMITS(umsi_gic_room),
	.reserve = umsi_gic_message_reserve,
	.unreserve = umsi_gic_unreserve,
	.activate = umsi_gic_message_activate,
	.deactivate = umsi_gic_deactivate,
	.compose = umsi_gic_compose,
	.move_prepare = UMSI_FOR_MOVES(umsi_gic_move_prepare),
	.move_commit = UMSI_FOR_MOVES(umsi_gic_move_commit),
	.move_abort = UMSI_FOR_MOVES(umsi_gic_move_abort),
	.dump_path = UMSI_FOR_DUMPS(umsi_dump_path),
};

static const struct umsi_gic_kind gicv2 = {
	.bytes = sizeof(struct umsi_gicv2),
	.distributor_bytes = GICD_BYTES,
	.on = GICD_CTLR_ENABLE,
	.root_ops = &root_ops,
	.message_ops = &root_ops,
	.build = build,
	.dismantle = dismantle,
	.route = route,
	.send = umsi_gicv2_send,
	.end_locked = umsi_gicv2_end_locked,
	.reap_locked = umsi_gicv2_reap_locked,
};

int umsi_gic_create(struct umsi *m, const struct umsi_gic_config *config, struct umsi_domain **out)
{
	if (!m || !config || !out)
		return UMSI_EINVAL;
	if (config->version != 2)
		return UMSI_ENOTSUP;
	if (!config->cpu_interface || config->cpu_interface % GICD_BYTES)
		return UMSI_EINVAL;
	if (m->ncpus > UMSI_GIC_CPUS_MAX || config->frames > UMSI_GIC_FRAMES_MAX)
		return UMSI_ERANGE;
	return umsi_gic_make(m, &gicv2, &(struct umsi_gic_start){ config->distributor, config->timer_id, config->timer },
			     config, out);
}

int umsi_gic_destroy(struct umsi_domain *root)
{
	return umsi_gic_unmake(root, &gicv2);
}

int umsi_gic_wires(struct umsi_device *dev, struct umsi_table **out)
{
	return umsi_gic_make_wires(dev, &gicv2, out);
}

int umsi_gic_ipi_add(struct umsi_domain *root, umsi_ipi_handler handler, void *arg, uint32_t *out_ipi)
{
	return umsi_gic_take_ipi(root, &gicv2, handler, arg, out_ipi);
}

int umsi_gic_ipi_send(struct umsi_domain *root, uint32_t ipi, umsi_cpu cpu)
{
	return umsi_gic_send_ipi(root, &gicv2, ipi, cpu);
}
