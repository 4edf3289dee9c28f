/* SPDX-License-Identifier: MIT */
/*
 * AMD-Vi's kind of remapping unit. The flush is INVALIDATE_INTERRUPT_TABLE for each
 * requester id that selects the table, with its COMPLETION_WAIT.
 *
 * Source: AMD IOMMU Specification, "MMIO Registers", "IOMMU Control Register",
 * "IOMMU Status Register", "Software Initialization", "Interrupt Remapping Tables", "Making Device
 * Interrupt Remapping Table Changes", "ILLEGAL_COMMAND_ERROR Event".
 */
#include "core/block.h"
#include "msi/device.h"
#include "translate/amd_vi.h"
#include "umsi_wide.h"

#define GONE64		UINT64_MAX
#define RUN		(AMD_STATUS_COMMANDS_RUN | AMD_STATUS_EVENTS_RUN)
#define PASS		(AMD_DTE_PASS_INIT | AMD_DTE_PASS_EXTINT | AMD_DTE_PASS_NMI | AMD_DTE_PASS_LINT0 | \
			 AMD_DTE_PASS_LINT1)

/* ---- Device table entries: one word says all about interrupts ---- */

static umsi_atomic64 *word_at(const struct umsi_amd_vi *v, uint32_t id)
{
	return &v->device_table[(size_t)id * AMD_DTE_BYTES / 8 + AMD_DTE_INTERRUPT_WORD];
}

int umsi_amd_select(struct umsi_amd_vi *v, uint16_t id, uint64_t word)
{
	uint64_t command = umsi_amd_invalidate_device(id);

	umsi_store64(word_at(v, id), word | (umsi_load64(word_at(v, id)) & PASS));
	return umsi_unit_command(&v->unit, &command, 1);
}

/* ---- Enabling ---- */

/* What firmware enabled for interrupts of its own stays in the control register. */
static uint64_t control_off(const struct umsi_unit *u)
{
	return umsi_unit_read64(u, AMD_CONTROL) &
	       ~(AMD_CONTROL_ENABLE | AMD_CONTROL_EVENTS | AMD_CONTROL_COMMANDS | AMD_CONTROL_GA |
		 AMD_CONTROL_XT | AMD_CONTROL_2K);
}

static int stop(struct umsi_unit *u)
{
	uint64_t control = umsi_unit_read64(u, AMD_CONTROL);

	/* The buffers first: they are only looked at while the unit is enabled. */
	umsi_unit_write32(u, AMD_CONTROL, (uint32_t)(control & ~(AMD_CONTROL_EVENTS | AMD_CONTROL_COMMANDS)));
	umsi_unit_write64(u, AMD_CONTROL, control_off(u));
	return umsi_unit_expect(u, AMD_STATUS, RUN, 0);
}

/* Formats change while it is off: the half that enables is written last. */
static void start_with(const struct umsi_unit *u, uint64_t value)
{
	umsi_unit_write32(u, AMD_CONTROL + 4, (uint32_t)(value >> 32));
	umsi_unit_write32(u, AMD_CONTROL, (uint32_t)value);
}

static uint64_t device_table_register(const struct umsi_unit *u)
{
	const struct umsi_amd_vi *v = umsi_amd_vi_of(u);

	return v->device_table_bus | (v->devices * AMD_DTE_BYTES / UNIT_PAGE - 1);
}

static uint64_t command_base(const struct umsi_unit *u)
{
	return umsi_amd_ring(u->ring_bus, UNIT_COMMANDS_LOG2);
}

static void set_bases(struct umsi_unit *u)
{
	umsi_unit_ring_reset(u);
	umsi_amd_vi_of(u)->event_head = 0;
	umsi_barrier_publish_to_message();
	umsi_unit_write64(u, AMD_DEVICE_TABLE, device_table_register(u));
	umsi_unit_write64(u, AMD_COMMAND_BASE, command_base(u));
	umsi_unit_write64(u, AMD_EVENT_BASE, umsi_amd_ring(u->ring_bus + offsetof(struct umsi_amd_rings, event),
							    AMD_EVENTS_LOG2));
	umsi_unit_write32(u, AMD_COMMAND_HEAD, 0);
	umsi_unit_write32(u, AMD_COMMAND_TAIL, 0);
	umsi_unit_write32(u, AMD_EVENT_HEAD, 0);
	umsi_unit_write32(u, AMD_EVENT_TAIL, 0);
}

