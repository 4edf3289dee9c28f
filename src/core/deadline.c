/* SPDX-License-Identifier: MIT */
#include "core/deadline.h"

struct umsi_deadline umsi_deadline_in(void *host, uint64_t ns)
{
	return (struct umsi_deadline){ .host = host, .end_ns = umsi_host_time_ns(host) + ns };
}

bool umsi_deadline_left(struct umsi_deadline *d)
{
	if (d->over)
		return false;
	d->over = umsi_host_time_ns(d->host) > d->end_ns;
	return true;
}
