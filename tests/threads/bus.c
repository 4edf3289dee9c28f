/* SPDX-License-Identifier: MIT */
#include "bus.h"

_Thread_local struct bus_side bus_mine;

/* There and back with an order: what was set up so far is known to the fiber. */
static void *new_fiber(void)
{
	void *thread = __tsan_get_current_fiber();
	void *fiber = __tsan_create_fiber(0);

	__tsan_switch_to_fiber(fiber, 0);
	__tsan_switch_to_fiber(thread, 0);
	return fiber;
}

void bus_attach(void)
{
	bus_mine.thread = __tsan_get_current_fiber();
	bus_mine.writer = new_fiber();
	bus_mine.reader = new_fiber();
}

/* Back with an order: what it has read of this thread's it reads no more. */
static void end_fiber(void *fiber)
{
	void *thread = __tsan_get_current_fiber();

	__tsan_switch_to_fiber(fiber, __tsan_switch_to_fiber_no_sync);
	__tsan_switch_to_fiber(thread, 0);
	__tsan_destroy_fiber(fiber);
}

void bus_detach(void)
{
	end_fiber(bus_mine.writer);
	end_fiber(bus_mine.reader);
}
