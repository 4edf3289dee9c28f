/* SPDX-License-Identifier: MIT */
/* CPUs that leave, die and come back while everything else goes on. */
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
	int status = umsi_cpu_leave(w->umsi, t->cpu);

	MACH_CHECK(w->m, status == UMSI_OK || status == UMSI_ENOSLOT ||
		   (status == UMSI_ENOMEM && w->plan.fail_alloc), "I-API", "leave: %s",
		   umsi_status_text(status));
	if (status == UMSI_OK) {
		mach_irq_off(w->m);
		status = umsi_cpu_dead(w->umsi, t->cpu);
		MACH_CHECK(w->m, status == UMSI_OK, "I-API", "dead: %s", umsi_status_text(status));
		t->down = true;
		w->trips++;
	}
	t->decided = true;
	if (t->down)
		mach_cpu_down(w->m);
}

/* As from an idle state that keeps no interrupt controller. */
static void nap(void *arg)
{
	struct trip *t = arg;

	mach_irq_off(t->w->m);
	t->w->naps++;
	t->down = true;
	t->decided = true;
	mach_cpu_down(t->w->m);
}

static void come_back(void *arg)
{
	struct trip *t = arg;
	struct world *w = t->w;
	int status = t->nap ? umsi_cpu_restore(w->umsi, t->cpu) : umsi_cpu_online(w->umsi, t->cpu);

	MACH_CHECK(w->m, status == UMSI_OK, "I-API", "online again: %s", umsi_status_text(status));
	mach_irq_on(w->m);
	t->back = true;
}

void actor_hotplug(void *arg)
{
	struct actor *a = arg;
	struct world *w = a->w;

	mach_sync(w->m);
	while (actor_next(a)) {
		struct trip t = { .w = w, .cpu = 1 + (umsi_cpu)mach_random(w->m, w->plan.ncpus - 1) };

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
			mach_cpu_up(w->m, t.cpu, come_back, &t);
			mach_wait(w->m, is_back, &t);
		}
		mach_delay(w->m, mach_random(w->m, 400));
	}
}
