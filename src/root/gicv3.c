/* SPDX-License-Identifier: MIT */
/* The GICv3 root: its configuration, memory, which numbers there are, and what is its own of each operation. */
#include "root/gicv3.h"
#include "umsi_arch.h"
#include "umsi_icc.h"

static int check_config(const struct umsi_gicv3_config *config)
{
	if (!config->regions || !config->region)
		return UMSI_EINVAL;
	for (uint32_t i = 0; i < config->regions; i++)
		if (!config->region[i].phys || config->region[i].phys % GICV3_FRAME_BYTES ||
		    config->region[i].bytes < 2 * GICV3_FRAME_BYTES ||
		    config->region[i].stride % GICV3_FRAME_BYTES)
			return UMSI_EINVAL;
	if (config->mbis > UMSI_GICV3_MBIS_MAX || config->mbi_alias % 0x1000)
		return UMSI_EINVAL;
	if (config->id_bits && (config->id_bits < GICV3_ID_BITS_MIN || config->id_bits > GICV3_ID_BITS_MAX))
		return UMSI_EINVAL;
	return UMSI_OK;
}

static uint32_t chunks(const struct umsi_gicv3 *v3)
{
	return UINT32_C(1) << (v3->id_bits - GIC_RUN_BITS);
}

/* How many LPIs there are; how many of them are used. */
static int read_sizes(struct umsi_gicv3 *v3, const struct umsi_gicv3_config *config, uint32_t typer)
{
	uint32_t limit = umsi_gicv3_lpi_limit(typer);
	uint32_t pidr2 = umsi_mmio_read32(v3->gic.distributor + GICV3_GICD_PIDR2);

	if ((pidr2 >> 4 & 0xf) < 3 || !umsi_gicv3_has_lpis(typer))
		return UMSI_ENOTSUP;
	v3->id_bits = config->id_bits ? config->id_bits : GICV3_ID_BITS_DEFAULT;
	if (v3->id_bits > umsi_gicv3_id_bits(typer))
		v3->id_bits = umsi_gicv3_id_bits(typer);
	if (v3->id_bits < GICV3_ID_BITS_MIN)
		return UMSI_ENOTSUP;
	v3->gic.end = UINT32_C(1) << v3->id_bits;
	if (limit && limit < v3->gic.end - GIC_FIRST_LPI)
		v3->gic.end = GIC_FIRST_LPI + limit;
	return UMSI_OK;
}

/* Two chunks for the SPIs; those of LPIs are made when they are first needed. */
static int make_table(struct umsi_gicv3 *v3)
{
	uint32_t lpis = v3->gic.end - GIC_FIRST_LPI;
	void *host = v3->gic.m->host;

	v3->chunk = umsi_host_alloc(host, chunks(v3) * sizeof(*v3->chunk));
	if (!v3->chunk)
		return UMSI_ENOMEM;
	v3->gic.run = v3->chunk;
	for (uint32_t n = 0; n < 2; n++) {
		void *chunk = umsi_host_alloc(host, sizeof(struct umsi_gicv3_chunk));

		if (!chunk)
			return UMSI_ENOMEM;
		umsi_store_ptr(&v3->chunk[n], chunk);
	}
	v3->ids = umsi_host_alloc(host, umsi_ids_bytes(lpis));
	if (!v3->ids)
		return UMSI_ENOMEM;
	umsi_ids_init(&v3->gic.lpis.pool, v3->ids, lpis);
	return UMSI_OK;
}

static void free_table(struct umsi_gicv3 *v3)
{
	void *host = v3->gic.m->host;

	if (!v3->chunk)
		return;
	for (uint32_t n = 0; n < chunks(v3); n++) {
		void *chunk = umsi_load_ptr(&v3->chunk[n]);

		if (chunk)
			umsi_host_free(host, chunk, sizeof(struct umsi_gicv3_chunk));
	}
	if (v3->ids)
		umsi_host_free(host, v3->ids, umsi_ids_bytes(v3->gic.lpis.pool.size));
	umsi_host_free(host, v3->chunk, chunks(v3) * sizeof(*v3->chunk));
}

/*
 * SPIs by message: a device writes the number to GICD_SETSPI_NSR, which makes it
 * pending. The number says all, so a move changes its route and no message.
 * Source: IHI 0069, "Message-based SPIs", "GICD_SETSPI_NSR".
 */
