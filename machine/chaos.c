/* SPDX-License-Identifier: MIT */
/* How wild a run is: every knob drawn from the seed. */
#include "inside.h"

#define ALWAYS	256u

const struct mach_chaos mach_chaos_none = {
	.burst = 0,
	.store_now = ALWAYS, .store_max = 1,
	.leave_now = ALWAYS, .leave_max = 1,
	.trap_now = ALWAYS, .trap_max = 1,
	.post_now = ALWAYS, .post_max = 1,
	.sample_now = ALWAYS, .sample_max = 1,
	.message_now = ALWAYS, .message_max = 1,
	.lag_now = ALWAYS, .lag_max = 1,
	.kick_now = ALWAYS, .kick_max = 1,
};

static uint32_t one_of(struct rng *r, const uint32_t *values, uint32_t n)
{
	return values[rng_below(r, n)];
}
#define ONE_OF(r, ...) \
	one_of(r, (const uint32_t[]){ __VA_ARGS__ }, \
	       sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

/*
 * Most faults of ordering need one thing slow and the rest fast. Half of the
 * seeds are of such a kind, the others are a mixture of everything.
 */
static void all_fast(struct mach_chaos *c)
{
	c->store_now = c->leave_now = c->trap_now = c->post_now = 230;
	c->sample_now = c->message_now = c->lag_now = c->kick_now = 230;
	c->store_max = c->leave_max = c->trap_max = c->post_max = 6;
	c->sample_max = c->message_max = c->lag_max = c->kick_max = 6;
	c->long_tail = 0;
}

static void slow_memory(struct mach_chaos *c)
{
	c->store_now = 20;
	c->store_max = 900;
	c->slow_read = 128;
}

static void slow_devices(struct mach_chaos *c)
{
	c->leave_now = c->post_now = 60;
	c->leave_max = c->post_max = 300;
}

static void slow_messages(struct mach_chaos *c)
{
	c->sample_now = c->message_now = 40;
	c->sample_max = 200;
	c->message_max = 3000;
}

static void slow_files(struct mach_chaos *c)
{
	c->lag_now = 40;
	c->lag_max = 1500;
	c->early_marker = ALWAYS;
	c->slow_load = 64;
}

static void old_loads(struct mach_chaos *c)
{
	c->stale = 230;
}

static void (*const kinds[])(struct mach_chaos *c) = {
	slow_memory, slow_devices, slow_messages, slow_files, old_loads,
};

static void mixture(struct rng *r, struct mach_chaos *out)
{
	out->burst = ONE_OF(r, 1, 2, 4, 4, 12, 40, 150);
	out->thread_switch = ONE_OF(r, 0, 16, 64, 200);
	out->starve = ONE_OF(r, 0, 0, 0, 2, 8);
	out->store_now = ONE_OF(r, 240, 128, 64, 0);
	out->store_max = ONE_OF(r, 4, 16, 60, 200, 600);
	out->leave_now = ONE_OF(r, 240, 128, 64);
	out->leave_max = ONE_OF(r, 4, 16, 60);
	out->stale = ONE_OF(r, 0, 32, 128, 230);
	out->trap_now = ONE_OF(r, 240, 128, 32);
	out->trap_max = ONE_OF(r, 4, 30, 200);
	out->post_now = ONE_OF(r, 240, 128, 0);
	out->post_max = ONE_OF(r, 4, 30, 120);
	out->sample_now = ONE_OF(r, 200, 128, 0);
	out->sample_max = ONE_OF(r, 4, 20, 100, 500);
	out->message_now = ONE_OF(r, 200, 64, 0);
	out->message_max = ONE_OF(r, 4, 30, 200, 1500);
	out->lag_now = ONE_OF(r, 240, 128, 32, 0);
	out->lag_max = ONE_OF(r, 4, 40, 200, 600);
	out->kick_now = ONE_OF(r, 240, 128, 32);
	out->kick_max = ONE_OF(r, 4, 40, 200);
	out->cancel = ONE_OF(r, 0, 128, 256);
	out->early_marker = ONE_OF(r, 0, 128, 256);
	out->slow_read = ONE_OF(r, 0, 0, 16, 128);
	out->slow_load = ONE_OF(r, 0, 0, 0, 8);
	out->long_tail = ONE_OF(r, 0, 1, 1);
}

void mach_chaos_from_seed(uint64_t seed, struct mach_chaos *out)
{
	struct rng r = { .state = mix64(seed ^ UINT64_C(0xc4a05)) };
	uint32_t kind = rng_below(&r, 2 * sizeof(kinds) / sizeof(kinds[0]));

	mixture(&r, out);
	if (kind >= sizeof(kinds) / sizeof(kinds[0]))
		return;
	all_fast(out);
	kinds[kind](out);
}

/* The step at which something that takes @now / @max happens. */
uint64_t mach_later(struct mach *m, uint32_t now, uint32_t max)
{
	uint64_t r;

	if (now >= ALWAYS || !m->running)
		return m->step;
	r = rng_next(&m->rng);
	if ((r & 0xff) < now)
		return m->step;
	/* Mostly short, now and then as long as allowed. */
	if (m->chaos.long_tail && (r >> 8 & 7) && max > 8)
		max /= 8;
	return m->step + 1 + ((r >> 32) * max >> 32);
}
