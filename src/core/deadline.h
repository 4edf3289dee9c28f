/* SPDX-License-Identifier: MIT */
/*
 * Waiting for hardware or for another CPU, with an end. Who waits may be kept off its CPU for
 * longer than the whole wait, between a look and the clock: by another thread, or by a
 * hypervisor. So there is one more look after the clock has said that time is over.
 */
#ifndef UMSI_CORE_DEADLINE_H
#define UMSI_CORE_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#include <umsi/host.h>

struct umsi_deadline {
	void *host;
	uint64_t end_ns;
	bool over;
};

struct umsi_deadline umsi_deadline_in(void *host, uint64_t ns);

/* Asked after a look that found nothing: is another one due? */
bool umsi_deadline_left(struct umsi_deadline *d);

#endif
