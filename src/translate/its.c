/* SPDX-License-Identifier: MIT */
/* Creating and destroying an ITS: bringing it to rest, its memory, on again. */
#include "translate/its.h"

#include "core/deadline.h"
#include "umsi_arch.h"
#include "umsi_icc.h"

#define SHARED_EVENTS	64u
#define TIMEOUT_NS	UINT64_C(1000000000)

static int check_config(const struct umsi *m, const struct umsi_domain *root, const struct umsi_its_config *config)
{
	if (root->m != m || root->parent || !config->phys || config->phys % GITS_BYTES ||
	    config->maps > UMSI_ITS_MAPS_MAX || (config->queue_commands &&
	    (config->queue_commands < ITS_QUEUE_COMMANDS_MIN || config->queue_commands > ITS_QUEUE_COMMANDS ||
	     config->queue_commands & (config->queue_commands - 1))))
		return UMSI_EINVAL;
	return UMSI_OK;
}

/* "GITS_CTLR.Quiescent": base registers change only when it is disabled and at rest. */
int umsi_its_rest(struct umsi_its *its)
{
	struct umsi_deadline wait = umsi_deadline_in(its->domain.m->host, its->timeout_ns);

	its->ours = true;
	umsi_mmio_write32(its->frame + GITS_CTLR, umsi_mmio_read32(its->frame + GITS_CTLR) & ~GITS_CTLR_ENABLED);
	while (!(umsi_mmio_read32(its->frame + GITS_CTLR) & GITS_CTLR_QUIESCENT))
		if (!umsi_deadline_left(&wait))
			return UMSI_ETIMEOUT;
	umsi_barrier_flush_to_stamp();
	return UMSI_OK;
}

static int identify(struct umsi_its *its)
{
	uint32_t pidr2 = umsi_mmio_read32(its->frame + GITS_PIDR2);

	if (pidr2 == UINT32_MAX)
		return UMSI_EGONE;
	its->iidr = umsi_mmio_read32(its->frame + GITS_IIDR);
	its->typer = umsi_gic_read64(its->frame + GITS_TYPER);
	if (umsi_its_architecture(pidr2) < 3 || !umsi_its_is_physical(its->typer))
		return UMSI_ENOTSUP;
	its->event_bits = umsi_its_event_bits(its->typer);
	if (its->event_bits > 16)
		its->event_bits = 16;
	its->entry_bytes = umsi_its_entry_bytes(its->typer);
	its->device_ids = UINT64_C(1) << umsi_its_device_bits(its->typer);
	its->by_address = umsi_its_targets_addresses(its->typer);
	its->cache = GITS_CACHE_WRITE_BACK;
	umsi_its_quirks(its);
	return UMSI_OK;
}

int umsi_its_enable(struct umsi_its *its)
{
	uint32_t ctlr = umsi_mmio_read32(its->frame + GITS_CTLR);

	umsi_mmio_write32(its->frame + GITS_CTLR, ctlr | GITS_CTLR_ENABLED);
	return umsi_mmio_read32(its->frame + GITS_CTLR) & GITS_CTLR_ENABLED ? UMSI_OK : UMSI_EREFUSED;
}

static int bring_up(struct umsi_its *its)
{
	int status = identify(its);

	if (!status)
		status = umsi_its_rest(its);
	if (!status)
		status = umsi_its_queue_make(its);
	if (!status)
		status = umsi_its_tables_make(its);
	return status ? status : umsi_its_enable(its);
}

static void dismantle(struct umsi_its *its)
{
	struct umsi *m = its->domain.m;
	/* What was not touched yet has nothing of ours. */
	bool quiet = !its->ours || !umsi_its_rest(its);

	if (quiet) {
		umsi_its_tables_free(its);
		umsi_its_queue_free(its);
	} else {
		umsi_host_log(m->host, UMSI_LOG_WARN, "its: does not come to rest: its memory is left to it");
	}
	umsi_its_free_stranded(its, quiet);
	if (its->frame)
		umsi_host_mmio_unmap(m->host, (void *)its->frame, GITS_BYTES);
	umsi_host_free(m->host, its, sizeof(*its));
}

static void copy_config(struct umsi_its *its, struct umsi *m, const struct umsi_its_config *config)
{
	its->domain.m = m;
	its->phys = config->phys;
	its->node = config->node;
	its->coherent = true;
	its->shared_events = config->shared_events ? config->shared_events : SHARED_EVENTS;
	its->timeout_ns = config->timeout_ns ? config->timeout_ns : TIMEOUT_NS;
	its->queue.commands = config->queue_commands ? config->queue_commands : ITS_QUEUE_COMMANDS;
	its->map_doorbell = config->map_doorbell;
	its->maps = config->maps;
	for (uint32_t i = 0; i < config->maps; i++)
		its->map[i] = config->map[i];
}

int umsi_its_create(struct umsi *m, struct umsi_domain *root, const struct umsi_its_config *config,
		    struct umsi_domain **out)
{
	struct umsi_its *its;
	int status;

	if (!m || !root || !config || !out)
		return UMSI_EINVAL;
	status = check_config(m, root, config);
	if (status)
		return status;
	its = umsi_host_alloc(m->host, sizeof(*its));
	if (!its)
		return UMSI_ENOMEM;
	copy_config(its, m, config);
	its->frame = umsi_host_mmio_map(m->host, config->phys, GITS_BYTES);
	status = its->frame ? bring_up(its) : UMSI_ENOMEM;
	if (status) {
		dismantle(its);
		return status;
	}
	umsi_domain_add(m, &its->domain, root, &umsi_its_ops);
	*out = &its->domain;
	return UMSI_OK;
}

int umsi_its_destroy(struct umsi_domain *d)
{
	int status;

	if (!d || d->ops != &umsi_its_ops)
		return UMSI_EINVAL;
	status = umsi_domain_remove(d);
	if (status)
		return status;
	dismantle(umsi_its_of(d));
	return UMSI_OK;
}
