/* SPDX-License-Identifier: MIT */
/*
 * VT-d's kind of remapping unit.
 * Source: Intel VT-d, "Global Command Register", "Interrupt Remapping Table
 * Address Register", "Queued Invalidation Interface", "Programming in
 * Remapping Hardware": each command is one bit, confirmed in the status
 * register before the next. "Interrupt Remapping Table", "Interrupt Entry
 * Cache", "Interrupt Requests in Remappable Format", "Source-id verification".
 */
#include "core/block.h"
#include "msi/device.h"
#include "translate/vtd.h"
#include "umsi_wide.h"

#define ENTRIES_MAX	65536u
#define GONE32		UINT32_MAX

static struct umsi_vtd *vtd_of(const struct umsi_unit *u)
{
	return (struct umsi_vtd *)u;
}

/* ---- Enabling ---- */

/* One bit of the command register on or off, and its confirmation. */
static int command(struct umsi_unit *u, uint32_t bit, bool on)
{
	uint32_t states = umsi_unit_read32(u, VTD_GSTS) & VTD_GSTS_STATES;

	umsi_unit_write32(u, VTD_GCMD, on ? states | bit : states & ~bit);
	return umsi_unit_expect(u, VTD_GSTS, bit, on ? bit : 0);
}

static int turn_off(struct umsi_unit *u, uint32_t bit)
{
	return umsi_unit_read32(u, VTD_GSTS) & bit ? command(u, bit, false) : UMSI_OK;
}

static int stop(struct umsi_unit *u)
{
	int status = turn_off(u, VTD_IRE);

	return status ? status : turn_off(u, VTD_QIE);
}

static void forget_faults(struct umsi_unit *u)
{
	uint64_t cap = vtd_of(u)->cap;
	uint32_t at = umsi_vtd_fault_offset(cap);

	for (uint32_t i = 0; i < umsi_vtd_fault_registers(cap); i++)
		umsi_unit_write32(u, at + i * 16 + 12, VTD_FRCD_F);
	umsi_unit_write32(u, VTD_FSTS, VTD_FSTS_CLEARED);
}

static int start_queue(struct umsi_unit *u)
{
	umsi_unit_ring_reset(u);
	umsi_barrier_publish_to_message();
	umsi_unit_write64(u, VTD_IQT, 0);
	umsi_unit_write64(u, VTD_IQA, u->ring_bus);
	return command(u, VTD_QIE, true);
}

static uint64_t irta(const struct umsi_unit *u)
{
	return umsi_vtd_irta(u->table->bus, u->table->log2_size, u->x2apic);
}

static int forget(struct umsi_unit *u)
{
	uint64_t all = umsi_vtd_iec_all();

	return umsi_unit_command(u, &all, 1);
}

/*
 * "Compatibility Format Interrupts": effective only while remapping is enabled
 * without 32-bit ids, where they are blocked in any case. A pointer that was
 * set takes effect with the global invalidation.
 */
static int start(struct umsi_unit *u)
{
	int status = stop(u);

	if (status)
		return status;
	forget_faults(u);
	if ((status = start_queue(u)))
		return status;
	umsi_unit_write64(u, VTD_IRTA, irta(u));
	if ((status = command(u, VTD_SIRTP, true)) || (status = forget(u)) ||
	    (status = command(u, VTD_IRE, true)) || (status = turn_off(u, VTD_CFI)))
		return status;
	return umsi_unit_read32(u, VTD_GSTS) & VTD_CFI ? UMSI_EREFUSED : UMSI_OK;
}

static bool kept(const struct umsi_unit *u)
{
	uint32_t states = umsi_unit_read32(u, VTD_GSTS);

	return states & VTD_IRE && states & VTD_QIE && (u->x2apic || !(states & VTD_CFI)) &&
	       umsi_unit_read64(u, VTD_IQA) == u->ring_bus && umsi_unit_read64(u, VTD_IRTA) == irta(u);
}

/* ---- Creation ---- */

