/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <string.h>

#define AT(member)	offsetof(struct plan, member)
#define CHAOS(member)	offsetof(struct plan, chaos.member)
#define CHANCE		0, 256
#define STEPS		1, 100000

const struct plan_field plan_fields[] = {
	{ "cpus", AT(ncpus), 2, 8, 2, PLAN_SIZE, "CPUs" },
	{ "few-slots", AT(few_slots), 0, 1, 0, PLAN_SIZE, "so few slots that they run out" },
	{ "steps", AT(steps), 1, 1000000, 5000, PLAN_LENGTH, "actors start nothing new after this step" },
	{ "ticks", AT(ticks), 0, 100000, 0, PLAN_SIZE, "period of the timer in steps; 0 = none" },

	{ "owners", AT(owners), 0, 3, 3, PLAN_ACTS, "threads that allocate, request, disable and free" },
	{ "movers", AT(movers), 0, 4, 1, PLAN_ACTS, "threads that change affinities" },
	{ "touchers", AT(touchers), 0, 2, 0, PLAN_ACTS, "threads that trigger, read, dump and misuse" },
	{ "removers", AT(removers), 0, 1, 0, PLAN_ACTS, "thread of the device that comes and goes" },
	{ "ipis", AT(ipis), 0, 1, 0, PLAN_ACTS, "thread that sends interrupts between CPUs" },
	{ "kinds", AT(kinds), 0, 1, 0, PLAN_ACTS, "some interrupts roam or are managed: a slot on every CPU" },
	{ "wishes", AT(wishes), 0, 1, 0, PLAN_ACTS, "some interrupts only reserve a slot, or want one of a band; a few are strict" },
	{ "limits", AT(limits), 0, 1, 0, PLAN_ACTS, "devices have floors and ceilings, and one gives interrupts back" },
	{ "balancers", AT(balancers), 0, 1, 0, PLAN_ACTS, "thread that rebalances" },
	{ "hotplug", AT(hotplug), 0, 1, 0, PLAN_ACTS, "thread that takes CPUs down and up; needs 3 CPUs" },
	{ "raisers", AT(raisers), 0, 1, 0, PLAN_ACTS, "thread that raises a level-triggered wire" },
	{ "shakers", AT(shakers), 0, 2, 0, PLAN_ACTS, "threads that move that wire" },
	{ "sleepers", AT(sleepers), 0, 1, 0, PLAN_ACTS, "thread that sends device 0 to sleep, or resets it" },
	{ "suspenders", AT(suspenders), 0, 1, 0, PLAN_ACTS, "thread that suspends and resumes the machine; without sleepers" },
	{ "commuters", AT(commuters), 0, 1, 0, PLAN_ACTS, "a second thread that takes CPUs down and up; needs 4 CPUs and the first" },
	{ "intruders", AT(intruders), 0, 1, 0, PLAN_ACTS, "thread of a device that sends other devices' messages; needs a translator" },
	{ "forgers", AT(forgers), 0, 1, 0, PLAN_ACTS, "thread that sends devices' messages with any requester id; needs a translator" },
	{ "translator", AT(translator), 0, 2, 0, PLAN_SIZE, "x86: what stands before the root: 0 = nothing, 1 = VT-d, 2 = AMD-Vi" },
	{ "naps", AT(naps), 0, 1, 0, PLAN_WILD, "CPUs nap without leaving, and lose their controller's state" },
	{ "traffic0", AT(traffic[0]), 0, 100000, 0, PLAN_SIZE, "events of device 0 on its own account" },
	{ "traffic1", AT(traffic[1]), 0, 100000, 0, PLAN_SIZE, "events of device 1" },
	{ "traffic2", AT(traffic[2]), 0, 100000, 0, PLAN_SIZE, "events of device 2" },
	{ "gap0", AT(gap[0]), 1, 100000, 8, PLAN_LENGTH, "mean steps between two of them" },
	{ "gap1", AT(gap[1]), 1, 100000, 12, PLAN_LENGTH, "mean steps between two of device 1" },
	{ "gap2", AT(gap[2]), 1, 100000, 30, PLAN_LENGTH, "mean steps between two of device 2" },

	{ "handler-delay", AT(handler_delay), 0, 1, 0, PLAN_WILD, "handlers take their time now and then" },
	{ "handler-move", AT(handler_move), 0, 1, 0, PLAN_WILD, "handlers move their own interrupt" },
	{ "handler-free", AT(handler_free), 0, 1, 0, PLAN_WILD, "handlers try to free their own interrupt" },
	{ "handler-later", AT(handler_later), 0, 1, 0, PLAN_WILD, "handlers answer later" },
	{ "nest", AT(nest), 0, 1, 0, PLAN_WILD, "handlers turn interrupts on" },

	{ "plain", AT(plain), 0, 1, 0, PLAN_WILD, "device 2 has plain MSI too" },
	{ "plain-log2", AT(plain_log2), 0, 5, 0, PLAN_WILD, "log2 of its messages" },
	{ "plain-wide", AT(plain_wide), 0, 1, 0, PLAN_WILD, "its address has 64 bits" },
	{ "plain-maskable", AT(plain_maskable), 0, 1, 1, PLAN_WILD, "it has mask bits" },

	{ "fail-alloc", AT(fail_alloc), 0, 100000, 0, PLAN_WILD, "the n-th allocation fails; 0 = none" },
	{ "fail-for-ever", AT(fail_for_ever), 0, 1, 0, PLAN_WILD, "and all that follow" },
	{ "surprise", AT(surprise), 0, 1000000, 0, PLAN_WILD, "device 1 is pulled out after so many steps; 0 = never" },
	{ "strays", AT(strays), 0, 1, 0, PLAN_WILD, "messages come from nowhere, for any number of any CPU" },
	{ "stall-at", AT(stall_at), 0, 1000000, 0, PLAN_WILD, "after so many steps device 0 sends nothing" },
	{ "stall-steps", AT(stall_steps), 0, 100000, 0, PLAN_WILD, "for so many steps" },
	{ "deaf-at", AT(deaf_at), 0, 1000000, 0, PLAN_WILD, "after so many steps device 1 answers reads all-ones" },
	{ "deaf-steps", AT(deaf_steps), 0, 100000, 0, PLAN_WILD, "for so many steps" },
	{ "queue-stall-at", AT(queue_stall_at), 0, 1000000, 0, PLAN_WILD, "after so many steps no command or invalidation queue of a translator moves" },
	{ "queue-stall-steps", AT(queue_stall_steps), 0, 400000, 0, PLAN_WILD, "for so many steps; from 50000 on the library gives up first" },
	{ "lies", AT(lies), 0, 1, 0, PLAN_WILD, "device 2 comes with a false MSI-X capability now and then" },
	{ "torn", AT(torn), 0, 100000, 0, PLAN_WILD, "device 0 reads the words of its n-th message far apart" },
	{ "torn-steps", AT(torn_steps), 0, 100000, 0, PLAN_WILD, "by so many steps" },
	{ "storm-at", AT(storm_at), 0, 1000000, 0, PLAN_WILD, "after so many steps an entry of device 0 storms" },
	{ "storm", AT(storm), 0, 100000, 0, PLAN_WILD, "with so many events, one a step" },
	{ "slow-write", AT(slow_write), 0, 100000, 0, PLAN_WILD, "the n-th write to a device is delayed" },
	{ "slow-write-steps", AT(slow_write_steps), 0, 100000, 0, PLAN_WILD, "by so many steps" },
	{ "skew-us", AT(skew_us), 0, 100000, 0, PLAN_WILD, "microseconds that the last CPU's clock is ahead of the first's" },
	{ "hotplug-at", AT(hotplug_at), 0, 1000000, 0, PLAN_LENGTH, "the first CPU goes at this step, or after" },
	{ "suspend-at", AT(suspend_at), 0, 1000000, 0, PLAN_LENGTH, "the machine sleeps at this step, or after" },

	{ "burst", CHAOS(burst), 0, 100000, 0, PLAN_WILD, "mean steps between CPU switches; 0 = only when one waits" },
	{ "thread-switch", CHAOS(thread_switch), CHANCE, 0, PLAN_WILD, "chance in 256 that the thread changes too" },
	{ "starve", CHAOS(starve), CHANCE, 0, PLAN_WILD, "chance that one CPU is kept from running" },
	{ "store-now", CHAOS(store_now), CHANCE, 256, PLAN_WILD, "chance that a memory store leaves its CPU at once" },
	{ "store-max", CHAOS(store_max), STEPS, 1, PLAN_WILD, "steps it waits at most otherwise" },
	{ "leave-now", CHAOS(leave_now), CHANCE, 256, PLAN_WILD, "the same for device writes" },
	{ "leave-max", CHAOS(leave_max), STEPS, 1, PLAN_WILD, "steps a device write waits at most" },
	{ "stale", CHAOS(stale), CHANCE, 0, PLAN_WILD, "chance that a load looks for an older value" },
	{ "trap-now", CHAOS(trap_now), CHANCE, 256, PLAN_WILD, "chance that a pending interrupt is taken at once" },
	{ "trap-max", CHAOS(trap_max), STEPS, 1, PLAN_WILD, "steps it waits at most" },
	{ "post-now", CHAOS(post_now), CHANCE, 256, PLAN_WILD, "chance that a device write arrives at once" },
	{ "post-max", CHAOS(post_max), STEPS, 1, PLAN_WILD, "steps it travels at most" },
	{ "sample-now", CHAOS(sample_now), CHANCE, 256, PLAN_WILD, "chance that a device reads all words of a message together" },
	{ "sample-max", CHAOS(sample_max), STEPS, 1, PLAN_WILD, "steps between two words at most" },
	{ "message-now", CHAOS(message_now), CHANCE, 256, PLAN_WILD, "chance that a message arrives at once" },
	{ "message-max", CHAOS(message_max), STEPS, 1, PLAN_WILD, "steps it travels at most" },
	{ "lag-now", CHAOS(lag_now), CHANCE, 256, PLAN_WILD, "chance that it is pending at once" },
	{ "lag-max", CHAOS(lag_max), STEPS, 1, PLAN_WILD, "steps it lags in the file at most" },
	{ "kick-now", CHAOS(kick_now), CHANCE, 256, PLAN_WILD, "the same for what CPUs write" },
	{ "kick-max", CHAOS(kick_max), STEPS, 1, PLAN_WILD, "steps that lags at most" },
	{ "cancel", CHAOS(cancel), CHANCE, 0, PLAN_WILD, "chance that a mask turns a half-composed message into a pending bit" },
	{ "early-marker", CHAOS(early_marker), CHANCE, 0, PLAN_WILD, "chance that an unfenced marker overtakes" },
	{ "slow-read", CHAOS(slow_read), CHANCE, 0, PLAN_WILD, "chance that a device read takes its CPU long" },
	{ "slow-load", CHAOS(slow_load), CHANCE, 0, PLAN_WILD, "chance that a 64-bit load does" },
	{ "long-tail", CHAOS(long_tail), 0, 1, 0, PLAN_WILD, "seven of eight delays are short" },
};