static int add_messages(struct umsi_gic *gic, const struct umsi_gicv3_config *config, uint32_t typer)
{
	int status = config->mbis && !umsi_gicv3_has_messages(typer) ? UMSI_ENOTSUP : UMSI_OK;

	for (uint32_t i = 0; i < config->mbis && !status; i++) {
		struct umsi_gic_frame frame = {
			.phys = config->mbi_alias ? config->mbi_alias : config->distributor,
			.spi_base = config->mbi[i].spi_base, .spis = config->mbi[i].spis,
		};

		status = umsi_gic_add_frame(gic, &frame);
	}
	return status;
}

static int build(struct umsi_gic *gic, const void *from, uint32_t typer)
{
	struct umsi_gicv3 *v3 = (struct umsi_gicv3 *)gic;
	const struct umsi_gicv3_config *config = from;
	int status;

	v3->filling.first = v3->waiting.first = GICV3_NO_ID;
	status = read_sizes(v3, config, typer);
	if (!status)
		status = umsi_gicv3_map_redistributors(v3, config);
	if (!status)
		status = make_table(v3);
	if (!status)
		status = umsi_gicv3_lpis_make(v3);
	return status ? status : add_messages(gic, config, typer);
}

static void dismantle(struct umsi_gic *gic)
{
	struct umsi_gicv3 *v3 = (struct umsi_gicv3 *)gic;

	umsi_gicv3_lpis_free(v3);
	free_table(v3);
	umsi_gicv3_unmap_redistributors(v3);
}

static void route(struct umsi_gic *gic, uint32_t id, umsi_cpu cpu)
{
	umsi_gic_write64(gic->distributor + GICV3_GICD_IROUTER + 8 * id, umsi_gicv3_router(gic->m->cpu[cpu].hw_id));
}

static const struct umsi_gic_kind gicv3 = {
	.bytes = sizeof(struct umsi_gicv3),
	.distributor_bytes = GICV3_GICD_BYTES,
	.off = GICV3_GICD_CTLR_ARE,
	.on = GICV3_GICD_CTLR_ARE | GICV3_GICD_CTLR_GROUP1,
	.busy = GICV3_GICD_CTLR_RWP,
	.groups = true,
	.root_ops = &umsi_gicv3_lpi_ops,
	.message_ops = &umsi_gic_message_ops,
	.build = build,
	.dismantle = dismantle,
	.route = route,
	.send = umsi_gicv3_send,
	.end_locked = umsi_gicv3_end_locked,
	.reap_locked = umsi_gicv3_reap_locked,
	.ask = umsi_gicv3_ask,
};

int umsi_gicv3_create(struct umsi *m, const struct umsi_gicv3_config *config, struct umsi_domain **out)
{
	if (!m || !config || !out || check_config(config))
		return UMSI_EINVAL;
	return umsi_gic_make(m, &gicv3, &(struct umsi_gic_start){ config->distributor, config->timer_id, config->timer },
			     config, out);
}

int umsi_gicv3_destroy(struct umsi_domain *root)
{
	return umsi_gic_unmake(root, &gicv3);
}

int umsi_gicv3_messages(struct umsi_domain *root, struct umsi_domain **out)
{
	if (!out || !umsi_gic_is_root(root, &gicv3))
		return UMSI_EINVAL;
	if (!umsi_gic_of(root)->frames)
		return UMSI_ENOTSUP;
	*out = &umsi_gic_of(root)->messages.domain;
	return UMSI_OK;
}

int umsi_gicv3_count(struct umsi_domain *root, struct umsi_gicv3_lpis *out)
{
	struct umsi_gic *gic;

	if (!out || !umsi_gic_is_root(root, &gicv3))
		return UMSI_EINVAL;
	gic = umsi_gic_of(root);
	out->total = gic->lpis.pool.size;
	out->ending = umsi_load32(&gic->ending);
	out->owned = umsi_load32(&gic->owned) - out->ending;
	return UMSI_OK;
}

int umsi_gicv3_wires(struct umsi_device *dev, struct umsi_table **out)
{
	return umsi_gic_make_wires(dev, &gicv3, out);
}

int umsi_gicv3_ipi_add(struct umsi_domain *root, umsi_ipi_handler handler, void *arg, uint32_t *out_ipi)
{
	return umsi_gic_take_ipi(root, &gicv3, handler, arg, out_ipi);
}

int umsi_gicv3_ipi_send(struct umsi_domain *root, uint32_t ipi, umsi_cpu cpu)
{
	return umsi_gic_send_ipi(root, &gicv3, ipi, cpu);
}
