/* SPDX-License-Identifier: MIT */
/* The last moments of a hart's interrupt file. */
#include "root/imsic.h"

#include "core/deadline.h"
#include "umsi_aia.h"

/* How long a file may take to show what was stored to it. */
#define MARKER_WAIT_NS	1000000000u

static void serve_ipi(struct umsi_imsic *im, struct umsi_vec_cpu *c, uint32_t id)
{
	umsi_barrier_claim_to_handler();
	im->v.system(&im->v, c, id);
}

/* Hands on what is pending. True: the marker was among it. */
static bool forward_pending(struct umsi_imsic *im, struct umsi_vec_cpu *c)
{
	bool marker = false;
	uint32_t id;

	while ((id = umsi_imsic_topei_id(umsi_aia_stopei_claim()))) {
		if (id == UMSI_SLOT_MARKER)
			marker = true;
		else if (id >= im->v.first)
			umsi_vec_forward(&im->v, c, id);
		else if (id != UMSI_SLOT_KICK)	/* the inbox is emptied by the core */
			serve_ipi(im, c, id);
	}
	return marker;
}

static int wait_for_marker(struct umsi_imsic *im, struct umsi_vec_cpu *c)
{
	struct umsi_deadline wait = umsi_deadline_in(im->v.domain.m->host, MARKER_WAIT_NS);

	while (!forward_pending(im, c))
		if (!umsi_deadline_left(&wait))
			return UMSI_ETIMEOUT;
	return UMSI_OK;
}

/*
 * R14 (3): interrupts are off for good, no store is aimed here any more and
 * each was flushed, so a marker stored now queues behind all there is (T1).
 * One that is out already proves only what was sent before it.
 */
int umsi_imsic_cpu_dead(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_imsic *im = umsi_imsic_of(umsi_vec_of(d));
	struct umsi_vec_cpu *c = im->v.cpu[cpu];
	int status = UMSI_OK;

	if (!c)
		return UMSI_OK;
	if (c->marker_out && !c->marker_claimed)
		status = wait_for_marker(im, c);
	if (!status) {
		umsi_barrier_req_to_marker();
		im->v.ops->raise(&im->v, cpu, UMSI_SLOT_MARKER);
		status = wait_for_marker(im, c);
	}
	umsi_aia_write_locked(AIA_EIDELIVERY, 0);
	/* Unproved slots stay retiring: better never reused than given away too early. */
	if (!status)
		umsi_vec_dead(&im->v, c);
	return status;
}
