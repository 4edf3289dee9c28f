/* SPDX-License-Identifier: MIT */
/*
 * One unit: taking it over, enabling, resuming, ending; its registers.
 * Source: AMD IOMMU Specification, "MMIO Registers", "IOMMU Control Register",
 * "IOMMU Status Register", "Software Initialization".
 */
#include "translate/amd_vi.h"

#include "core/deadline.h"
#include "umsi_wide.h"

#define CONFIRM_NS	50000000u
#define PAGE		4096u
#define GONE64		UINT64_MAX

/* ---- Registers ---- */

uint32_t umsi_amd_read32(const struct umsi_amd_vi *v, uint32_t offset)
{
	return umsi_mmio_read32(v->regs + offset);
}

void umsi_amd_write32(const struct umsi_amd_vi *v, uint32_t offset, uint32_t value)
{
	umsi_mmio_write32(v->regs + offset, value);
}

uint64_t umsi_amd_read64(const struct umsi_amd_vi *v, uint32_t offset)
{
	uint32_t low = umsi_amd_read32(v, offset);

	return low | (uint64_t)umsi_amd_read32(v, offset + 4) << 32;
}

/* Bases take effect with their upper half. */
void umsi_amd_write64(const struct umsi_amd_vi *v, uint32_t offset, uint64_t value)
{
	umsi_amd_write32(v, offset, (uint32_t)value);
	umsi_amd_write32(v, offset + 4, (uint32_t)(value >> 32));
}

/* Formats change while it is off: the half that enables is written last, or first to disable. */
static void start_with(const struct umsi_amd_vi *v, uint64_t value)
{
	umsi_amd_write32(v, AMD_CONTROL + 4, (uint32_t)(value >> 32));
	umsi_amd_write32(v, AMD_CONTROL, (uint32_t)value);
}

void umsi_amd_log(struct umsi_amd_vi *v, const char *what, const char *name, uint64_t number)
{
	struct umsi_text t;

	umsi_text_begin(&t, "umsi: amd-vi unit ");
	umsi_text_hex(&t, v->phys);
	umsi_text_add(&t, " ");
	umsi_text_add(&t, what);
	umsi_text_add(&t, " ");
	umsi_text_add(&t, name);
	umsi_text_add(&t, "=");
	umsi_text_hex(&t, number);
	umsi_host_log(v->domain.m->host, UMSI_LOG_ERROR, t.line);
}

/* ---- Enabling ---- */

static int wait_status(struct umsi_amd_vi *v, uint32_t bits, bool on)
{
	struct umsi_deadline wait = umsi_deadline_in(v->domain.m->host, CONFIRM_NS);

	while ((umsi_amd_read32(v, AMD_STATUS) & bits) != (on ? bits : 0)) {
		if (umsi_deadline_left(&wait))
			continue;
		umsi_amd_log(v, on ? "does not start: status is not" : "does not stop: status is still",
			     "bits", bits);
		return UMSI_ETIMEOUT;
	}
	return UMSI_OK;
}

/* What firmware enabled for interrupts of its own stays in the control register. */
static uint64_t control_off(const struct umsi_amd_vi *v)
{
	return umsi_amd_read64(v, AMD_CONTROL) &
	       ~(AMD_CONTROL_ENABLE | AMD_CONTROL_EVENTS | AMD_CONTROL_COMMANDS | AMD_CONTROL_GA |
		 AMD_CONTROL_XT | AMD_CONTROL_2K);
}

static int disable(struct umsi_amd_vi *v)
{
	uint64_t control = umsi_amd_read64(v, AMD_CONTROL);

	/* The buffers first: they are only looked at while the unit is enabled. */
	umsi_amd_write32(v, AMD_CONTROL, (uint32_t)(control & ~(AMD_CONTROL_EVENTS | AMD_CONTROL_COMMANDS)));
	umsi_amd_write64(v, AMD_CONTROL, control_off(v));
	return wait_status(v, AMD_STATUS_COMMANDS_RUN | AMD_STATUS_EVENTS_RUN, false);
}