/* Ids that are forgotten for one wait: a quarter of the ring. */
#define FORGET_IDS	32u

/* At once, or id by id where it cannot do that. */
static int forget(struct umsi_unit *u)
{
	const struct umsi_amd_vi *v = umsi_amd_vi_of(u);
	uint64_t command[2 * FORGET_IDS] = { umsi_amd_invalidate_all() };
	int status = UMSI_OK;
	uint32_t n = 0;

	if (v->features & AMD_FEATURE_INVALIDATE_ALL)
		return umsi_unit_command(u, command, 1);
	/* As many ids as there are: a multiple of 256. */
	for (uint32_t id = 0; !status && id < v->devices; id++) {
		command[n++] = umsi_amd_invalidate_device((uint16_t)id);
		command[n++] = umsi_amd_invalidate_interrupts((uint16_t)id);
		if (n < 2 * FORGET_IDS)
			continue;
		status = umsi_unit_command(u, command, n);
		n = 0;
	}
	return status;
}

static int start(struct umsi_unit *u)
{
	int status = stop(u);

	if (status)
		return status;
	set_bases(u);
	start_with(u, control_off(u) | AMD_CONTROL_ENABLE | AMD_CONTROL_EVENTS | AMD_CONTROL_COMMANDS |
		      AMD_CONTROL_COHERENT | (u->wide ? AMD_CONTROL_GA : 0) |
		      (u->x2apic ? AMD_CONTROL_XT : 0) | (umsi_amd_vi_of(u)->has_2k ? AMD_CONTROL_2K : 0));
	status = umsi_unit_expect(u, AMD_STATUS, RUN, RUN);
	return status ? status : forget(u);
}

static bool kept(const struct umsi_unit *u)
{
	const uint64_t on = AMD_CONTROL_ENABLE | AMD_CONTROL_COMMANDS;

	return (umsi_unit_read64(u, AMD_CONTROL) & on) == on &&
	       umsi_unit_read64(u, AMD_DEVICE_TABLE) == device_table_register(u) &&
	       umsi_unit_read64(u, AMD_COMMAND_BASE) == command_base(u);
}

/* ---- Creation ---- */

static int check(struct umsi_unit *u, const void *config)
{
	const struct umsi_amd_vi_config *c = config;
	struct umsi_amd_vi *v = umsi_amd_vi_of(u);
	uint64_t wanted = (u->x2apic ? AMD_FEATURE_XT | AMD_FEATURE_GA : 0) |
			  (c->wide_entries ? AMD_FEATURE_GA : 0);

	v->features = umsi_unit_read64(u, AMD_FEATURES);
	if (v->features == GONE64)
		return UMSI_EGONE;
	if ((v->features & wanted) != wanted || (wanted && !umsi_arch_has_exchange128()))
		return UMSI_ENOTSUP;
	v->has_2k = umsi_amd_has_2k(umsi_unit_read64(u, AMD_FEATURES2));
	v->devices = ((c->last_bus ? c->last_bus : 255u) + 1) * 256;
	u->wide = wanted;
	u->remembers_none = true;
	u->order_max = UINT32_MAX;
	return UMSI_OK;
}

static size_t device_table_bytes(const struct umsi_amd_vi *v)
{
	return (size_t)v->devices * AMD_DTE_BYTES;
}

