/* SPDX-License-Identifier: MIT */
/* How wild a run is: every knob drawn from the seed. */
#include "inside.h"

#define ALWAYS	256u

const struct mach_chaos mach_chaos_none = {
	.burst = 0,
	.store_now = ALWAYS, .store_max = 1,
	.trap_now = ALWAYS, .trap_max = 1,
	.post_now = ALWAYS, .post_max = 1,
	.sample_now = ALWAYS, .sample_max = 1,
	.message_now = ALWAYS, .message_max = 1,
	.lag_now = ALWAYS, .lag_max = 1,
};

static uint32_t one_of(struct rng *r, const uint32_t *values, uint32_t n)
{
	return values[rng_below(r, n)];
}
#define ONE_OF(r, ...) \
	one_of(r, (const uint32_t[]){ __VA_ARGS__ }, \
	       sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

void mach_chaos_from_seed(uint64_t seed, struct mach_chaos *out)
{
	struct rng r = { .state = mix64(seed ^ UINT64_C(0xc4a05)) };

	out->burst = ONE_OF(&r, 1, 2, 4, 4, 12, 40, 150);
	out->thread_switch = ONE_OF(&r, 0, 16, 64, 200);
	out->starve = ONE_OF(&r, 0, 0, 0, 2, 8);
	out->store_now = ONE_OF(&r, 240, 128, 64, 0);
	out->store_max = ONE_OF(&r, 4, 16, 60, 200, 600);
	out->stale = ONE_OF(&r, 0, 32, 128, 230);
	out->trap_now = ONE_OF(&r, 240, 128, 32);
	out->trap_max = ONE_OF(&r, 4, 30, 200);
	out->post_now = ONE_OF(&r, 240, 128, 0);
	out->post_max = ONE_OF(&r, 4, 30, 120);
	out->sample_now = ONE_OF(&r, 200, 128, 0);
	out->sample_max = ONE_OF(&r, 4, 20, 100, 500);
	out->message_now = ONE_OF(&r, 200, 64, 0);
	out->message_max = ONE_OF(&r, 4, 30, 200, 1500);
	out->lag_now = ONE_OF(&r, 240, 128, 32, 0);
	out->lag_max = ONE_OF(&r, 4, 40, 200, 600);
	out->cancel = ONE_OF(&r, 0, 128, 256);
	out->early_marker = ONE_OF(&r, 0, 128, 256);
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
	if ((r >> 8 & 7) && max > 8)
		max /= 8;
	return m->step + 1 + ((r >> 32) * max >> 32);
}
