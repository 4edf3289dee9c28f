/* SPDX-License-Identifier: MIT */
/*
 * One CPU's local APIC. Its registers are reachable only from that CPU; every
 * other CPU can do one thing to it: send it an interrupt.
 */
#include "root/lapic.h"

/* Polls of the delivery status; one is an uncached access, so this is far beyond any bus. */
#define ICR_POLLS	100000u

/* "Error Handling": a write latches what happened since the last one. */
uint32_t umsi_lapic_error(struct umsi_lapic *la)
{
	umsi_lapic_write(la, LAPIC_ESR, 0);
	return umsi_lapic_read(la, LAPIC_ESR);
}

/*
 * Two registers, written with interrupts off: a trap that sends one of its own
 * in between would redirect ours. "Interrupt Command Register (ICR)": not
 * while the one before is still pending.
 */
static void xapic_send(struct umsi_lapic *la, uint32_t id, uint32_t vector)
{
	uintptr_t state = umsi_arch_irq_save();

	for (uint32_t i = 0; i < ICR_POLLS; i++)
		if (!(umsi_lapic_read(la, LAPIC_ICR_LOW) & LAPIC_ICR_PENDING))
			break;
	umsi_lapic_write(la, LAPIC_ICR_HIGH, id << 24);
	umsi_lapic_write(la, LAPIC_ICR_LOW, LAPIC_ICR_ASSERT | vector);
	umsi_arch_irq_restore(state);
}

void umsi_lapic_send(struct umsi_lapic *la, umsi_cpu cpu, uint32_t vector)
{
	uint32_t id = (uint32_t)la->v.domain.m->cpu[cpu].hw_id;

	if (la->x2apic)
		umsi_lapic_msr_write(umsi_x2apic_msr(LAPIC_ICR_LOW),
				     (uint64_t)id << 32 | LAPIC_ICR_ASSERT | vector);
	else
		xapic_send(la, id, vector);
}

static void compose(struct umsi_vec *v, umsi_cpu cpu, uint32_t slot, struct umsi_msg *out)
{
	uint32_t id = (uint32_t)v->domain.m->cpu[cpu].hw_id;

	*out = umsi_lapic_of(v)->remapped ? umsi_lapic_wide_message(id, slot)
					  : umsi_lapic_message(id, slot);
}

static void raise_slot(struct umsi_vec *v, umsi_cpu cpu, uint32_t slot)
{
	struct umsi_lapic *la = umsi_lapic_of(v);

	umsi_lapic_send(la, cpu, la->system + slot);
}

/*
 * A message that was accepted is in the request register until its trap is
 * taken; from then on the trap's depth keeps this from being asked ("Interrupt
 * Acceptance for Fixed Interrupts"). One vector is taken per trap, so the end
 * of a trap by itself says nothing about the others.
 */
static bool quiet(struct umsi_vec *v, struct umsi_vec_cpu *c, const uint64_t *slots)
{
	struct umsi_lapic *la = umsi_lapic_of(v);

	(void)c;
	for (uint32_t vector = 0; vector < v->nslots; vector += 32) {
		uint32_t asked = (uint32_t)(slots[vector / 64] >> vector % 64);

		if (asked && umsi_lapic_read(la, umsi_lapic_word(LAPIC_IRR, vector)) & asked)
			return false;
	}
	return true;
}

uint32_t umsi_lapic_requests(const struct umsi_lapic *la, uint32_t vector)
{
	return umsi_lapic_read(la, umsi_lapic_word(LAPIC_IRR, vector));
}

/* An APIC has no enable bits by vector: out of circulation is all that can be done. */
static void shut(struct umsi_vec *v, uint32_t slot, bool shut_it)
{
	(void)v;
	(void)slot;
	(void)shut_it;
}

const struct umsi_vec_root_ops umsi_lapic_vec_ops = {
	.compose = compose,
	.raise = raise_slot,
	.quiet = quiet,
	.shut = shut,
};

/* ---- Bring-up ---- */

/* "x2APIC State Transitions": from x2APIC mode there is no way back but through disabled. */
static bool right_mode(const struct umsi_lapic *la)
{
	uint64_t base = umsi_lapic_msr_read(LAPIC_BASE_MSR);

	if (!(base & LAPIC_BASE_ENABLE))
		return false;
	if (!la->x2apic)
		return !(base & LAPIC_BASE_X2APIC);
	if (!(base & LAPIC_BASE_X2APIC))
		umsi_lapic_msr_write(LAPIC_BASE_MSR, base | LAPIC_BASE_X2APIC);
	return umsi_lapic_msr_read(LAPIC_BASE_MSR) & LAPIC_BASE_X2APIC;
}

