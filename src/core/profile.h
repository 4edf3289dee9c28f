/* SPDX-License-Identifier: MIT */
/*
 * What the small profiles of sources.list do without, as conditions: the code that serves it alone is compiled
 * everywhere, and dropped where it cannot be reached. UMSI_PROFILE, a name given to the compiler, goes with the sections.
 */
#ifndef UMSI_CORE_PROFILE_H
#define UMSI_CORE_PROFILE_H

#define UMSI_PROFILE_LEAST	1
#define UMSI_PROFILE_SMALL	2
#define UMSI_PROFILE_FULL	3

#ifndef UMSI_PROFILE
#define UMSI_PROFILE	UMSI_PROFILE_FULL
#endif

#define UMSI_IS_FULL		(UMSI_PROFILE == UMSI_PROFILE_FULL)
#define UMSI_IS_LEAST		(UMSI_PROFILE == UMSI_PROFILE_LEAST)

#define UMSI_HAS_BLOCKS		UMSI_IS_FULL	/* more than one slot to an interrupt, or interrupt to a message */
#define UMSI_HAS_SETS		UMSI_IS_FULL	/* affinities that are one */
#define UMSI_HAS_NODES		UMSI_IS_FULL	/* that know who has most free slots */
#define UMSI_HAS_HOTPLUG	UMSI_IS_FULL	/* CPUs that leave, or lose their controller */
#define UMSI_HAS_SLEEP		UMSI_IS_FULL	/* devices that are away */
#define UMSI_HAS_LIMITS		UMSI_IS_FULL	/* of devices */
#define UMSI_HAS_WISHES		UMSI_IS_FULL	/* bands, reserved numbers, strict affinities */
#define UMSI_HAS_DUMPS		UMSI_IS_FULL
#define UMSI_HAS_DIRECT		UMSI_IS_FULL	/* the usual move in one function: vector/directly.c */
#define UMSI_HAS_SHORTCUTS	UMSI_IS_FULL	/* the usual case once more, in line */

#define UMSI_HAS_MOVES		(!UMSI_IS_LEAST)
#define UMSI_HAS_FLOW		(!UMSI_IS_LEAST)	/* sources that are kept quiet: levels, held, storms; flushes that sleep */
#define UMSI_HAS_FUNCTIONS	(!UMSI_IS_LEAST)	/* logical, of a device */
#define UMSI_HAS_STATS		(!UMSI_IS_LEAST)	/* of a controller */

/* An operation that nobody calls without. */
#define UMSI_FOR_HOTPLUG(op)	(UMSI_HAS_HOTPLUG ? (op) : NULL)
#define UMSI_FOR_SLEEP(op)	(UMSI_HAS_SLEEP ? (op) : NULL)
#define UMSI_FOR_LIMITS(op)	(UMSI_HAS_LIMITS ? (op) : NULL)
#define UMSI_FOR_WISHES(op)	(UMSI_HAS_WISHES ? (op) : NULL)
#define UMSI_FOR_DUMPS(op)	(UMSI_HAS_DUMPS ? (op) : NULL)
#define UMSI_FOR_SHORTCUTS(op)	(UMSI_HAS_SHORTCUTS ? (op) : NULL)
#define UMSI_FOR_MOVES(op)	(UMSI_HAS_MOVES ? (op) : NULL)
#define UMSI_FOR_FLOW(op)	(UMSI_HAS_FLOW ? (op) : NULL)
#define UMSI_FOR_STATS(op)	(UMSI_HAS_STATS ? (op) : NULL)
#define UMSI_FOR_DIRECT(op)	(UMSI_HAS_DIRECT ? (op) : NULL)

#endif
