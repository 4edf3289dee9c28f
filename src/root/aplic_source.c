/* SPDX-License-Identifier: MIT */
/* Who has which source, from being taken until no trap can be about to serve it. */
#include "core/deadline.h"
#include "core/target.h"
#include "idspace/word.h"
#include "root/aplic.h"

/* How long an allocation waits for a source that was freed just now. */
#define ROOM_WAIT_NS	100000000u

/* No trap has it in hand any more; its entry and its owner's reference go. */
static void release_locked(struct umsi_aplic *a, uint32_t source)
{
	struct umsi_record *r = umsi_load_ptr(&a->record[source]);

	umsi_store_ptr(&a->record[source], NULL);
	umsi_record_put(r);
}

/* Disabled and read back before: who reads this ticket and then claims gets another source. */
static void end_locked(struct umsi_aplic *a, uint32_t source)
{
	uint64_t ticket = umsi_load64(&a->req) + 1;

	a->ticket[source] = ticket;
	a->ending[source / 64] |= UINT64_C(1) << (source % 64);
	umsi_store32(&a->ending_count, umsi_load32(&a->ending_count) + 1);
	umsi_store64_release(&a->req, ticket);
}

/* The lowest ticket that some online CPU has not proved yet, less one. */
static uint64_t proved(const struct umsi_aplic *a)
{
	const struct umsi *m = a->domain.m;
	uint64_t least = umsi_load64(&a->req);

	for (umsi_cpu cpu = 0; cpu < m->ncpus; cpu++) {
		uint64_t done;

		if (umsi_load32_acquire(&m->cpu[cpu].online) == UMSI_CPU_OFFLINE)
			continue;
		/* Acquire: the CPU's last use of an entry precedes our rewriting it. */
		done = umsi_load64_acquire(&a->cpu[cpu].done);
		if (done < least)
			least = done;
	}
	return least;
}

static void reap_locked(struct umsi_aplic *a)
{
	uint64_t done;

	if (!umsi_load32(&a->ending_count))
		return;
	done = proved(a);
	for (uint32_t w = 0; w < APLIC_WORDS; w++) {
		for (uint64_t left = a->ending[w]; left; left &= left - 1) {
			uint32_t source = w * 64 + umsi_lowest_bit(left);

			if (done < a->ticket[source])
				continue;
			a->ending[w] &= ~(UINT64_C(1) << (source % 64));
			umsi_store32(&a->ending_count, umsi_load32(&a->ending_count) - 1);
			umsi_count_own(&a->reaped);
			release_locked(a, source);
		}
	}
}

static int take_locked(struct umsi_aplic *a, struct umsi_record *r, umsi_cpu cpu)
{
	uint32_t source = r->index;

	if (!source)
		return UMSI_ERANGE;
	if (umsi_load_ptr(&a->record[source]))
		return a->ending[source / 64] >> (source % 64) & 1 ? UMSI_EAGAIN : UMSI_EEXIST;
	r->slot = (uint16_t)source;
	r->told = false;
	umsi_store32(&r->target, cpu);
	umsi_fetch_add32(&r->references, 1);
	umsi_store_ptr_release(&a->record[source], r);
	return UMSI_OK;
}

/*
 * R1, R14: choosing and publishing are one critical section, so that whoever
 * has barred a CPU and then taken this lock sees every source aimed at it.
 */
int umsi_aplic_take(struct umsi_aplic *a, struct umsi_record *r, const struct umsi_where *where)
{
	struct umsi *m = a->domain.m;
	uintptr_t state = umsi_lock(m, &a->lock);
	umsi_cpu cpu = umsi_target_choose(&a->domain, r, where, umsi_aplic_load);
	int status = UMSI_ENOCPU;

	if (cpu != UMSI_CPU_NONE) {
		reap_locked(a);
		status = take_locked(a, r, cpu);
	}
	if (!status)
		umsi_fetch_add32(&a->cpu[cpu].load, 1);
	umsi_unlock(m, &a->lock, state);
	return status;
}

void umsi_aplic_give(struct umsi_aplic *a, struct umsi_record *r)
{
	struct umsi *m = a->domain.m;
	uintptr_t state = umsi_lock(m, &a->lock);

	if (r->told)
		end_locked(a, r->slot);
	else
		release_locked(a, r->slot);
	umsi_unlock(m, &a->lock, state);
}

void umsi_aplic_reap(struct umsi_domain *d)
{
	struct umsi_aplic *a = umsi_aplic_of(d);
	uintptr_t state = umsi_lock(d->m, &a->lock);

	reap_locked(a);
	umsi_unlock(d->m, &a->lock, state);
}

/* CPUs that sleep prove nothing: one kick for each that owes a proof. */
static void ask(struct umsi_aplic *a)
{
	struct umsi *m = a->domain.m;
	uint64_t req = umsi_load64(&a->req);

	for (umsi_cpu cpu = 0; cpu < m->ncpus; cpu++)
		if (umsi_load32(&m->cpu[cpu].online) != UMSI_CPU_OFFLINE &&
		    umsi_load64(&a->cpu[cpu].done) < req)
			umsi_aplic_signal(a, cpu, APLIC_KICK);
}

int umsi_aplic_make_room(struct umsi_domain *d, const struct umsi_where *where, bool for_move)
{
	struct umsi_aplic *a = umsi_aplic_of(d);
	struct umsi_deadline wait = umsi_deadline_in(d->m->host, ROOM_WAIT_NS);
	uint32_t before = umsi_load32(&a->ending_count);

	(void)where;
	(void)for_move;
	if (before)
		ask(a);
	do {
		umsi_aplic_reap(d);
		if (!before || umsi_load32(&a->ending_count) < before)
			return UMSI_OK;
		umsi_host_relax(d->m->host);
	} while (umsi_deadline_left(&wait));
	return UMSI_ENOSLOT;
}

/* Under the lock: it may be on the way to its next owner, who opens it. */
void umsi_aplic_unowned(struct umsi_aplic *a, umsi_cpu cpu, uint32_t source)
{
	struct umsi *m = a->domain.m;
	uintptr_t state;

	umsi_count_own(&a->cpu[cpu].unowned);
	if (source > a->sources)
		return;
	state = umsi_lock(m, &a->lock);
	if (!umsi_load_ptr(&a->record[source])) {
		umsi_aplic_write(a, APLIC_CLRIENUM, source);
		(void)umsi_aplic_read(a, APLIC_DOMAINCFG);
		umsi_barrier_flush_to_stamp();
	}
	umsi_unlock(m, &a->lock, state);
}