static uint64_t device_table_register(const struct umsi_amd_vi *v)
{
	return v->device_table_bus | (v->devices * AMD_DTE_BYTES / PAGE - 1);
}

static void set_bases(struct umsi_amd_vi *v)
{
	umsi_amd_commands_reset(v);
	v->event_head = 0;
	umsi_barrier_publish_to_message();
	umsi_amd_write64(v, AMD_DEVICE_TABLE, device_table_register(v));
	umsi_amd_write64(v, AMD_COMMAND_BASE, umsi_amd_ring(v->commands_bus, AMD_COMMANDS_LOG2));
	umsi_amd_write64(v, AMD_EVENT_BASE, umsi_amd_ring(v->event_log_bus, AMD_EVENTS_LOG2));
	umsi_amd_write32(v, AMD_COMMAND_HEAD, 0);
	umsi_amd_write32(v, AMD_COMMAND_TAIL, 0);
	umsi_amd_write32(v, AMD_EVENT_HEAD, 0);
	umsi_amd_write32(v, AMD_EVENT_TAIL, 0);
}

/* Ids that are forgotten for one wait: a quarter of the command buffer. */
#define FORGET_IDS	64u

/* Its copies of former tables are forgotten: at once, or id by id where it cannot do that. */
static int forget_all(struct umsi_amd_vi *v)
{
	uint64_t command[2 * FORGET_IDS] = { umsi_amd_invalidate_all() };
	int status = UMSI_OK;
	uint32_t n = 0;

	if (v->features & AMD_FEATURE_INVALIDATE_ALL)
		return umsi_amd_command(v, command, 1);
	for (uint32_t id = 0; !status && id < v->devices; id++) {
		command[n++] = umsi_amd_invalidate_device((uint16_t)id);
		command[n++] = umsi_amd_invalidate_interrupts((uint16_t)id);
		if (n < 2 * FORGET_IDS && id + 1 < v->devices)
			continue;
		status = umsi_amd_command(v, command, n);
		n = 0;
	}
	return status;
}

static int enable(struct umsi_amd_vi *v)
{
	uint64_t control;
	int status = disable(v);

	if (status)
		return status;
	set_bases(v);
	control = control_off(v) | AMD_CONTROL_ENABLE | AMD_CONTROL_EVENTS | AMD_CONTROL_COMMANDS |
		  AMD_CONTROL_COHERENT | (v->wide ? AMD_CONTROL_GA : 0) |
		  (v->x2apic ? AMD_CONTROL_XT : 0) | (v->has_2k ? AMD_CONTROL_2K : 0);
	start_with(v, control);
	status = wait_status(v, AMD_STATUS_COMMANDS_RUN | AMD_STATUS_EVENTS_RUN, true);
	return status ? status : forget_all(v);
}

/* ---- Memory ---- */

static size_t device_table_bytes(const struct umsi_amd_vi *v)
{
	return (size_t)v->devices * AMD_DTE_BYTES;
}

static void give_memory(struct umsi_amd_vi *v)
{
	void *host = v->domain.m->host;

	if (v->device_table)
		umsi_host_dma_free(host, v->device_table, device_table_bytes(v), PAGE);
	if (v->commands)
		umsi_host_dma_free(host, v->commands, AMD_COMMANDS * AMD_COMMAND_BYTES, PAGE);
	if (v->done)
		umsi_host_dma_free(host, v->done, AMD_COMMANDS * sizeof(v->done[0]), PAGE);
	if (v->event_log)
		umsi_host_dma_free(host, v->event_log, AMD_EVENTS * AMD_EVENT_BYTES, PAGE);
}

