/* SPDX-License-Identifier: MIT */
/*
 * One unit: taking it over, enabling, resuming, ending; its registers.
 * Source: Intel VT-d, "Global Command Register", "Interrupt Remapping Table
 * Address Register", "Queued Invalidation Interface", "Programming in
 * Remapping Hardware": each command is one bit, confirmed in the status
 * register before the next.
 */
#include "translate/vtd.h"

#include "core/deadline.h"
#include "umsi_wide.h"

#define CONFIRM_NS	50000000u
#define ENTRIES_MAX	65536u
#define PAGE		4096u
#define GONE32		UINT32_MAX

/* ---- Registers ---- */

uint32_t umsi_vtd_read32(const struct umsi_vtd *v, uint32_t offset)
{
	return umsi_mmio_read32(v->regs + offset);
}

void umsi_vtd_write32(const struct umsi_vtd *v, uint32_t offset, uint32_t value)
{
	umsi_mmio_write32(v->regs + offset, value);
}

uint64_t umsi_vtd_read64(const struct umsi_vtd *v, uint32_t offset)
{
	uint32_t low = umsi_vtd_read32(v, offset);

	return low | (uint64_t)umsi_vtd_read32(v, offset + 4) << 32;
}

void umsi_vtd_write64(const struct umsi_vtd *v, uint32_t offset, uint64_t value)
{
	umsi_vtd_write32(v, offset, (uint32_t)value);
	umsi_vtd_write32(v, offset + 4, (uint32_t)(value >> 32));
}

void umsi_vtd_log(struct umsi_vtd *v, const char *what, const char *name, uint64_t number)
{
	struct umsi_text t;

	umsi_text_begin(&t, "umsi: vt-d");
	umsi_text_add(&t, " unit ");
	umsi_text_hex(&t, v->phys);
	umsi_text_add(&t, " ");
	umsi_text_add(&t, what);
	umsi_text_add(&t, " ");
	umsi_text_add(&t, name);
	umsi_text_add(&t, "=");
	umsi_text_hex(&t, number);
	umsi_host_log(v->domain.m->host, UMSI_LOG_ERROR, t.line);
}

/* One bit of the command register on or off, and its confirmation. */
static int command(struct umsi_vtd *v, uint32_t bit, bool on)
{
	struct umsi_deadline wait = umsi_deadline_in(v->domain.m->host, CONFIRM_NS);
	uint32_t states = umsi_vtd_read32(v, VTD_GSTS) & VTD_GSTS_STATES;

	umsi_vtd_write32(v, VTD_GCMD, on ? states | bit : states & ~bit);
	while (!(umsi_vtd_read32(v, VTD_GSTS) & bit) == on) {
		if (umsi_deadline_left(&wait))
			continue;
		umsi_vtd_log(v, on ? "status does not confirm: set" : "status does not confirm: clear",
			     "gcmd_bit", bit);
		return UMSI_ETIMEOUT;
	}
	return UMSI_OK;
}

static int turn_off(struct umsi_vtd *v, uint32_t bit)
{
	return umsi_vtd_read32(v, VTD_GSTS) & bit ? command(v, bit, false) : UMSI_OK;
}

/* ---- Enabling ---- */

static void forget_faults(struct umsi_vtd *v)
{
	uint32_t at = umsi_vtd_fault_offset(v->cap);

	for (uint32_t i = 0; i < umsi_vtd_fault_registers(v->cap); i++)
		umsi_vtd_write32(v, at + i * 16 + 12, VTD_FRCD_F);
	umsi_vtd_write32(v, VTD_FSTS, VTD_FSTS_CLEARED);
}

static int start_queue(struct umsi_vtd *v)
{
	umsi_vtd_queue_reset(v);
	umsi_barrier_publish_to_message();
	umsi_vtd_write64(v, VTD_IQT, 0);
	umsi_vtd_write64(v, VTD_IQA, v->queue_bus);
	return command(v, VTD_QIE, true);
}

/*
 * "Compatibility Format Interrupts": effective only while remapping is enabled
 * without 32-bit ids, where they are blocked in any case. A pointer that was
 * set takes effect with the global invalidation.
 */