const size_t plan_field_count = sizeof(plan_fields) / sizeof(plan_fields[0]);

/* Half of the runs have it; half of those cannot mask. One message, eight, or any number. */
static void draw_plain(uint64_t x, struct plan *p)
{
	static const uint8_t log2[] = { 0, 3, 0, 3, 1, 2, 4, 5 };

	p->plain = x % 2;
	p->plain_maskable = x >> 1 & 1;
	p->plain_wide = x >> 2 & 1;
	p->plain_log2 = log2[x >> 3 & 7];
}

/* As many of each as a run of a few thousand steps can bear. */
static void draw_actors(uint64_t x, struct plan *p)
{
	p->owners = 3;
	p->movers = 2;
	p->touchers = p->removers = p->ipis = 1;
	p->raisers = 1;
	p->shakers = 2;
	p->kinds = (x >> 40) % 3 == 0;
	p->wishes = (x >> 35) % 2;
	p->limits = (x >> 31) % 3 == 0;
	p->balancers = (x >> 38) % 3 == 0;
	p->hotplug = (x >> 30) % 3 == 0 && p->ncpus > 2;
	p->commuters = p->hotplug && p->ncpus > 3;
	p->sleepers = (x >> 26) % 4 == 0;
	/* Who is seldom should meet who is seldom. */
	p->suspenders = !p->sleepers && (x >> 18) % (p->hotplug ? 2 : 4) == 0;
	p->naps = (x >> 22) % 2;
	p->translator = (x >> 27) % 3;
	p->intruders = (x >> 29) % 2;
	p->traffic[0] = 200 + (x >> 50) % 400;
	p->traffic[1] = 200 + (x >> 41) % 400;
	p->traffic[2] = 100;
	p->gap[0] = 8;
	p->gap[1] = 12;
	p->gap[2] = 30;
}