static bool right_id(const struct umsi_lapic *la, umsi_cpu cpu)
{
	uint32_t id = umsi_lapic_read(la, LAPIC_ID);

	return (la->x2apic ? id : id >> 24) == la->v.domain.m->cpu[cpu].hw_id;
}

/*
 * Every local source that would come as a vector is masked; NMI and SMI have
 * owners of their own. The vector of a masked entry must be a legal one all
 * the same ("Valid Interrupt Vectors").
 */
static void mask_local_sources(const struct umsi_lapic *la, uint32_t version)
{
	static const struct { uint16_t offset; uint8_t entry; } lvt[] = {
		{ LAPIC_LVT_TIMER, 0 }, { LAPIC_LVT_LINT0, 1 }, { LAPIC_LVT_LINT1, 2 },
		{ LAPIC_LVT_ERROR, 3 }, { LAPIC_LVT_PERFORMANCE, 4 }, { LAPIC_LVT_THERMAL, 5 },
		{ LAPIC_LVT_CMCI, 6 },
	};

	for (uint32_t i = 0; i < sizeof(lvt) / sizeof(lvt[0]); i++) {
		if (lvt[i].entry > umsi_lapic_lvt_last(version))
			continue;
		if (umsi_lapic_lvt_is_nmi_or_smi(umsi_lapic_read(la, lvt[i].offset)))
			continue;
		umsi_lapic_write(la, lvt[i].offset, LAPIC_LVT_MASKED | LAPIC_SPURIOUS);
	}
}

static bool in_service(const struct umsi_lapic *la)
{
	for (uint32_t vector = 0; vector < LAPIC_VECTORS; vector += 32)
		if (umsi_lapic_read(la, umsi_lapic_word(LAPIC_ISR, vector)))
			return true;
	return false;
}

/* What firmware or a former kernel began and never ended would block its class for ever. */
static bool end_leftovers(struct umsi_lapic *la)
{
	for (uint32_t i = 0; i < LAPIC_VECTORS; i++) {
		if (!in_service(la))
			return true;
		umsi_lapic_eoi(la);
	}
	return !in_service(la);
}

/*
 * Requests from before cannot be cleared: they come as unowned vectors once
 * interrupts are on, or as one early call of a vector's new owner.
 */
static int start_apic(struct umsi_lapic *la, umsi_cpu cpu)
{
	uint32_t version, svr = LAPIC_SVR_ENABLE | LAPIC_SPURIOUS;

	if (!right_mode(la) || !right_id(la, cpu))
		return UMSI_EREFUSED;
	version = umsi_lapic_read(la, LAPIC_VERSION);
	if (la->directed_eoi && !(version & LAPIC_VERSION_CAN_SUPPRESS))
		return UMSI_EREFUSED;
	if (la->directed_eoi)
		svr |= LAPIC_SVR_NO_BROADCAST;

	umsi_lapic_write(la, LAPIC_TPR, 0);
	mask_local_sources(la, version);
	umsi_lapic_write(la, LAPIC_SVR, svr);
	if (umsi_lapic_read(la, LAPIC_SVR) != svr || !end_leftovers(la))
		return UMSI_EREFUSED;
	umsi_lapic_error(la);
	umsi_lapic_write(la, LAPIC_LVT_ERROR, la->system + LAPIC_SLOT_ERROR);
	return UMSI_OK;
}

int umsi_lapic_cpu_online(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_lapic *la = umsi_lapic_of(umsi_vec_of(d));
	int status;

	if (la->v.cpu[cpu] && umsi_load32(&la->v.cpu[cpu]->open))
		return UMSI_OK;
	status = start_apic(la, cpu);
	if (!status && la->v.cpu[cpu])
		umsi_vec_open(&la->v, cpu);
	return status;
}

int umsi_lapic_cpu_restore(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_lapic *la = umsi_lapic_of(umsi_vec_of(d));
	int status = start_apic(la, cpu);

	if (!status && la->v.cpu[cpu])
		umsi_vec_restore(&la->v, cpu, umsi_load32_acquire(&la->ipis.count));
	return status;
}
