/* SPDX-License-Identifier: MIT */
/*
 * User space of the machine that measures: the library's own instructions and
 * nothing else. Atomics are the compiler's builtins, as on the real targets;
 * device memory is memory; barriers only hold the compiler. One thread.
 */
#ifndef UMSI_ARCH_H
#define UMSI_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "../builtin/umsi_atomic_write.h"

static inline void umsi_compiler_barrier(void)
{
	__asm__ volatile("" ::: "memory");
}

static inline void umsi_barrier_publish_to_message(void)
{
	umsi_compiler_barrier();
}

static inline void umsi_barrier_claim_to_handler(void)
{
	umsi_compiler_barrier();
}

static inline void umsi_barrier_flush_to_stamp(void)
{
	umsi_compiler_barrier();
}

static inline void umsi_barrier_req_to_marker(void)
{
	umsi_compiler_barrier();
}

static inline void umsi_barrier_req_to_look(void)
{
	umsi_compiler_barrier();
}

static inline void umsi_barrier_look_to_done(void)
{
	umsi_compiler_barrier();
}

static inline void umsi_barrier_link_to_kick(void)
{
	umsi_compiler_barrier();
}

/* No traps here but those that the benchmark calls itself. */
static inline uintptr_t umsi_arch_irq_save(void)
{
	umsi_compiler_barrier();
	return 0;
}

static inline void umsi_arch_irq_restore(uintptr_t state)
{
	(void)state;
	umsi_compiler_barrier();
}

#endif