static void draw_faults(uint64_t x, struct plan *p)
{
	if ((x >> 8) % 8 == 0)
		p->fail_alloc = 1 + (uint32_t)(x >> 36) % 12;
	p->fail_for_ever = (x >> 12) % 4 == 0;
	if ((x >> 16) % 16 == 0)
		p->surprise = 1000 + (uint32_t)(x >> 33) % 4000;
	p->strays = (x >> 20) % 16 == 0;
}

/* Each in one run of eight or sixteen, at some step or the n-th time. */
static void draw_more_faults(uint64_t seed, struct plan *p)
{
	uint64_t x = (seed + 77) * UINT64_C(0xd6e8feb86659fd93);
	uint32_t when;

	x ^= x >> 31;
	when = 500 + (uint32_t)(x >> 40) % 8000;
	if (x % 8 == 0) {
		p->stall_at = when;
		p->stall_steps = 200 + (uint32_t)(x >> 20) % 3000;
	}
	if (x % 16 == 1 && !p->suspenders) {
		p->deaf_at = when;
		p->deaf_steps = 20 + (uint32_t)(x >> 20) % 2000;
	}
	if (x % 8 == 2) {
		p->torn = 1 + (uint32_t)(x >> 40) % 200;
		p->torn_steps = 50 + (uint32_t)(x >> 20) % 1000;
	}
	if (x % 16 == 3) {
		p->storm_at = when;
		p->storm = 100 + (uint32_t)(x >> 20) % 1000;
	}
	if (x % 8 == 4) {
		p->slow_write = 1 + (uint32_t)(x >> 40) % 300;
		p->slow_write_steps = 100 + (uint32_t)(x >> 20) % 2000;
	}
	if (x % 8 == 5)
		p->skew_us = (uint32_t)(x >> 20) % 2000;
	if (x % 8 == 6) {
		p->queue_stall_at = when;
		p->queue_stall_steps = 200 + (uint32_t)(x >> 20) % 6000;
	}
	p->lies = (x >> 9) % 4 == 0;
	p->forgers = (x >> 11) % 4 == 0;
	p->hotplug_at = (x >> 4) % 4 ? 0 : when;
	p->suspend_at = (x >> 6) % 4 ? 0 : when;
}