static int enable(struct umsi_vtd *v)
{
	int status;

	if ((status = turn_off(v, VTD_IRE)) || (status = turn_off(v, VTD_QIE)))
		return status;
	forget_faults(v);
	if ((status = start_queue(v)))
		return status;
	umsi_vtd_write64(v, VTD_IRTA, umsi_vtd_irta(v->table_bus, v->log2_entries, v->eim));
	if ((status = command(v, VTD_SIRTP, true)) || (status = umsi_vtd_invalidate_all(v)) ||
	    (status = command(v, VTD_IRE, true)) || (status = turn_off(v, VTD_CFI)))
		return status;
	return umsi_vtd_read32(v, VTD_GSTS) & VTD_CFI ? UMSI_EREFUSED : UMSI_OK;
}

static int disable(struct umsi_vtd *v)
{
	int status = turn_off(v, VTD_IRE);

	return status ? status : turn_off(v, VTD_QIE);
}

/* ---- Memory ---- */

static size_t table_bytes(const struct umsi_vtd *v)
{
	return (size_t)v->entries * VTD_IRTE_BYTES;
}

/* "If the table is larger than 4 KB it must be size-aligned." */
static size_t table_align(const struct umsi_vtd *v)
{
	return table_bytes(v) > PAGE ? table_bytes(v) : PAGE;
}

static size_t status_bytes(void)
{
	return VTD_REQUESTS * sizeof(umsi_atomic32);
}

static size_t ids_bytes(const struct umsi_vtd *v)
{
	return umsi_ids_bytes(v->entries) + (v->entries + 63) / 64 * sizeof(uint64_t);
}

static void give_memory(struct umsi_vtd *v)
{
	void *host = v->domain.m->host;

	if (v->table)
		umsi_host_dma_free(host, v->table, table_bytes(v), table_align(v));
	if (v->queue)
		umsi_host_dma_free(host, v->queue, VTD_QUEUE_BYTES, PAGE);
	if (v->status)
		umsi_host_dma_free(host, v->status, status_bytes(), PAGE);
	if (v->ids_memory)
		umsi_host_free(host, v->ids_memory, ids_bytes(v));
}

static int take_memory(struct umsi_vtd *v)
{
	void *host = v->domain.m->host;

	v->table = umsi_host_dma_alloc(host, table_bytes(v), table_align(v), &v->table_bus);
	v->queue = umsi_host_dma_alloc(host, VTD_QUEUE_BYTES, PAGE, &v->queue_bus);
	v->status = umsi_host_dma_alloc(host, status_bytes(), PAGE, &v->status_bus);
	v->ids_memory = umsi_host_alloc(host, ids_bytes(v));
	if (!v->table || !v->queue || !v->status || !v->ids_memory) {
		give_memory(v);
		return UMSI_ENOMEM;
	}
	umsi_ids_init(&v->ids, v->ids_memory, v->entries);
	v->stale = (uint64_t *)((char *)v->ids_memory + umsi_ids_bytes(v->entries));
	return UMSI_OK;
}

/* ---- Creation ---- */

static int check_unit(struct umsi_vtd *v)
{
	if (umsi_vtd_read32(v, VTD_VER) == GONE32)
		return UMSI_EGONE;
	v->cap = umsi_vtd_read64(v, VTD_CAP);
	v->ecap = umsi_vtd_read64(v, VTD_ECAP);
	if (!(v->ecap & VTD_ECAP_IR) || !(v->ecap & VTD_ECAP_QI) ||
	    (v->eim && !(v->ecap & VTD_ECAP_EIM)))
		return UMSI_ENOTSUP;
	/* Where the fault registers are, must be inside the page. */
	return umsi_vtd_fault_offset(v->cap) + umsi_vtd_fault_registers(v->cap) * 16 > VTD_WINDOW_BYTES ?
	       UMSI_ENOTSUP : UMSI_OK;
}

static bool any_online(const struct umsi *m)
{
	for (umsi_cpu i = 0; i < m->ncpus; i++)
		if (umsi_load32(&m->cpu[i].online))
			return true;
	return false;
}

static int check_config(const struct umsi *m, const struct umsi_vtd_config *c)
{
	if (!c->phys || c->phys % PAGE)
		return UMSI_EINVAL;
	if (c->entries && (c->entries < 2 || c->entries > ENTRIES_MAX || c->entries & (c->entries - 1)))
		return UMSI_ERANGE;
	/* Before APICs change mode: the unit must read 32-bit ids first. */
	return c->x2apic && any_online(m) ? UMSI_ESTATE : UMSI_OK;
}

