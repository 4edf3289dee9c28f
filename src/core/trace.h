/* SPDX-License-Identifier: MIT */
/*
 * Trace points. UMSI_TRACE, a number given to the compiler: 0 none, 1 all but
 * those between claim and handler's end (default), 2 all.
 */
#ifndef UMSI_CORE_TRACE_H
#define UMSI_CORE_TRACE_H

#include <umsi/trace.h>

#include "core/machine.h"
#include "core/record.h"

#ifndef UMSI_TRACE
#define UMSI_TRACE	1
#endif

/* Nothing, unless somebody traces. */
void umsi_trace_write(struct umsi *m, enum umsi_trace_point point, uint32_t a, uint64_t b, uint32_t irq);
void umsi_trace_write_irq(const struct umsi_record *r, enum umsi_trace_point point, uint32_t a, uint64_t b);

/*
 * Neither this flag nor the rings are part of any protocol, so they do without the seam of
 * arch/: a traced run takes the same steps as one that is not. A pointer that was read leads
 * to what was stored before it was published: an address dependency, kept in order everywhere.
 */
static inline bool umsi_trace_is_on(const struct umsi *m)
{
	return UMSI_TRACE > 0 && __builtin_expect(__atomic_load_n(&m->trace, __ATOMIC_RELAXED) != NULL, 0);
}

/* Of the machine; and of one interrupt, what does not happen in its usual life: not even the look is in line. */
static inline void umsi_trace_point(struct umsi *m, enum umsi_trace_point point, uint32_t a, uint64_t b)
{
	if (UMSI_TRACE > 0)
		umsi_trace_write(m, point, a, b, 0);
}

static inline void umsi_trace_rare(const struct umsi_record *r, enum umsi_trace_point point, uint32_t a,
				   uint64_t b)
{
	if (UMSI_TRACE > 0)
		umsi_trace_write_irq(r, point, a, b);
}

static inline void umsi_trace_irq(const struct umsi_record *r, enum umsi_trace_point point, uint32_t a,
				  uint64_t b)
{
	if (umsi_trace_is_on(r->m))
		umsi_trace_write_irq(r, point, a, b);
}

/* Between a claim and its handler's end. */
static inline void umsi_trace_hot(const struct umsi_record *r, enum umsi_trace_point point)
{
	if (UMSI_TRACE > 1 && umsi_trace_is_on(r->m))
		umsi_trace_write_irq(r, point, 0, 0);
}

#endif
