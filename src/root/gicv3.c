/* SPDX-License-Identifier: MIT */
/* Creating and destroying the GICv3 root: checks, mappings, memory, the pool of LPIs. */
#include "root/gicv3.h"
#include "umsi_arch.h"

static void kick(void *root, umsi_cpu cpu)
{
	umsi_gicv3_send(root, cpu, GICV3_SGI_KICK);
}

static const struct umsi_kick_ops kick_ops = {
	.kick = kick,
};

static int check_config(const struct umsi_gicv3_config *config)
{
	if (!config->distributor || config->distributor % GICV3_GICD_BYTES || !config->regions ||
	    !config->region)
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
	if (config->timer_id && (config->timer_id < GICV3_SGIS || config->timer_id >= GICV3_FIRST_SPI ||
				 !config->timer))
		return UMSI_EINVAL;
	return UMSI_OK;
}

static uint32_t chunks(const struct umsi_gicv3 *gic)
{
	return UINT32_C(1) << (gic->id_bits - GICV3_CHUNK_BITS);
}

/* How many interrupt ids there are; how many of them are used. */
static int read_sizes(struct umsi_gicv3 *gic, const struct umsi_gicv3_config *config)
{
	uint32_t typer = umsi_mmio_read32(gic->distributor + GICV3_GICD_TYPER);
	uint32_t limit = umsi_gicv3_lpi_limit(typer);
	uint32_t pidr2 = umsi_mmio_read32(gic->distributor + GICV3_GICD_PIDR2);

	if (typer == UINT32_MAX)
		return UMSI_EGONE;
	if ((pidr2 >> 4 & 0xf) < 3 || !umsi_gicv3_has_lpis(typer))
		return UMSI_ENOTSUP;
	gic->spis_end = umsi_gicv3_spis_end(typer);
	gic->id_bits = config->id_bits ? config->id_bits : GICV3_ID_BITS_DEFAULT;
	if (gic->id_bits > umsi_gicv3_id_bits(typer))
		gic->id_bits = umsi_gicv3_id_bits(typer);
	if (gic->id_bits < GICV3_ID_BITS_MIN)
		return UMSI_ENOTSUP;
	gic->lpis_end = UINT32_C(1) << gic->id_bits;
	if (limit && limit < gic->lpis_end - GICV3_FIRST_LPI)
		gic->lpis_end = GICV3_FIRST_LPI + limit;
	return UMSI_OK;
}

/* Two chunks for the SPIs; those of LPIs are made when they are first needed. */
static int make_table(struct umsi_gicv3 *gic, struct umsi *m)
{
	uint32_t lpis = gic->lpis_end - GICV3_FIRST_LPI;

	gic->chunk = umsi_host_alloc(m->host, chunks(gic) * sizeof(*gic->chunk));
	if (!gic->chunk)
		return UMSI_ENOMEM;
	gic->ids = umsi_host_alloc(m->host, umsi_ids_bytes(lpis));
	if (!gic->ids)
		return UMSI_ENOMEM;
	umsi_ids_init(&gic->lpis, gic->ids, lpis);
	for (uint32_t n = 0; n < 2; n++) {
		void *chunk = umsi_host_alloc(m->host, sizeof(struct umsi_gicv3_chunk));

		if (!chunk)
			return UMSI_ENOMEM;
		umsi_store_ptr(&gic->chunk[n], chunk);
	}
	return UMSI_OK;
}

static void free_table(struct umsi_gicv3 *gic, struct umsi *m)
{
	if (!gic->chunk)
		return;
	for (uint32_t n = 0; n < chunks(gic); n++) {
		void *chunk = umsi_load_ptr(&gic->chunk[n]);

		if (chunk)
			umsi_host_free(m->host, chunk, sizeof(struct umsi_gicv3_chunk));
	}
	if (gic->ids)
		umsi_host_free(m->host, gic->ids, umsi_ids_bytes(gic->lpis.size));
	umsi_host_free(m->host, gic->chunk, chunks(gic) * sizeof(*gic->chunk));
}

static int build(struct umsi_gicv3 *gic, struct umsi *m, const struct umsi_gicv3_config *config)
{
	int status;

	gic->lpi = (struct umsi_gicv3_domain){ .domain.m = m, .gic = gic };
	gic->wires = (struct umsi_gicv3_domain){
		.domain = { .ops = &umsi_gicv3_wire_ops, .m = m }, .gic = gic,
	};
	umsi_domain_put_under(&gic->wires.domain, NULL);
	gic->timer_id = config->timer_id;
	gic->timer = config->timer;
	gic->ipis.limit = GICV3_IPIS_MAX;
	gic->filling.first = gic->waiting.first = GICV3_NO_ID;
	gic->cpu = umsi_host_alloc(m->host, m->ncpus * sizeof(*gic->cpu));
	gic->distributor = umsi_host_mmio_map(m->host, config->distributor, GICV3_GICD_BYTES);
	if (!gic->cpu || !gic->distributor)
		return UMSI_ENOMEM;
	status = read_sizes(gic, config);
	if (!status)
		status = umsi_gicv3_map_redistributors(gic, config);
	if (!status)
		status = make_table(gic, m);
	if (!status)
		status = umsi_gicv3_lpis_make(gic);
	if (!status)
		status = umsi_gicv3_messages_make(gic, config);
	return status ? status : umsi_gicv3_reset(gic);
}

static void dismantle(struct umsi_gicv3 *gic, struct umsi *m)
{
	if (gic->cpu)
		umsi_gicv3_lpis_free(gic);
	umsi_gicv3_messages_free(gic);
	free_table(gic, m);
	umsi_gicv3_unmap_redistributors(gic);
	if (gic->distributor)
		umsi_host_mmio_unmap(m->host, (void *)gic->distributor, GICV3_GICD_BYTES);
	if (gic->cpu)
		umsi_host_free(m->host, gic->cpu, m->ncpus * sizeof(*gic->cpu));
	umsi_host_free(m->host, gic, sizeof(*gic));
}

int umsi_gicv3_create(struct umsi *m, const struct umsi_gicv3_config *config,
		      struct umsi_domain **out)
{
	struct umsi_gicv3 *gic;
	int status;

	if (!m || !config || !out)
		return UMSI_EINVAL;
	status = check_config(config);
	if (status)
		return status;
	if (m->kick_ops)
		return UMSI_EEXIST;
	gic = umsi_host_alloc(m->host, sizeof(*gic));
	if (!gic)
		return UMSI_ENOMEM;
	status = build(gic, m, config);
	if (status) {
		dismantle(gic, m);
		return status;
	}
	m->kick_ops = &kick_ops;
	m->kick_root = gic;
	umsi_domain_add(m, &gic->lpi.domain, NULL, &umsi_gicv3_lpi_ops);
	*out = &gic->lpi.domain;
	return UMSI_OK;
}

int umsi_gicv3_destroy(struct umsi_domain *root)
{
	struct umsi_gicv3 *gic;
	struct umsi *m;
	int status;

	if (!root || root->ops != &umsi_gicv3_lpi_ops)
		return UMSI_EINVAL;
	gic = umsi_gicv3_of(root);
	m = root->m;
	if (umsi_load32_acquire(&gic->messages.domain.users))
		return UMSI_EBUSY;
	status = umsi_domain_remove(root);
	if (status)
		return status;
	m->kick_ops = NULL;
	m->kick_root = NULL;
	umsi_gicv3_drop_ending(gic);
	umsi_mmio_write32(gic->distributor + GICV3_GICD_CTLR, GICV3_GICD_CTLR_ARE);
	dismantle(gic, m);
	return UMSI_OK;
}