static int take_memory(struct umsi_amd_vi *v)
{
	void *host = v->domain.m->host;

	v->device_table = umsi_host_dma_alloc(host, device_table_bytes(v), PAGE, &v->device_table_bus);
	v->commands = umsi_host_dma_alloc(host, AMD_COMMANDS * AMD_COMMAND_BYTES, PAGE, &v->commands_bus);
	v->done = umsi_host_dma_alloc(host, AMD_COMMANDS * sizeof(v->done[0]), PAGE, &v->done_bus);
	v->event_log = umsi_host_dma_alloc(host, AMD_EVENTS * AMD_EVENT_BYTES, PAGE, &v->event_log_bus);
	if (!v->device_table || !v->commands || !v->done || !v->event_log) {
		give_memory(v);
		return UMSI_ENOMEM;
	}
	/* Nobody may send. Nobody else reads the table yet: plain stores. */
	for (uint32_t id = 0; id < v->devices; id++)
		v->device_table[(size_t)id * AMD_DTE_BYTES / 8 + AMD_DTE_INTERRUPT_WORD].v =
			umsi_amd_dte_blocked();
	return UMSI_OK;
}

/* ---- Creation ---- */

static int check_unit(struct umsi_amd_vi *v, bool wide_entries)
{
	uint64_t wanted = (v->x2apic ? AMD_FEATURE_XT | AMD_FEATURE_GA : 0) |
			  (wide_entries ? AMD_FEATURE_GA : 0);

	v->features = umsi_amd_read64(v, AMD_FEATURES);
	if (v->features == GONE64)
		return UMSI_EGONE;
	if ((v->features & wanted) != wanted || (wanted && !umsi_arch_has_exchange128()))
		return UMSI_ENOTSUP;
	v->wide = wanted;
	v->has_2k = umsi_amd_has_2k(umsi_amd_read64(v, AMD_FEATURES2));
	return UMSI_OK;
}

static bool any_online(const struct umsi *m)
{
	for (umsi_cpu i = 0; i < m->ncpus; i++)
		if (umsi_load32(&m->cpu[i].online))
			return true;
	return false;
}