static struct umsi_vtd *new_unit(struct umsi *m, const struct umsi_vtd_config *config)
{
	struct umsi_vtd *v = umsi_host_alloc(m->host, sizeof(*v));

	if (!v)
		return NULL;
	v->domain.m = m;
	v->phys = config->phys;
	v->eim = config->x2apic;
	v->wide = umsi_arch_has_exchange128() && !config->no_wide_exchange;
	v->entries = config->entries ? config->entries : ENTRIES_MAX;
	while (UINT32_C(1) << v->log2_entries < v->entries)
		v->log2_entries++;
	return v;
}

static int build(struct umsi_vtd *v)
{
	int status = check_unit(v);

	if (status)
		return status;
	status = take_memory(v);
	if (status)
		return status;
	status = enable(v);
	if (!status)
		return UMSI_OK;
	/* It may still read what it was given: then that is not given back. */
	if (!disable(v))
		give_memory(v);
	return status;
}

int umsi_vtd_create(struct umsi_domain *parent, const struct umsi_vtd_config *config,
		    struct umsi_domain **out)
{
	struct umsi_vtd *v;
	struct umsi *m;
	int status;

	if (!parent || !config || !out)
		return UMSI_EINVAL;
	m = parent->m;
	status = check_config(m, config);
	if (status)
		return status;
	v = new_unit(m, config);
	if (!v)
		return UMSI_ENOMEM;
	v->regs = umsi_host_mmio_map(m->host, v->phys, VTD_WINDOW_BYTES);
	status = v->regs ? build(v) : UMSI_ENOMEM;
	if (status) {
		if (v->regs)
			umsi_host_mmio_unmap(m->host, v->regs, VTD_WINDOW_BYTES);
		umsi_host_free(m->host, v, sizeof(*v));
		return status;
	}
	umsi_domain_add(m, &v->domain, parent, &umsi_vtd_ops);
	*out = &v->domain;
	return UMSI_OK;
}

int umsi_vtd_destroy(struct umsi_domain *domain)
{
	struct umsi_vtd *v;
	struct umsi *m;
	int status;

	if (!domain || domain->ops != &umsi_vtd_ops)
		return UMSI_EINVAL;
	v = umsi_vtd_of(domain);
	m = domain->m;
	status = umsi_domain_remove(domain);
	if (status)
		return status;
	status = disable(v);
	if (!status)
		give_memory(v);
	umsi_host_mmio_unmap(m->host, v->regs, VTD_WINDOW_BYTES);
	umsi_host_free(m->host, v, sizeof(*v));
	return status;
}

/* Turning it off and on again would let messages of devices that are awake pass untranslated. */
static bool kept_all(const struct umsi_vtd *v)
{
	uint32_t states = umsi_vtd_read32(v, VTD_GSTS);

	return states & VTD_IRE && states & VTD_QIE && (v->eim || !(states & VTD_CFI)) &&
	       umsi_vtd_read64(v, VTD_IQA) == v->queue_bus &&
	       umsi_vtd_read64(v, VTD_IRTA) == umsi_vtd_irta(v->table_bus, v->log2_entries, v->eim);
}

int umsi_vtd_restore(struct umsi_domain *domain)
{
	struct umsi_vtd *v = umsi_vtd_of(domain);

	/* Whatever kept it silent before. */
	umsi_store32(&v->silent, 0);
	return kept_all(v) ? umsi_vtd_invalidate_all(v) : enable(v);
}

int umsi_vtd_resume(struct umsi_domain *domain)
{
	if (!domain || domain->ops != &umsi_vtd_ops)
		return UMSI_EINVAL;
	return umsi_vtd_restore(domain);
}

int umsi_vtd_stats_read(struct umsi_domain *domain, struct umsi_vtd_stats *out)
{
	struct umsi_vtd *v;
	uintptr_t state;

	if (!domain || domain->ops != &umsi_vtd_ops || !out)
		return UMSI_EINVAL;
	v = umsi_vtd_of(domain);
	state = umsi_lock(domain->m, &v->lock);
	*out = (struct umsi_vtd_stats){
		.entries = v->entries, .used = v->entries - umsi_ids_free_count(&v->ids),
		.lost = v->lost, .faults = v->faults, .overflows = v->overflows,
	};
	umsi_unlock(domain->m, &v->lock, state);
	out->invalidations = umsi_load64(&v->invalidations);
	out->timeouts = umsi_load64(&v->timeouts);
	return UMSI_OK;
}