static int take(struct umsi_unit *u)
{
	struct umsi_amd_vi *v = umsi_amd_vi_of(u);

	v->device_table = umsi_host_dma_alloc(u->domain.m->host, device_table_bytes(v), UNIT_PAGE,
					      &v->device_table_bus);
	if (!v->device_table)
		return UMSI_ENOMEM;
	/* Nobody may send. Nobody else reads the table yet: plain stores. */
	for (uint32_t id = 0; id < v->devices; id++)
		word_at(v, id)->v = umsi_amd_dte_blocked();
	return UMSI_OK;
}

static void give(struct umsi_unit *u, bool stopped)
{
	struct umsi_amd_vi *v = umsi_amd_vi_of(u);

	if (stopped)
		umsi_host_dma_free(u->domain.m->host, v->device_table, device_table_bytes(v), UNIT_PAGE);
	umsi_amd_selected_free(v);
}

/* ---- Commands ---- */

static struct umsi_unit_entry wait(uint64_t bus, uint32_t number)
{
	return (struct umsi_unit_entry){ .low = umsi_amd_wait(bus), .high = number };
}

/*
 * It stopped at a command it refused. That is replaced by an invalidation of
 * everything, so that whoever waits behind it is told the truth; enabling the
 * buffer once more makes it go on from there.
 */
static bool mend(struct umsi_unit *u, uint32_t status, struct umsi_unit_command *c)
{
	uint64_t control = umsi_unit_read64(u, AMD_CONTROL);

	if (status & AMD_STATUS_COMMANDS_RUN || !(umsi_amd_vi_of(u)->features & AMD_FEATURE_INVALIDATE_ALL))
		return false;
	/* A wait is given again as it was. */
	if (!umsi_amd_is_wait(umsi_load64(&c->low))) {
		umsi_store64(&c->low, umsi_amd_invalidate_all());
		umsi_store64(&c->high, 0);
	}
	umsi_barrier_publish_to_message();
	umsi_unit_write32(u, AMD_CONTROL, (uint32_t)(control & ~AMD_CONTROL_COMMANDS));
	umsi_unit_write32(u, AMD_CONTROL, (uint32_t)control);
	umsi_unit_read32(u, AMD_STATUS);
	return true;
}

/* ---- Entries ---- */

static struct umsi_unit_entry encode(const struct umsi_unit *u, const struct umsi_record *r, uint32_t apic_id,
				     uint32_t vector)
{
	struct umsi_amd_irte128 wide = umsi_amd_irte128(apic_id, vector);

	(void)r;
	return u->wide ? (struct umsi_unit_entry){ .low = wide.low, .high = wide.high }
		       : (struct umsi_unit_entry){ .low = umsi_amd_irte32(apic_id, vector) };
}

/*
 * An entry of 32 bits changes in one store. One of 128 bits has the vector in
 * one half and the destination in the other, so both are exchanged at once;
 * units are asked to use such entries only where the CPU can do that.
 */
static struct umsi_unit_entry exchange(struct umsi_unit *u, struct umsi_unit_table *t, uint32_t index,
				       struct umsi_unit_entry entry)
{
	umsi_atomic32 *narrow = (umsi_atomic32 *)t->at + index;
	umsi_atomic64 *wide = (umsi_atomic64 *)t->at + 2 * (size_t)index;
	struct umsi_unit_entry old = { 0 };

	if (u->wide) {
		old.low = umsi_load64(&wide[0]);
		old.high = umsi_load64(&wide[1]);
		umsi_arch_store128(wide, entry.low, entry.high);
	} else {
		old.low = umsi_load32(narrow);
		umsi_store32_release(narrow, (uint32_t)entry.low);
	}
	return old;
}

static void amd_compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	const struct umsi_unit_table *t = umsi_table_of(r->leaf)->dev->translation;

	(void)d;
	out->address = AMD_MSG_ADDRESS | (t->size > 512 ? AMD_MSG_LOGICAL : 0);
	out->data = umsi_record_leader(r)->entry;
}

static const struct umsi_controller_ops amd_vi_controller_ops = {
	.table_attach = umsi_amd_attach,
	.table_detach = umsi_amd_detach,
	.resume = UMSI_FOR_SLEEP(umsi_unit_restore),
	.dump = UMSI_FOR_DUMPS(umsi_unit_dump),
};

