/* SPDX-License-Identifier: MIT */
#include "actor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <umsi/host.h>

#include "isa.h"
#include "umsi_hosted.h"
#include "world.h"

static umsi_cpu in_turn(const struct plan *p, uint32_t n, uint32_t r)
{
	(void)r;
	return n % p->ncpus;
}

static umsi_cpu anywhere(const struct plan *p, uint32_t n, uint32_t r)
{
	(void)n;
	return r % p->ncpus;
}

static umsi_cpu last_one(const struct plan *p, uint32_t n, uint32_t r)
{
	(void)n, (void)r;
	return p->ncpus - 1;
}

/* New kinds go to the end, so that the others keep their numbers. */
static const struct actor_kind kinds[] = {
	{ "owner", actor_owner, offsetof(struct plan, owners), WORLD_OWNERS, in_turn },
	{ "mover", actor_mover, offsetof(struct plan, movers), 4, anywhere },
	{ "toucher", actor_toucher, offsetof(struct plan, touchers), 2, anywhere },
	{ "remover", actor_remover, offsetof(struct plan, removers), 1, anywhere },
	{ "ipi", actor_ipi, offsetof(struct plan, ipis), 1, last_one },
	{ "hotplug", actor_hotplug, offsetof(struct plan, hotplug), 1, in_turn },
	{ "raiser", actor_raiser, offsetof(struct plan, raisers), 1, in_turn },
	{ "shaker", actor_shaker, offsetof(struct plan, shakers), 2, anywhere },
	{ "sleeper", actor_sleeper, offsetof(struct plan, sleepers), 1, anywhere },
	{ "suspender", actor_suspender, offsetof(struct plan, suspenders), 1, anywhere },
	{ "commuter", actor_commuter, offsetof(struct plan, commuters), 1, in_turn },
	{ "intruder", actor_intruder, offsetof(struct plan, intruders), 1, anywhere },
	{ "forger", actor_forger, offsetof(struct plan, forgers), 1, anywhere },
	{ "balancer", actor_balancer, offsetof(struct plan, balancers), 1, anywhere },
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static const struct actor_kind *kind_of(uint32_t id, uint32_t *number)
{
	for (size_t i = 0; i < KINDS; i++) {
		*number = id;
		if (id < kinds[i].most)
			return &kinds[i];
		id -= kinds[i].most;
	}
	return NULL;
}

const char *actor_name(uint32_t id, char room[24])
{
	uint32_t number;
	const struct actor_kind *k = kind_of(id, &number);

	if (!k)
		return NULL;
	snprintf(room, 24, "%s%u", k->name, number);
	return room;
}

uint32_t actor_by_name(const char *name, size_t length)
{
	char room[24];

	for (uint32_t id = 0; id < ACTORS_MAX && actor_name(id, room); id++)
		if (strlen(room) == length && !strncmp(room, name, length))
			return id;
	return UINT32_MAX;
}

static uint64_t stream(const struct world *w, uint32_t id, uint32_t op)
{
	uint64_t x = w->run->seed * UINT64_C(0x9e3779b97f4a7c15) + ((uint64_t)id << 32 | op);

	x ^= x >> 31;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	return x ^ x >> 29;
}

/* A CPU may leave: only those that can are taken down. Some machines have no wires. */
static bool acts(const struct world *w, const struct actor_kind *k)
{
	if (k->run == actor_raiser || k->run == actor_shaker)
		return w->wire.irq != UMSI_IRQ_NONE;
	if (k->run == actor_commuter)
		return w->isa->hotplug && w->plan.hotplug && w->plan.ncpus > 3;
	if (k->run == actor_forger)
		return w->stranger || w->its;
	if (k->run == actor_intruder)
		return w->stranger;
	return k->run != actor_hotplug || (w->isa->hotplug && w->plan.ncpus > 2);
}

void actors_start(struct world *w, struct actor *actors)
{
	uint32_t number;
	const struct actor_kind *k;

	for (uint32_t id = 0; (k = kind_of(id, &number)); id++) {
		if (number >= *(const uint32_t *)((const char *)&w->plan + k->count) || !acts(w, k))
			continue;
		actors[id] = (struct actor){ .w = w, .id = id, .number = number };
		mach_thread(w->m, k->where(&w->plan, number, (uint32_t)(stream(w, id, UINT32_MAX) >> 40)),
			    k->run, &actors[id]);
	}
}

void actor_begin(struct actor *a)
{
	umsi_hosted_rmw(&a->w->started, 8, UMSI_HOSTED_ADD, 1, UMSI_HOSTED_ACQ_REL);
}

void actor_wait_for(struct actor *a, uint64_t step)
{
	uint64_t now = mach_steps(a->w->m) - a->w->acting_step;

	if (now < step)
		mach_delay(a->w->m, step - now);
}

static bool time_is_up(const struct world *w)
{
	return mach_steps(w->m) - w->acting_step >= w->plan.steps;
}

/*
 * A CPU that went early may come back late, and should find the others at work:
 * they rest in between, or most of a run would pass while it is away.
 */
static bool waits_for_travellers(const struct actor *a)
{
	struct world *w = a->w;

	if (a->travels)
		return false;
	while (time_is_up(w) && w->travelling && !w->coming) {
		umsi_host_relax(w->m);	/* who travels may live on this CPU */
		mach_delay(w->m, 40);
	}
	return w->coming;
}

bool actor_next(struct actor *a)
{
	struct world *w = a->w;
	const struct keep *keep = w->run->keep;
	bool goes_on = waits_for_travellers(a);

	if (keep && keep->some)
		while (a->op < ACTOR_OPS_MAX && !keep_has(keep, a->id, a->op))
			a->op++;
	else if (!goes_on && time_is_up(w))
		return false;
	if (a->op >= ACTOR_OPS_MAX)
		return false;
	mach_random_restart(w->m, stream(w, a->id, a->op));
	w->ops[a->id] = ++a->op;
	return true;
}

void actor_says(const struct actor *a, const char *format, ...)
{
	char text[100], room[24];
	va_list args;

	if (!w_tells(a->w))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	mach_say(a->w->m, "%s #%u %s", actor_name(a->id, room), a->op - 1, text);
}