static int build(struct umsi_amd_vi *v, bool wide_entries)
{
	int status = check_unit(v, wide_entries);

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

static struct umsi_amd_vi *new_unit(struct umsi *m, const struct umsi_amd_vi_config *config)
{
	struct umsi_amd_vi *v = umsi_host_alloc(m->host, sizeof(*v));

	if (!v)
		return NULL;
	v->domain.m = m;
	v->phys = config->phys;
	v->x2apic = config->x2apic;
	v->devices = ((config->last_bus ? config->last_bus : 255u) + 1) * 256;
	return v;
}

int umsi_amd_vi_create(struct umsi_domain *parent, const struct umsi_amd_vi_config *config,
		       struct umsi_domain **out)
{
	struct umsi_amd_vi *v;
	struct umsi *m;
	int status;

	if (!parent || !config || !out || !config->phys || config->phys % AMD_WINDOW_BYTES)
		return UMSI_EINVAL;
	m = parent->m;
	if (config->x2apic && any_online(m))
		return UMSI_ESTATE;
	v = new_unit(m, config);
	if (!v)
		return UMSI_ENOMEM;
	v->regs = umsi_host_mmio_map(m->host, v->phys, AMD_WINDOW_BYTES);
	status = v->regs ? build(v, config->wide_entries) : UMSI_ENOMEM;
	if (status) {
		if (v->regs)
			umsi_host_mmio_unmap(m->host, v->regs, AMD_WINDOW_BYTES);
		umsi_host_free(m->host, v, sizeof(*v));
		return status;
	}
	umsi_domain_add(m, &v->domain, parent, &umsi_amd_vi_ops);
	*out = &v->domain;
	return UMSI_OK;
}

static struct umsi_amd_vi *unit_of(struct umsi_domain *domain)
{
	return domain && domain->ops == &umsi_amd_vi_ops ? umsi_amd_vi_of(domain) : NULL;
}

int umsi_amd_vi_destroy(struct umsi_domain *domain)
{
	struct umsi_amd_vi *v = unit_of(domain);
	struct umsi *m;
	int status;

	if (!v)
		return UMSI_EINVAL;
	m = domain->m;
	status = umsi_domain_remove(domain);
	if (status)
		return status;
	status = disable(v);
	if (!status)
		give_memory(v);
	umsi_amd_selected_free(v);
	umsi_host_mmio_unmap(m->host, v->regs, AMD_WINDOW_BYTES);
	umsi_host_free(m->host, v, sizeof(*v));
	return status;
}

/* Turning it off and on again would let messages of devices that are awake pass untranslated. */
static bool kept_all(const struct umsi_amd_vi *v)
{
	const uint64_t on = AMD_CONTROL_ENABLE | AMD_CONTROL_COMMANDS;

	return (umsi_amd_read64(v, AMD_CONTROL) & on) == on &&
	       umsi_amd_read64(v, AMD_DEVICE_TABLE) == device_table_register(v) &&
	       umsi_amd_read64(v, AMD_COMMAND_BASE) == umsi_amd_ring(v->commands_bus, AMD_COMMANDS_LOG2);
}

int umsi_amd_restore(struct umsi_domain *domain)
{
	struct umsi_amd_vi *v = umsi_amd_vi_of(domain);

	/* Whatever kept it silent before. */
	umsi_store32(&v->silent, 0);
	return kept_all(v) ? forget_all(v) : enable(v);
}

int umsi_amd_vi_resume(struct umsi_domain *domain)
{
	return unit_of(domain) ? umsi_amd_restore(domain) : UMSI_EINVAL;
}

int umsi_amd_vi_pass(struct umsi_domain *domain, uint16_t requester_id, uint8_t settings)
{
	struct umsi_amd_vi *v = unit_of(domain);
	uint64_t command = umsi_amd_invalidate_device(requester_id);
	uint64_t pass = 0;
	int status;

	if (!v)
		return UMSI_EINVAL;
	if (requester_id >= v->devices)
		return UMSI_ERANGE;
	pass |= settings & UMSI_AMD_VI_INIT ? AMD_DTE_PASS_INIT : 0;
	pass |= settings & UMSI_AMD_VI_EXTINT ? AMD_DTE_PASS_EXTINT : 0;
	pass |= settings & UMSI_AMD_VI_NMI ? AMD_DTE_PASS_NMI : 0;
	pass |= settings & UMSI_AMD_VI_LINT0 ? AMD_DTE_PASS_LINT0 : 0;
	pass |= settings & UMSI_AMD_VI_LINT1 ? AMD_DTE_PASS_LINT1 : 0;
	umsi_host_mutex_lock(domain->m->host, &v->mutex);
	umsi_store64(&v->device_table[requester_id * AMD_DTE_BYTES / 8 + AMD_DTE_INTERRUPT_WORD],
		     umsi_load64(&v->device_table[requester_id * AMD_DTE_BYTES / 8 +
						  AMD_DTE_INTERRUPT_WORD]) | pass);
	status = umsi_amd_command(v, &command, 1);
	umsi_host_mutex_unlock(domain->m->host, &v->mutex);
	return status;
}

int umsi_amd_vi_stats_read(struct umsi_domain *domain, struct umsi_amd_vi_stats *out)
{
	struct umsi_amd_vi *v = unit_of(domain);

	if (!v || !out)
		return UMSI_EINVAL;
	*out = (struct umsi_amd_vi_stats){
		.invalidations = umsi_load64(&v->invalidations), .timeouts = umsi_load64(&v->timeouts),
	};
	umsi_host_mutex_lock(domain->m->host, &v->mutex);
	out->lost = v->lost;
	out->events = v->events;
	out->overflows = v->overflows;
	for (struct umsi_amd_table *t = v->tables; t; t = t->next) {
		uintptr_t state = umsi_lock(domain->m, &t->lock);

		out->tables++;
		out->entries += t->size;
		out->used += t->size - umsi_ids_free_count(&t->ids);
		out->lost += t->lost;
		umsi_unlock(domain->m, &t->lock, state);
	}
	umsi_host_mutex_unlock(domain->m->host, &v->mutex);
	return UMSI_OK;
}