static int check(struct umsi_unit *u, const void *config)
{
	const struct umsi_vtd_config *c = config;
	struct umsi_vtd *v = vtd_of(u);

	if (umsi_unit_read32(u, VTD_VER) == GONE32)
		return UMSI_EGONE;
	v->cap = umsi_unit_read64(u, VTD_CAP);
	v->ecap = umsi_unit_read64(u, VTD_ECAP);
	if (!(v->ecap & VTD_ECAP_IR) || !(v->ecap & VTD_ECAP_QI) ||
	    (u->x2apic && !(v->ecap & VTD_ECAP_EIM)))
		return UMSI_ENOTSUP;
	/* Where the fault registers are, must be inside the page. */
	if (umsi_vtd_fault_offset(v->cap) + umsi_vtd_fault_registers(v->cap) * 16 > VTD_WINDOW_BYTES)
		return UMSI_ENOTSUP;
	v->table.size = c->entries ? c->entries : ENTRIES_MAX;
	u->wide = umsi_arch_has_exchange128() && !c->no_wide_exchange;
	u->remembers_none = v->cap & VTD_CAP_CM;
	u->order_max = umsi_vtd_handle_order_max(v->ecap);
	return UMSI_OK;
}

/* "If the table is larger than 4 KB it must be size-aligned." */
static int take(struct umsi_unit *u)
{
	uint32_t entries = vtd_of(u)->table.size;
	size_t bytes = (size_t)entries * VTD_IRTE_BYTES;

	u->table = &vtd_of(u)->table;
	return umsi_unit_table_make(u, u->table, entries, VTD_IRTE_BYTES, bytes > UNIT_PAGE ? bytes : UNIT_PAGE) ?
	       UMSI_OK : UMSI_ENOMEM;
}

static void give(struct umsi_unit *u, bool stopped)
{
	umsi_unit_table_end(u, u->table, !stopped);
}

/* ---- Commands ---- */

static struct umsi_unit_entry wait(uint64_t bus, uint32_t number)
{
	return (struct umsi_unit_entry){ .low = umsi_vtd_wait(number), .high = bus };
}

/*
 * The unit refused a descriptor and stands ("Queued Invalidation Interface",
 * on IQE). An invalidation is replaced by one of everything, so that whoever
 * waits behind it is told the truth; a wait is given again.
 */
static bool mend(struct umsi_unit *u, uint32_t faults, struct umsi_unit_command *c)
{
	if (!(faults & VTD_FSTS_IQE))
		return false;
	if (!umsi_vtd_is_wait(umsi_load64(&c->low))) {
		umsi_store64(&c->low, umsi_vtd_iec_all());
		umsi_store64(&c->high, 0);
	}
	umsi_barrier_publish_to_message();
	umsi_unit_write32(u, VTD_FSTS, VTD_FSTS_IQE);
	umsi_unit_read32(u, VTD_FSTS);
	return true;
}

static int invalidate(struct umsi_unit *u, struct umsi_unit_table *t, uint32_t index, unsigned int order)
{
	uint64_t command = umsi_vtd_iec(index, order);

	(void)t;
	return umsi_unit_command(u, &command, 1);
}

/* ---- Entries ---- */

static uint64_t high_of(const struct umsi_device *dev)
{
	const struct umsi_requester *as = &dev->messages_as;

	switch (as->kind) {
	case UMSI_REQUESTER_ALIAS:
		return umsi_vtd_irte_high(VTD_SOURCE_ID, as->alias, 0);
	case UMSI_REQUESTER_BUSES:
		return umsi_vtd_irte_high(VTD_SOURCE_BUSES, (uint16_t)(as->first_bus << 8 | as->last_bus), 0);
	default:
		return umsi_vtd_irte_high(VTD_SOURCE_ID, (uint16_t)dev->requester_id, as->phantom_bits);
	}
}

static struct umsi_unit_entry encode(const struct umsi_unit *u, const struct umsi_record *r, uint32_t apic_id,
				     uint32_t vector)
{
	return (struct umsi_unit_entry){
		.low = umsi_vtd_irte_low(apic_id, vector, umsi_record_is_level(r), u->x2apic),
		.high = high_of(umsi_table_of(r->leaf)->dev),
	};
}

static void write_back(const struct umsi_unit *u, const struct umsi_irte *e)
{
	if (!(vtd_of(u)->ecap & VTD_ECAP_C))
		umsi_host_cache_clean(u->domain.m->host, e, sizeof(*e));
}

