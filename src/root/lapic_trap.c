/* SPDX-License-Identifier: MIT */
/*
 * The trap path: the vector is the claim. From there to the handler: one table
 * load and one read-modify-write; then one write that ends the interrupt.
 */
#include "root/lapic.h"

/* Lines about the APIC's own errors; more tell nothing new. */
#define ERRORS_LOGGED	8u

static void log_error(struct umsi_lapic *la, umsi_cpu cpu)
{
	uint32_t error = umsi_lapic_error(la);
	struct umsi_text t;

	if (umsi_fetch_add32(&la->errors, 1) >= ERRORS_LOGGED)
		return;
	umsi_text_begin(&t, "umsi: local APIC error:");
	umsi_text_field(&t, "cpu", cpu);
	umsi_text_field(&t, "esr", error);
	umsi_host_log(la->v.domain.m->host, UMSI_LOG_WARN, t.line);
}

/* What needs no slot of this CPU. False: an IPI. */
static bool serve_local(struct umsi_lapic *la, umsi_cpu cpu, uint32_t slot)
{
	struct umsi *m = la->v.domain.m;

	if (slot == LAPIC_SLOT_TIMER && la->timer)
		la->timer(m->host, cpu);
	else if (slot == LAPIC_SLOT_ERROR)
		log_error(la, cpu);
	return slot == LAPIC_SLOT_TIMER || slot == LAPIC_SLOT_ERROR;
}

/* A CPU that no message can name still has a timer and an inbox. */
static __attribute__((noinline)) void trap_left_out(struct umsi_lapic *la, umsi_cpu cpu, uint32_t vector)
{
	struct umsi_cpu_core *core = &la->v.domain.m->cpu[cpu];
	uint32_t slot = vector - la->system;

	core->depth++;
	/* The inbox's lock orders what a claim's barrier would. */
	if (vector >= la->system && !serve_local(la, cpu, slot) && slot == UMSI_SLOT_KICK)
		umsi_inbox_drain(la->v.domain.m, core);
	umsi_lapic_eoi(la);
	core->depth--;
}

/*
 * A vector without a record: a system vector, or nobody's. False: there is nothing to end. "Spurious
 * Interrupt": that vector is not in service, and an EOI would end another one.
 */
static __attribute__((noinline)) bool no_record(struct umsi_vec_cpu *c, uint32_t vector)
{
	struct umsi_lapic *la = umsi_lapic_of(c->v);
	uint32_t slot = vector - la->system;

	if (vector == LAPIC_SPURIOUS)
		return false;
	if (vector < la->v.first)
		umsi_count_own(&c->unowned);
	else if (vector < la->system)
		umsi_vec_unowned(&la->v, c, vector);
	else if (!serve_local(la, c->cpu, slot))
		umsi_vec_system(&la->v, c, slot);
	return true;
}

/*
 * The table has an entry for each vector there is, so nothing is asked about one before it is used.
 * The end of interrupt comes after the handler: it is what lets a level pin
 * look at its line again, and by then the device has been served. It comes
 * before the look of the drain, which would find this vector in service.
 */
void umsi_lapic_trap_at(struct umsi_lapic_part *part, uint8_t vector)
{
	struct umsi_vec_cpu *c = (struct umsi_vec_cpu *)part;

	umsi_vec_trap_enter(c);
	if (__builtin_expect(umsi_vec_arrive(c, vector) || no_record(c, vector), 1)) {
		umsi_count_own(&c->core->count.claimed);
		umsi_lapic_eoi(umsi_lapic_of(c->v));
	}
	umsi_vec_trap_leave(c->v, c);
}

struct umsi_lapic_part *umsi_lapic_part(struct umsi_domain *root, umsi_cpu cpu)
{
	return (struct umsi_lapic_part *)umsi_vec_of(root)->cpu[cpu];
}

void umsi_lapic_trap(struct umsi_domain *root, umsi_cpu cpu, uint32_t vector)
{
	struct umsi_lapic_part *part = umsi_lapic_part(root, cpu);

	if (vector >= LAPIC_SPURIOUS)
		return;
	if (part)
		umsi_lapic_trap_at(part, (uint8_t)vector);
	else
		trap_left_out(umsi_lapic_of(umsi_vec_of(root)), cpu, vector);
}

void umsi_lapic_drain(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_vec *v = umsi_vec_of(d);
	struct umsi_vec_cpu *c = v->cpu[cpu];

	if (c && umsi_load64(&c->req) != umsi_load64(&c->done))
		umsi_vec_drain(v, c);
}

uint32_t umsi_lapic_timer_vector(const struct umsi_domain *root)
{
	return ((const struct umsi_lapic *)root)->system + LAPIC_SLOT_TIMER;
}

/* ---- IPIs ---- */

void umsi_lapic_system(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot)
{
	struct umsi_lapic *la = umsi_lapic_of(v);

	if (slot < UMSI_SLOT_IPI || !umsi_ipi_handle(&la->ipis, slot - UMSI_SLOT_IPI, c->cpu))
		umsi_count_own(&c->unowned);
}

int umsi_lapic_ipi_add(struct umsi_domain *root, umsi_ipi_handler handler,
		       void *arg, uint32_t *out_ipi)
{
	if (!root)
		return UMSI_EINVAL;
	return umsi_ipi_add(root->m, &umsi_lapic_of(umsi_vec_of(root))->ipis, handler, arg, out_ipi);
}

int umsi_lapic_ipi_send(struct umsi_domain *root, uint32_t ipi, umsi_cpu cpu)
{
	struct umsi_lapic *la = umsi_lapic_of(umsi_vec_of(root));
	int status = umsi_ipi_check(root->m, &la->ipis, ipi, cpu);

	if (!status && !la->v.cpu[cpu])
		status = UMSI_ENOCPU;
	if (!status)
		umsi_vec_kick(&la->v, cpu, UMSI_SLOT_IPI + ipi);
	return status;
}
