/* SPDX-License-Identifier: MIT */
/*
 * What differs from an edge that is handled at once: level sources, and
 * handlers that answer later. None of it is on the hot path of an edge.
 */
#ifndef UMSI_CORE_FLOW_H
#define UMSI_CORE_FLOW_H

#include "core/record.h"

/* The handler answered UMSI_LATER. False: done has come already, or the interrupt is going: go on. */
bool umsi_flow_hold(struct umsi_record *r);

/* Level: the handler is done; the store looks at the line again. @locked: under the record's lock. */
void umsi_flow_rearm(struct umsi_record *r, bool locked);

/*
 * Arrived while disabled, a level once, an edge too often: nobody will quieten
 * the device, so its store is masked until enabled.
 */
void umsi_flow_disabled(struct umsi_record *r);

/* In its handler's trap: nobody has wanted it for long, so it is disabled once, and reported. */
void umsi_flow_contain(struct umsi_record *r);

/* Under the record's lock, before the last enable: a level source speaks again by itself. */
void umsi_flow_let_speak(struct umsi_record *r);

static inline void umsi_flow_enable(struct umsi_record *r)
{
	if (UMSI_HAS_FLOW)
		umsi_flow_let_speak(r);
}

/* Under the record's lock, when it is released or freed: nobody will say done any more. */
void umsi_flow_forget(struct umsi_record *r);

static inline void umsi_flow_end(struct umsi_record *r)
{
	if (UMSI_HAS_FLOW)
		umsi_flow_forget(r);
}

#endif
