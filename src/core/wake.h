/* SPDX-License-Identifier: MIT */
/* Interrupts that stay armed while the machine is suspended. */
#ifndef UMSI_CORE_WAKE_H
#define UMSI_CORE_WAKE_H

#include "core/record.h"

/* @r is going: it wakes nobody any more. Under its lock. */
void umsi_wake_forget(struct umsi_record *r);

static inline void umsi_wake_end(struct umsi_record *r)
{
	if (UMSI_HAS_SLEEP && r->wake)
		umsi_wake_forget(r);
}

/* From here on what arrives counts as waking. */
void umsi_wake_arm(struct umsi *m);

#endif
