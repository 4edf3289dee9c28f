/* SPDX-License-Identifier: MIT */
/*
 * What TSan is to know of a thread that reaches for a device.
 *
 * The library orders memory against devices by named barriers, not by the
 * device accesses, and TSan knows no fences. So each thread has two fibers, each
 * with a clock of its own, that make its device accesses: one the writes, one the
 * reads. They know nothing of what the thread does in memory but what a
 * barrier hands over:
 *
 *	memory before | fence w,o | device write	thread -> fenced -> writer -> the word
 *	device read   | fence i,r | memory after	the word -> reader -> answered -> thread
 *
 * Device words are atomics. Leave a barrier out and nothing that a device carries from one
 * CPU to another orders their memory: TSan reports the first word that is not atomic. The
 * accesses themselves are sequentially consistent, so that real processors need no fence.
 */
#ifndef THREADS_BUS_H
#define THREADS_BUS_H

#include <stdbool.h>

#include <sanitizer/tsan_interface.h>

struct bus_side {
	void *writer, *reader, *thread;
	char fenced, answered;		/* only their addresses count */
};

extern _Thread_local struct bus_side bus_mine;

/* Every thread, around all it does. The fibers know what it knew then. */
void bus_attach(void);
void bus_detach(void);

/* Inlined, for TSan keeps a stack of calls per fiber. Between the two: atomics and locals only. */
static inline __attribute__((always_inline)) void bus_write_begin(void)
{
	__tsan_switch_to_fiber(bus_mine.writer, __tsan_switch_to_fiber_no_sync);
	__tsan_acquire(&bus_mine.fenced);
}

static inline __attribute__((always_inline)) void bus_read_begin(void)
{
	__tsan_switch_to_fiber(bus_mine.reader, __tsan_switch_to_fiber_no_sync);
}

static inline __attribute__((always_inline)) void bus_write_end(void)
{
	__tsan_switch_to_fiber(bus_mine.thread, __tsan_switch_to_fiber_no_sync);
}

static inline __attribute__((always_inline)) void bus_read_end(void)
{
	__tsan_release(&bus_mine.answered);
	__tsan_switch_to_fiber(bus_mine.thread, __tsan_switch_to_fiber_no_sync);
}

/* fence w,o and fence i,rw. */
static inline void bus_memory_before_writes(void)
{
	__tsan_release(&bus_mine.fenced);
}

static inline void bus_reads_before_memory(void)
{
	__tsan_acquire(&bus_mine.answered);
}

#endif
