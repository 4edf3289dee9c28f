/* SPDX-License-Identifier: MIT */
/*
 * The invalidation queue. A request is two descriptors, the invalidation and a
 * wait that writes the request's number to a word of its own, so that any
 * number of CPUs wait at once, each for its own word.
 * Source: Intel VT-d, "Queued Invalidation Interface", "Invalidation Wait
 * Descriptor", "Interrupt Draining": the wait covers messages that were let
 * through by the entries before.
 */
#include "translate/vtd.h"

#include "core/deadline.h"

#define ANSWER_NS	50000000u	/* hardware answers in microseconds */

/* Each place holds the number it had one lap before its next. */
void umsi_vtd_queue_reset(struct umsi_vtd *v)
{
	v->next = (v->next + VTD_REQUESTS - 1) / VTD_REQUESTS * VTD_REQUESTS;
	for (uint32_t i = 0; i < VTD_REQUESTS; i++)
		umsi_store32(&v->status[i], v->next + i - VTD_REQUESTS);
}

static bool is_done(const struct umsi_vtd *v, uint32_t number)
{
	return (int32_t)(umsi_load32_acquire(&v->status[number % VTD_REQUESTS]) - number) >= 0;
}

static void put_locked(struct umsi_vtd *v, uint64_t invalidate)
{
	uint32_t at = v->next % VTD_REQUESTS;
	struct umsi_vtd_request *q = &v->queue[at];

	umsi_store64(&q->invalidate, invalidate);
	umsi_store64(&q->zero, 0);
	umsi_store64(&q->wait, umsi_vtd_wait(v->next));
	umsi_store64(&q->status_bus, v->status_bus + at * sizeof(v->status[0]));
	v->next++;
	/* The table's entries and the descriptors are in memory before the unit is told. */
	umsi_barrier_publish_to_message();
	umsi_vtd_write32(v, VTD_IQT, v->next % VTD_REQUESTS * (uint32_t)sizeof(*q));
	/* Read back: releasing the lock orders no device write, and the next tail must not be overtaken by this one. */
	umsi_vtd_read32(v, VTD_IQT);
	umsi_barrier_flush_to_stamp();
}

/* False: every place is still in use. */
static bool put(struct umsi_vtd *v, uint64_t invalidate, uint32_t *number)
{
	uintptr_t state = umsi_lock(v->domain.m, &v->lock);
	/* One place stays empty: a tail that meets the head means nothing to do. */
	bool room = is_done(v, v->next + 1 - VTD_REQUESTS);

	if (room) {
		*number = v->next;
		put_locked(v, invalidate);
	}
	umsi_unlock(v->domain.m, &v->lock, state);
	return room;
}

/*
 * The unit refused a descriptor and stands ("Queued Invalidation Interface",
 * on IQE). An invalidation is replaced by one of everything, so that whoever
 * waits behind it is told the truth; a wait is written again. False: that is
 * not why it does not answer.
 */
static bool mend_locked(struct umsi_vtd *v, uint32_t faults)
{
	uint32_t head = umsi_vtd_read32(v, VTD_IQH) / VTD_DESCRIPTOR_BYTES % (2 * VTD_REQUESTS);
	struct umsi_vtd_request *q = &v->queue[head / 2];

	if (!(faults & VTD_FSTS_IQE))
		return false;
	if (head % 2 == 0) {
		umsi_store64(&q->invalidate, umsi_vtd_iec_all());
		umsi_store64(&q->zero, 0);
	}
	umsi_barrier_publish_to_message();
	umsi_vtd_write32(v, VTD_FSTS, VTD_FSTS_IQE);
	umsi_vtd_read32(v, VTD_FSTS);
	return true;
}

/* Nothing came in time. True: it may now. */
static bool look_why(struct umsi_vtd *v)
{
	uintptr_t state = umsi_lock(v->domain.m, &v->lock);
	uint32_t faults = umsi_vtd_read32(v, VTD_FSTS);
	bool mended = mend_locked(v, faults);

	umsi_barrier_flush_to_stamp();
	umsi_unlock(v->domain.m, &v->lock, state);
	umsi_fetch_add64(&v->timeouts, 1);
	if (!umsi_fetch_or32(&v->silent, 1))
		umsi_vtd_log(v, "the invalidation queue does not answer:", "fsts", faults);
	return mended;
}

/* A unit that was silent is not waited for as long again: interrupts are off meanwhile. */
static uint64_t patience(const struct umsi_vtd *v)
{
	return umsi_load32(&v->silent) ? ANSWER_NS / 64 : ANSWER_NS;
}

/* Until the queue has room, or, when @number is there, until that is done. */
static bool wait_for(struct umsi_vtd *v, uint64_t invalidate, uint32_t *number, bool *given,
		     uint64_t patience_ns)
{
	struct umsi_deadline wait = umsi_deadline_in(v->domain.m->host, patience_ns);

	do {
		if (!*given) {
			*given = put(v, invalidate, number);
			if (wait.over && *given)
				wait = umsi_deadline_in(wait.host, patience_ns);
		}
		if (*given && is_done(v, *number))
			return true;
	} while (umsi_deadline_left(&wait));
	return false;
}

static int request(struct umsi_vtd *v, uint64_t invalidate)
{
	uint32_t number = 0;
	bool given = false;

	if (!wait_for(v, invalidate, &number, &given, patience(v)) &&
	    !(look_why(v) && wait_for(v, invalidate, &number, &given, ANSWER_NS)))
		return UMSI_ETIMEOUT;
	/* What the wait proved comes before whatever is built on it (R4). */
	umsi_barrier_flush_to_stamp();
	umsi_store32(&v->silent, 0);
	umsi_fetch_add64(&v->invalidations, 1);
	return UMSI_OK;
}

int umsi_vtd_invalidate(struct umsi_vtd *v, uint32_t index, unsigned int order)
{
	return request(v, umsi_vtd_iec(index, order));
}

int umsi_vtd_invalidate_all(struct umsi_vtd *v)
{
	return request(v, umsi_vtd_iec_all());
}
