/* SPDX-License-Identifier: MIT */
/* CPUs that leave, die and come back while everything else goes on. */
#include <umsi/host.h>

#include "isa.h"
#include "world.h"

struct trip {
	struct world *w;
	umsi_cpu cpu;
	bool nap;			/* it does not leave, and loses all its controller knew */
	bool decided, down, back;
};

static bool has_decided(void *arg)
{
	return ((struct trip *)arg)->decided;
}

static bool is_back(void *arg)
{
	return ((struct trip *)arg)->back;
}

/* On the CPU that goes; its other threads freeze where they are. */
static void leave(void *arg)
{
	struct trip *t = arg;
	struct world *w = t->w;
	int status;

	overlap_begin(w, OVERLAP_OFFLINE);
	status = umsi_cpu_leave(w->umsi, t->cpu);
	MACH_CHECK(w->m, status == UMSI_OK || status == UMSI_ENOSLOT || (status == UMSI_ENOCPU && w->plan.wishes) ||
		   (status == UMSI_ENOMEM && w->plan.fail_alloc) || (status == UMSI_ETIMEOUT && queues_give_up(w)), "I-API", "leave: %s",
		   umsi_status_text(status));
	if (status == UMSI_OK) {
		mach_irq_off(w->m);
		status = umsi_cpu_dead(w->umsi, t->cpu);
		/* What has lost its power answers nobody. */
		MACH_CHECK(w->m, status == UMSI_OK || (status == UMSI_ETIMEOUT && w->nights), "I-API", "dead: %s",
			   umsi_status_text(status));
		t->down = true;
		w->trips++;
	}
	overlap_end_of(w, OVERLAP_OFFLINE, status);
	t->decided = true;
	if (t->down && w->isa->power_off)
		w->isa->power_off(w, t->cpu);
	if (t->down)
		mach_cpu_down(w->m);
}

/* As from an idle state that keeps no interrupt controller. */
static void nap(void *arg)
{
	struct trip *t = arg;

	mach_irq_off(t->w->m);
	t->w->naps++;
	overlap_begin(t->w, OVERLAP_FAULT);
	t->down = true;
	t->decided = true;
	if (t->w->isa->power_off && mach_random(t->w->m, 2))
		t->w->isa->power_off(t->w, t->cpu);
	mach_cpu_down(t->w->m);
}

static void come_back(void *arg)
{
	struct trip *t = arg;
	struct world *w = t->w;
	int status;

	status = t->nap ? umsi_cpu_restore(w->umsi, t->cpu) : umsi_cpu_online(w->umsi, t->cpu);
	MACH_CHECK(w->m, status == UMSI_OK, "I-API", "online again: %s", umsi_status_text(status));
	mach_irq_on(w->m);
	/* What waited for it comes now. */
	mach_delay(w->m, mach_random(w->m, t->nap ? 40 : 300));
	overlap_end(w, t->nap ? OVERLAP_FAULT : OVERLAP_ONLINE);
	w->coming -= !t->nap;
	t->back = true;
}

/* A CPU of this traveller's: with two at it, one has the odd, one the even ones. */
static umsi_cpu draw_cpu(struct world *w, uint32_t part)
{
	uint32_t parts = w->plan.commuters ? 2 : 1;
	uint32_t mine = (w->plan.ncpus - 1 - part + parts - 1) / parts;

	return 1 + part + parts * (umsi_cpu)mach_random(w->m, mine);
}

/* Two CPUs that come up at the same moment are rare by themselves. */
static void meet_at_the_door(struct world *w)
{
	uint64_t until = mach_steps(w->m) + 15000;

	if (!w->plan.commuters)
		return;
	w->waits_at_door = !w->waits_at_door;
	while (w->waits_at_door && mach_steps(w->m) < until) {
		umsi_host_relax(w->m);
		mach_delay(w->m, 10);
	}
	w->waits_at_door = false;
}

static void travel(struct actor *a, uint32_t part)
{
	struct world *w = a->w;

	a->travels = true;
	mach_sync(w->m);
	actor_wait_for(a, w->plan.hotplug_at);
	while (actor_next(a)) {
		struct trip t = { .w = w, .cpu = draw_cpu(w, part) };

		while (w->night) {
			umsi_host_relax(w->m);	/* the one that is to doze here */
			mach_delay(w->m, 10);
		}
		w->travelling++;
		t.nap = w->plan.naps && mach_random(w->m, 2);
		actor_says(a, t.nap ? "lets cpu%u nap" : "sends cpu%u away", t.cpu);
		if (!t.nap) {
			/* The host sends it no more IPIs, and those under way arrive. */
			w->going |= 1u << t.cpu;
			mach_delay(w->m, 1500);
		}
		mach_thread(w->m, t.cpu, t.nap ? nap : leave, &t);
		mach_wait(w->m, has_decided, &t);
		if (t.down) {
			mach_delay(w->m, mach_random(w->m, 600));
			if (mach_random(w->m, 4))
				meet_at_the_door(w);
			w->coming += !t.nap;
			if (!t.nap)
				overlap_begin(w, OVERLAP_ONLINE);
			mach_cpu_up(w->m, t.cpu, come_back, &t);
			mach_wait(w->m, is_back, &t);
		}
		w->travelling--;
		mach_delay(w->m, mach_random(w->m, 400));
	}
}

void actor_hotplug(void *arg)
{
	travel(arg, 0);
}

void actor_commuter(void *arg)
{
	travel(arg, 1);
}