const struct umsi_domain_ops umsi_amd_vi_ops = {
	.name = "amd_vi",
	.number_name = "irte_index",
	.controller = &amd_vi_controller_ops,
	.reserve = umsi_unit_reserve,
	.unreserve = umsi_unit_unreserve,
	.activate = umsi_unit_activate,
	.deactivate = umsi_unit_deactivate,
	.compose = amd_compose,
	.move_update = umsi_unit_move_update,
	.dump_path = UMSI_FOR_DUMPS(umsi_unit_dump_path),
};

static const struct umsi_unit_kind kind = {
	.ops = &umsi_amd_vi_ops,
	.name = "amd-vi",
	.silence = "the command buffer does not answer: status",
	.events = "events",
	.bytes = sizeof(struct umsi_amd_vi),
	.ring_bytes = sizeof(struct umsi_amd_rings),
	.window = AMD_WINDOW_BYTES,
	.head = AMD_COMMAND_HEAD,
	.tail = AMD_COMMAND_TAIL,
	.why = AMD_STATUS,
	.check = check,
	.take = take,
	.give = give,
	.start = start,
	.stop = stop,
	.kept = kept,
	.forget = forget,
	.wait = wait,
	.mend = mend,
	.encode = encode,
	.exchange = exchange,
	.invalidate = umsi_amd_invalidate,
};

int umsi_amd_vi_create(struct umsi_domain *parent, const struct umsi_amd_vi_config *config,
		       struct umsi_domain **out)
{
	return config ? umsi_unit_create(parent, &kind, config->phys, config->x2apic, config, out) : UMSI_EINVAL;
}

int umsi_amd_vi_destroy(struct umsi_domain *domain)
{
	return umsi_unit_destroy(umsi_unit_of(domain, &umsi_amd_vi_ops));
}

int umsi_amd_vi_resume(struct umsi_domain *domain)
{
	return umsi_unit_of(domain, &umsi_amd_vi_ops) ? umsi_unit_restore(domain) : UMSI_EINVAL;
}

int umsi_amd_vi_pass(struct umsi_domain *domain, uint16_t requester_id, uint8_t settings)
{
	struct umsi_unit *u = umsi_unit_of(domain, &umsi_amd_vi_ops);
	struct umsi_amd_vi *v = umsi_amd_vi_of(u);
	/* The settings are those bits of the entry (IVRS, "DTE Setting"). */
	uint64_t pass = (uint64_t)settings << 56 & PASS;
	int status;

	if (!u)
		return UMSI_EINVAL;
	if (requester_id >= v->devices)
		return UMSI_ERANGE;
	umsi_host_mutex_lock(domain->m->host, &v->mutex);
	status = umsi_amd_select(v, requester_id, umsi_load64(word_at(v, requester_id)) | pass);
	umsi_host_mutex_unlock(domain->m->host, &v->mutex);
	return status;
}

int umsi_amd_vi_stats_read(struct umsi_domain *domain, struct umsi_amd_vi_stats *out)
{
	struct umsi_unit *u = umsi_unit_of(domain, &umsi_amd_vi_ops);
	struct umsi_amd_vi *v = umsi_amd_vi_of(u);
	struct umsi_unit_counts n;

	if (!u || !out)
		return UMSI_EINVAL;
	n = umsi_unit_count(u);
	*out = (struct umsi_amd_vi_stats){
		.invalidations = n.invalidations, .timeouts = n.timeouts,
		.events = n.events, .overflows = n.overflows,
	};
	umsi_host_mutex_lock(domain->m->host, &v->mutex);
	out->lost = v->lost;
	for (struct umsi_amd_table *t = v->tables; t; t = t->next) {
		out->tables++;
		umsi_unit_table_count(u, &t->t, &out->entries, &out->used, &out->lost);
	}
	umsi_host_mutex_unlock(domain->m->host, &v->mutex);
	return UMSI_OK;
}
