/* SPDX-License-Identifier: MIT */
/*
 * When a source is enabled. A level source stays pending while its line is up,
 * claimed or not, so a CPU that it was moved to, or a trap inside its handler,
 * would claim it without end until the handler has quietened the device. Whoever
 * claims it while its handler runs shuts it first, and only then makes its
 * arrival known; so whatever that arrival leads to, a repeated call, a run from
 * an inbox, an enable, ends in a look at the gate that sees it shut.
 */
#include "root/aplic.h"

/* What was written is in force before the lock goes: releasing it orders no device write. */
static void set_enable(struct umsi_aplic *a, uint32_t reg, uint32_t source)
{
	umsi_aplic_write(a, reg, source);
	(void)umsi_aplic_read(a, APLIC_DOMAINCFG);
	umsi_barrier_flush_to_stamp();
}

void umsi_aplic_open(struct umsi_aplic *a, uint32_t source)
{
	struct umsi *m = a->domain.m;
	uintptr_t state = umsi_lock(m, &a->lock);

	umsi_store32(&a->gate[source], APLIC_OPEN);
	set_enable(a, APLIC_SETIENUM, source);
	umsi_unlock(m, &a->lock, state);
}

void umsi_aplic_close(struct umsi_aplic *a, uint32_t source)
{
	struct umsi *m = a->domain.m;
	uintptr_t state = umsi_lock(m, &a->lock);

	umsi_fetch_and32(&a->gate[source], ~APLIC_OPEN);
	set_enable(a, APLIC_CLRIENUM, source);
	umsi_unlock(m, &a->lock, state);
}

void umsi_aplic_shut(struct umsi_aplic *a, uint32_t source)
{
	struct umsi *m = a->domain.m;
	uintptr_t state = umsi_lock(m, &a->lock);

	umsi_fetch_or32(&a->gate[source], APLIC_SHUT);
	set_enable(a, APLIC_CLRIENUM, source);
	umsi_unlock(m, &a->lock, state);
}

void umsi_aplic_unshut(struct umsi_aplic *a, uint32_t source)
{
	struct umsi *m = a->domain.m;
	uintptr_t state;

	if (__builtin_expect(!(umsi_load32(&a->gate[source]) & APLIC_SHUT), 1))
		return;
	state = umsi_lock(m, &a->lock);
	if (umsi_fetch_and32(&a->gate[source], ~APLIC_SHUT) == (APLIC_OPEN | APLIC_SHUT))
		set_enable(a, APLIC_SETIENUM, source);
	umsi_unlock(m, &a->lock, state);
}