/*
 * The half with vector and destination is one 64-bit word, so a move is one
 * store. The half that says who may use the entry is written first, or both at
 * once: an entry is never present without it. It stays when the entry goes.
 */
static struct umsi_unit_entry exchange(struct umsi_unit *u, struct umsi_unit_table *t, uint32_t index,
				       struct umsi_unit_entry entry)
{
	struct umsi_irte *e = (struct umsi_irte *)t->at + index;
	struct umsi_unit_entry old = { .low = umsi_load64(&e->low), .high = umsi_load64(&e->high) };

	if (u->wide && entry.low) {
		umsi_arch_store128(e, entry.low, entry.high);
	} else {
		if (entry.low) {
			umsi_store64(&e->high, entry.high);
			write_back(u, e);
		}
		/* At once, for no device write need follow that would push a store out: the device may send as soon as its driver is told. */
		umsi_fetch_add64(&e->low, entry.low - old.low);
	}
	write_back(u, e);
	return old;
}

static void vtd_compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	struct umsi_group g = umsi_group_of(&r);

	(void)d;
	out->address = umsi_vtd_address(g.member[0]->entry, g.count > 1);
	/* Of a single message nobody reads it, but an I/O APIC's end of interrupt finds its pin by it. */
	out->data = g.count > 1 ? 0 : g.member[0]->entry & 0xff;
}

static const struct umsi_controller_ops vtd_controller_ops = {
	.resume = UMSI_FOR_SLEEP(umsi_unit_restore),
	.dump = UMSI_FOR_DUMPS(umsi_unit_dump),
};

const struct umsi_domain_ops umsi_vtd_ops = {
	.name = "vtd",
	.number_name = "irte_index",
	.controller = &vtd_controller_ops,
	.reserve = umsi_unit_reserve,
	.unreserve = umsi_unit_unreserve,
	.activate = umsi_unit_activate,
	.deactivate = umsi_unit_deactivate,
	.compose = vtd_compose,
	.move_update = umsi_unit_move_update,
	.dump_path = UMSI_FOR_DUMPS(umsi_unit_dump_path),
};

static const struct umsi_unit_kind kind = {
	.ops = &umsi_vtd_ops,
	.name = "vt-d",
	.silence = "the invalidation queue does not answer: fsts",
	.events = "faults",
	.bytes = sizeof(struct umsi_vtd),
	.ring_bytes = sizeof(struct umsi_unit_ring),
	.window = VTD_WINDOW_BYTES,
	.head = VTD_IQH,
	.tail = VTD_IQT,
	.why = VTD_FSTS,
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
	.invalidate = invalidate,
};

int umsi_vtd_create(struct umsi_domain *parent, const struct umsi_vtd_config *config,
		    struct umsi_domain **out)
{
	if (!config)
		return UMSI_EINVAL;
	if (config->entries && (config->entries < 2 || config->entries > ENTRIES_MAX ||
				config->entries & (config->entries - 1)))
		return UMSI_ERANGE;
	return umsi_unit_create(parent, &kind, config->phys, config->x2apic, config, out);
}

int umsi_vtd_destroy(struct umsi_domain *domain)
{
	return umsi_unit_destroy(umsi_unit_of(domain, &umsi_vtd_ops));
}

int umsi_vtd_resume(struct umsi_domain *domain)
{
	return umsi_unit_of(domain, &umsi_vtd_ops) ? umsi_unit_restore(domain) : UMSI_EINVAL;
}

int umsi_vtd_stats_read(struct umsi_domain *domain, struct umsi_vtd_stats *out)
{
	struct umsi_unit *u = umsi_unit_of(domain, &umsi_vtd_ops);
	struct umsi_unit_counts n;

	if (!u || !out)
		return UMSI_EINVAL;
	n = umsi_unit_count(u);
	*out = (struct umsi_vtd_stats){
		.invalidations = n.invalidations, .timeouts = n.timeouts,
		.faults = n.events, .overflows = n.overflows,
	};
	umsi_unit_table_count(u, u->table, &out->entries, &out->used, &out->lost);
	return UMSI_OK;
}
