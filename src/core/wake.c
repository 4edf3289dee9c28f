/* SPDX-License-Identifier: MIT */
#include "core/wake.h"

#include "core/block.h"

/* Low bits of how often it arrived: calls, and one that waits for its enable. */
static uint32_t arrivals(struct umsi_record *r)
{
	return (uint32_t)umsi_load64(&r->handled) + !!(umsi_load32(&r->state) & UMSI_PEND);
}

static struct umsi_wake *find(struct umsi *m, uint32_t number_plus_1)
{
	for (uint32_t i = 0; i < UMSI_WAKES_MAX; i++)
		if (m->wake[i].irq == number_plus_1)
			return &m->wake[i];
	return NULL;
}

static int set(struct umsi_record *r, bool wake)
{
	struct umsi *m = r->m;
	uintptr_t state = umsi_lock(m, &m->wake_lock);
	struct umsi_wake *w = find(m, wake ? 0 : r->number + 1);

	if (w)
		*w = (struct umsi_wake){ .irq = wake ? r->number + 1 : 0, .seen = arrivals(r) };
	umsi_unlock(m, &m->wake_lock, state);
	if (!w)
		return UMSI_ENOSLOT;
	r->wake = wake;
	return UMSI_OK;
}

static int set_if_new(struct umsi_record *r, void *arg)
{
	const bool *wake = arg;

	return r->wake == *wake ? UMSI_OK : set(r, *wake);
}

int umsi_irq_set_wake(struct umsi *m, umsi_irq irq, bool wake)
{
	return umsi_record_with(m, irq, set_if_new, &wake);
}

void umsi_wake_forget(struct umsi_record *r)
{
	set(r, false);
}

void umsi_wake_arm(struct umsi *m)
{
	uintptr_t state = umsi_lock(m, &m->wake_lock);

	for (uint32_t i = 0; i < UMSI_WAKES_MAX; i++)
		if (m->wake[i].irq)
			m->wake[i].seen = arrivals(umsi_record_by_number(m, m->wake[i].irq - 1));
	umsi_unlock(m, &m->wake_lock, state);
}

umsi_irq umsi_woken_by(struct umsi *m)
{
	umsi_irq irq = UMSI_IRQ_NONE;
	uintptr_t state;

	if (!m)
		return UMSI_IRQ_NONE;
	state = umsi_lock(m, &m->wake_lock);
	for (uint32_t i = 0; i < UMSI_WAKES_MAX && !irq; i++) {
		struct umsi_record *r;

		if (!m->wake[i].irq)
			continue;
		r = umsi_record_by_number(m, m->wake[i].irq - 1);
		if (arrivals(r) != m->wake[i].seen)
			irq = umsi_record_handle(r, umsi_load32(&r->state));
	}
	umsi_unlock(m, &m->wake_lock, state);
	return irq;
}
