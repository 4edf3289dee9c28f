/* SPDX-License-Identifier: MIT */
/* Memory of the LPIs: how each is configured, and what each redistributor has pending. */
#include "root/gicv3.h"
#include "umsi_arch.h"

#define CONFIG_ALIGN	0x1000u

static size_t config_bytes(const struct umsi_gicv3 *v3)
{
	return (size_t)(UINT32_C(1) << v3->id_bits) - GIC_FIRST_LPI;
}

/* A bit for every id, also those below the first LPI. */
static size_t pending_bytes(const struct umsi_gicv3 *v3)
{
	return (size_t)1 << (v3->id_bits - 3);
}

int umsi_gicv3_lpis_make(struct umsi_gicv3 *v3)
{
	struct umsi *m = v3->gic.m;

	v3->config = umsi_host_dma_alloc(m->host, config_bytes(v3), CONFIG_ALIGN, &v3->config_bus);
	if (!v3->config)
		return UMSI_ENOMEM;
	for (size_t i = 0; i < config_bytes(v3) / 4; i++)
		umsi_store32(&v3->config[i], GICV3_LPI_DISABLED * UINT32_C(0x01010101));
	umsi_gicv3_config_clean(v3);
	for (umsi_cpu cpu = 0; cpu < m->ncpus; cpu++) {
		struct umsi_gic_cpu *c = &v3->gic.cpu[cpu];

		c->pending = umsi_host_dma_alloc(m->host, pending_bytes(v3), GICR_PENDING_ALIGN,
						 &c->pending_bus);
		if (!c->pending)
			return UMSI_ENOMEM;
	}
	return UMSI_OK;
}

void umsi_gicv3_lpis_free(struct umsi_gicv3 *v3)
{
	struct umsi *m = v3->gic.m;
	bool forgotten = true;

	for (umsi_cpu cpu = 0; cpu < m->ncpus; cpu++) {
		struct umsi_gic_cpu *c = &v3->gic.cpu[cpu];

		if (c->lpis_on && !umsi_gicv3_redistributor_forget(v3, c))
			forgotten = false;
		else if (c->pending)
			umsi_host_dma_free(m->host, c->pending, pending_bytes(v3), GICR_PENDING_ALIGN);
	}
	if (!forgotten)
		umsi_host_log(m->host, UMSI_LOG_WARN,
			      "gicv3: redistributors cannot be told to forget their LPI tables: memory is left to them");
	else if (v3->config)
		umsi_host_dma_free(m->host, v3->config, config_bytes(v3), CONFIG_ALIGN);
}

void umsi_gicv3_config_clean(struct umsi_gicv3 *v3)
{
	umsi_host_cache_clean(v3->gic.m->host, v3->config, config_bytes(v3));
}

void umsi_gicv3_pending_clear(struct umsi_gicv3 *v3, struct umsi_gic_cpu *c, bool coherent)
{
	__builtin_memset(c->pending, 0, pending_bytes(v3));
	if (!coherent)
		umsi_host_cache_clean(v3->gic.m->host, c->pending, pending_bytes(v3));
}

/* One read-modify-write: the neighbours in the word change at the same time. */
void umsi_gicv3_lpi_configure(struct umsi_gicv3 *v3, uint32_t lpi, bool enabled)
{
	uint32_t at = lpi - GIC_FIRST_LPI;
	umsi_atomic32 *word = &v3->config[at / 4];
	uint32_t bit = UINT32_C(1) << 8 * (at % 4);

	if (enabled)
		umsi_fetch_or32(word, bit);
	else
		umsi_fetch_and32(word, ~bit);
	if (umsi_load32_acquire(&v3->gic.incoherent))
		umsi_host_cache_clean(v3->gic.m->host, word, sizeof(*word));
}