void plan_draw(uint64_t seed, struct plan *out)
{
	uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15) ^ seed >> 7;

	*out = (struct plan){ 0 };
	x ^= x >> 29;
	out->ncpus = 2 + x % 7;
	out->few_slots = (x >> 4) % 3 == 0;
	out->nest = (x >> 24) % 3 == 0;
	out->ticks = (x >> 28) % 2 == 0 ? 400 : 0;
	out->steps = 7000 + (x >> 32) % 5000;
	out->handler_delay = out->handler_move = out->handler_free = out->handler_later = 1;
	draw_actors(x, out);
	draw_faults(x, out);
	draw_more_faults(seed, out);
	draw_plain(x >> 44, out);
	mach_chaos_from_seed(seed, &out->chaos);
}

void plan_calm(struct plan *p)
{
	for (size_t i = 0; i < plan_field_count; i++)
		if (plan_fields[i].kind == PLAN_WILD || plan_fields[i].kind == PLAN_SIZE)
			plan_set(p, &plan_fields[i], plan_fields[i].calm);
}

const struct plan_field *plan_field_by_name(const char *name, size_t length)
{
	for (size_t i = 0; i < plan_field_count; i++)
		if (strlen(plan_fields[i].name) == length && !strncmp(plan_fields[i].name, name, length))
			return &plan_fields[i];
	return NULL;
}

bool plan_set(struct plan *p, const struct plan_field *f, uint64_t value)
{
	if (value < f->least || value > f->most)
		return false;
	*(uint32_t *)((char *)p + f->offset) = (uint32_t)value;
	return true;
}
