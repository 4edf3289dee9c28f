/* SPDX-License-Identifier: MIT */
/*
 * Actors: threads that do one operation after the other. An operation's
 * choices depend on the seed, the actor and the operation's number alone, so
 * that a run can be repeated with some of them left out.
 */
#ifndef CAMPAIGN_ACTOR_H
#define CAMPAIGN_ACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

#define ACTORS_MAX	24u
#define ACTOR_OPS_MAX	4096u

struct world;

struct actor {
	struct world *w;
	uint32_t id;			/* of all, as in actor_name() */
	uint32_t number;		/* of its kind */
	uint32_t op;			/* the next operation's number */
	bool travels;			/* it takes CPUs down and up */
};

/* A kind of actor; how many act is a field of the plan. */
struct actor_kind {
	const char *name;
	void (*run)(void *actor);
	size_t count;			/* offset of that field */
	uint32_t most;
	/* Where number @n lives; @r is random. */
	umsi_cpu (*where)(const struct plan *p, uint32_t n, uint32_t r);
};

/* Which operations of a run take place. */
struct keep {
	bool some;			/* false: all, for as long as the plan says */
	uint64_t bits[ACTORS_MAX][ACTOR_OPS_MAX / 64];
};

static inline bool keep_has(const struct keep *k, uint32_t actor, uint32_t op)
{
	return k->bits[actor][op / 64] >> op % 64 & 1;
}

/* "mover1", or NULL. */
const char *actor_name(uint32_t id, char room[24]);
/* UINT32_MAX: nobody. */
uint32_t actor_by_name(const char *name, size_t length);

/* From cold: every actor of the plan. @actors: room for ACTORS_MAX. */
void actors_start(struct world *w, struct actor *actors);

/* A thread that was started has seen what its starter did. */
void actor_begin(struct actor *a);
/* Lets steps pass until that one, counted from where the actors began. */
void actor_wait_for(struct actor *a, uint64_t step);
/* On to the next operation; false: there is none, and the actor ends. */
bool actor_next(struct actor *a);
/* A line of the story: what this operation does. */
void actor_says(const struct actor *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Kinds: each is a loop over actor_next(). */
void actor_owner(void *actor);		/* allocates, requests, frees in its part */
void actor_mover(void *actor);
void actor_toucher(void *actor);	/* triggers, reads, dumps, misuses */
void actor_remover(void *actor);	/* the device that comes and goes */
void actor_ipi(void *actor);
void actor_hotplug(void *actor);	/* hotplug.c */
void actor_commuter(void *actor);	/* the same beside it, for other CPUs */
void actor_raiser(void *actor);		/* wire.c: raises a level-triggered wire */
void actor_shaker(void *actor);		/* wire.c: moves it */
void actor_sleeper(void *actor);	/* sleep.c */
void actor_suspender(void *actor);	/* sleep.c: everything sleeps at once */
void actor_intruder(void *actor);	/* remap.c */
void actor_forger(void *actor);		/* hostile.c */
void actor_balancer(void *actor);	/* limits.c */

#endif
