/* SPDX-License-Identifier: MIT */
/* Creating and destroying the GIC root: checks, mappings, the pool of numbers. */
#include "root/gic.h"
#include "umsi_arch.h"

static void kick(void *root, umsi_cpu cpu)
{
	umsi_gic_send(root, cpu, GIC_SGI_KICK);
}

static const struct umsi_kick_ops kick_ops = {
	.kick = kick,
};

static int check_config(const struct umsi *m, const struct umsi_gic_config *config)
{
	if (config->version != 2)
		return UMSI_ENOTSUP;
	if (!config->distributor || config->distributor % GICD_BYTES || !config->cpu_interface ||
	    config->cpu_interface % GICD_BYTES)
		return UMSI_EINVAL;
	if (config->timer_id && (config->timer_id < GIC_SGIS || config->timer_id >= GIC_FIRST_SPI ||
				 !config->timer))
		return UMSI_EINVAL;
	if (m->ncpus > UMSI_GIC_CPUS_MAX || config->frames > UMSI_GIC_FRAMES_MAX)
		return UMSI_ERANGE;
	return UMSI_OK;
}

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

/* Its SPIs become free. UMSI_ERANGE: not there, or another frame's. */
static int add_frame(struct umsi_gic *gic, const struct umsi_gic_frame *f)
{
	if (f->spi_base < GIC_FIRST_SPI || f->spi_base >= gic->ids || !f->spis ||
	    f->spis > gic->ids - f->spi_base)
		return UMSI_ERANGE;
	for (uint32_t id = f->spi_base; id < f->spi_base + f->spis; id++) {
		if (umsi_ids_is_free(&gic->pool, id))
			return UMSI_ERANGE;
		umsi_ids_give(&gic->pool, id);
	}
	gic->frame[gic->frames++] = *f;
	return UMSI_OK;
}

static int add_frames(struct umsi_gic *gic, struct umsi *m, const struct umsi_gic_config *config)
{
	int status = UMSI_OK;

	while (!status && umsi_ids_take(&gic->pool) != UMSI_IDS_NONE)
		;
	for (uint32_t i = 0; !status && i < config->frames; i++) {
		struct umsi_gic_frame f = config->frame[i];

		status = ask_frame(m, &f);
		if (!status)
			status = add_frame(gic, &f);
	}
	return status;
}

static void unmap(struct umsi_gic *gic, struct umsi *m)
{
	if (gic->cpu_interface)
		umsi_host_mmio_unmap(m->host, (void *)gic->cpu_interface, GICC_BYTES);
	if (gic->distributor)
		umsi_host_mmio_unmap(m->host, (void *)gic->distributor, GICD_BYTES);
}

/* One allocation: the root, then the pool. */
static size_t gic_bytes(void)
{
	return sizeof(struct umsi_gic) + umsi_ids_bytes(GIC_FIRST_SPECIAL);
}

static int build(struct umsi_gic *gic, struct umsi *m, const struct umsi_gic_config *config)
{
	uint32_t typer;
	int status;

	gic->messages.gic = gic;
	gic->messages.domain.m = m;
	gic->wires.gic = gic;
	gic->wires.domain = (struct umsi_domain){ .ops = &umsi_gic_wire_ops, .m = m };
	umsi_domain_put_under(&gic->wires.domain, NULL);
	gic->timer_id = config->timer_id;
	gic->timer = config->timer;
	gic->ipis.limit = GIC_IPIS_MAX;
	umsi_ids_init(&gic->pool, gic + 1, GIC_FIRST_SPECIAL);
	gic->distributor = umsi_host_mmio_map(m->host, config->distributor, GICD_BYTES);
	gic->cpu_interface = umsi_host_mmio_map(m->host, config->cpu_interface, GICC_BYTES);
	if (!gic->distributor || !gic->cpu_interface)
		return UMSI_ENOMEM;
	typer = umsi_mmio_read32(gic->distributor + GICD_TYPER);
	if (typer == UINT32_MAX)
		return UMSI_EGONE;
	gic->ids = umsi_gic_ids(typer);
	status = add_frames(gic, m, config);
	if (status)
		return status;
	umsi_gic_reset(gic);
	return UMSI_OK;
}

int umsi_gic_create(struct umsi *m, const struct umsi_gic_config *config,
		    struct umsi_domain **out)
{
	struct umsi_gic *gic;
	int status;

	if (!m || !config || !out)
		return UMSI_EINVAL;
	status = check_config(m, config);
	if (status)
		return status;
	if (m->kick_ops)
		return UMSI_EEXIST;
	gic = umsi_host_alloc(m->host, gic_bytes());
	if (!gic)
		return UMSI_ENOMEM;
	status = build(gic, m, config);
	if (status) {
		unmap(gic, m);
		umsi_host_free(m->host, gic, gic_bytes());
		return status;
	}
	m->kick_ops = &kick_ops;
	m->kick_root = gic;
	umsi_domain_add(m, &gic->messages.domain, NULL, &umsi_gic_message_ops);
	*out = &gic->messages.domain;
	return UMSI_OK;
}

/* Numbers that were ending count as quiet: this root's traps are over. */
static void drop_ending(struct umsi_gic *gic)
{
	for (uint32_t id = GIC_FIRST_SPI; id < gic->ids; id++) {
		struct umsi_record *r = umsi_load_ptr(&gic->record[id]);

		if (r)
			umsi_record_put(r);
	}
}

int umsi_gic_destroy(struct umsi_domain *root)
{
	struct umsi_gic *gic;
	struct umsi *m;
	int status;

	if (!root || root->ops != &umsi_gic_message_ops)
		return UMSI_EINVAL;
	gic = umsi_gic_of(root);
	m = root->m;
	status = umsi_domain_remove(root);
	if (status)
		return status;
	m->kick_ops = NULL;
	m->kick_root = NULL;
	umsi_mmio_write32(gic->distributor + GICD_CTLR, 0);
	drop_ending(gic);
	unmap(gic, m);
	umsi_host_free(m->host, gic, gic_bytes());
	return UMSI_OK;
}
