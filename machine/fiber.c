/* SPDX-License-Identifier: MIT */
/* Coroutines: a stack and a saved stack pointer each. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "inside.h"

#define STACK_BYTES	(256u * 1024)
#define GUARD_BYTES	4096u

/* Stacks outlive machines: mapping one costs more than a short run. */
static _Thread_local struct stack *pool;

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

static void leaving(struct fiber *from, const struct fiber *to, bool last)
{
	__sanitizer_start_switch_fiber(last ? NULL : &from->fake, to->bottom, to->bytes);
}

static void arrived(struct fiber *here, struct fiber *before)
{
	__sanitizer_finish_switch_fiber(here->fake, before ? &before->bottom : NULL,
					before ? &before->bytes : NULL);
}

static void stack_clean(struct stack *s)
{
	ASAN_UNPOISON_MEMORY_REGION(s->base, s->bytes);
}
#else
static void leaving(struct fiber *from, const struct fiber *to, bool last)
{
	(void)from, (void)to, (void)last;
}

static void arrived(struct fiber *here, struct fiber *before)
{
	(void)here, (void)before;
}

static void stack_clean(struct stack *s)
{
	(void)s;
}
#endif

void mach_fiber_swap(void **save, void *load);

/*
 * Saves what the calling convention lets a callee own, swaps stacks, restores.
 * Sources: System V ABI, AMD64 supplement, "Register Usage"; Procedure Call
 * Standard for AArch64, "Core registers", "SIMD and floating-point registers".
 */
#if defined(__x86_64__)
__asm__(".text\n"
	".globl mach_fiber_swap\n"
	".type mach_fiber_swap, @function\n"
	"mach_fiber_swap:\n"
	"	pushq %rbp\n	pushq %rbx\n	pushq %r12\n"
	"	pushq %r13\n	pushq %r14\n	pushq %r15\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	popq %r15\n	popq %r14\n	popq %r13\n"
	"	popq %r12\n	popq %rbx\n	popq %rbp\n"
	"	ret\n"
	".size mach_fiber_swap, . - mach_fiber_swap\n");

/* Six registers, the address to return to, and the misalignment of a callee. */
static void *first_frame(void *top, void (*entry)(void))
{
	void **sp = top;

	*--sp = NULL;
	*--sp = (void *)entry;
	for (int i = 0; i < 6; i++)
		*--sp = NULL;
	return sp;
}
#elif defined(__aarch64__)
__asm__(".text\n"
	".globl mach_fiber_swap\n"
	".type mach_fiber_swap, %function\n"
	"mach_fiber_swap:\n"
	"	stp x19, x20, [sp, #-160]!\n"
	"	stp x21, x22, [sp, #16]\n	stp x23, x24, [sp, #32]\n"
	"	stp x25, x26, [sp, #48]\n	stp x27, x28, [sp, #64]\n"
	"	stp x29, x30, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]\n	stp d10, d11, [sp, #112]\n"
	"	stp d12, d13, [sp, #128]\n	stp d14, d15, [sp, #144]\n"
	"	mov x9, sp\n	str x9, [x0]\n	mov sp, x1\n"
	"	ldp x21, x22, [sp, #16]\n	ldp x23, x24, [sp, #32]\n"
	"	ldp x25, x26, [sp, #48]\n	ldp x27, x28, [sp, #64]\n"
	"	ldp x29, x30, [sp, #80]\n"
	"	ldp d8, d9, [sp, #96]\n	ldp d10, d11, [sp, #112]\n"
	"	ldp d12, d13, [sp, #128]\n	ldp d14, d15, [sp, #144]\n"
	"	ldp x19, x20, [sp], #160\n"
	"	ret\n"
	".size mach_fiber_swap, . - mach_fiber_swap\n");

static void *first_frame(void *top, void (*entry)(void))
{
	void **sp = (void **)top - 20;

	for (int i = 0; i < 20; i++)
		sp[i] = NULL;
	sp[11] = (void *)entry;
	return sp;
}
#else
#error "fiber.c knows no stack switch for this instruction set"
#endif

static struct stack *stack_get(void)
{
	struct stack *s = pool;
	char *base;

	if (s) {
		pool = s->next;
		return s;
	}
	s = malloc(sizeof(*s));
	base = mmap(NULL, STACK_BYTES + GUARD_BYTES, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!s || base == MAP_FAILED || mprotect(base, GUARD_BYTES, PROT_NONE)) {
		fprintf(stderr, "machine: no memory for a stack\n");
		abort();
	}
	s->base = base + GUARD_BYTES;
	s->bytes = STACK_BYTES;
	return s;
}

/* Who switched, and to whom: what a fiber finds out when it wakes. */
static _Thread_local struct fiber *woken, *before;

static void fiber_main(void)
{
	struct fiber *self = woken;

	arrived(self, before);
	self->fn(self->arg);
	abort();	/* fn ends by a switch that is its last */
}

void mach_fiber_init(struct fiber *f, void (*fn)(void *arg), void *arg)
{
	*f = (struct fiber){ .stack = stack_get(), .fn = fn, .arg = arg };
	f->bottom = f->stack->base;
	f->bytes = f->stack->bytes;
	f->sp = first_frame((char *)f->stack->base + f->stack->bytes, fiber_main);
}

void mach_fiber_done(struct fiber *f)
{
	if (!f->stack)
		return;
	stack_clean(f->stack);
	f->stack->next = pool;
	pool = f->stack;
	f->stack = NULL;
}

void mach_fiber_switch(struct fiber *from, struct fiber *to, bool last)
{
	woken = to;
	before = from->stack ? NULL : from;	/* learn the process stack's bounds */
	leaving(from, to, last);
	mach_fiber_swap(&from->sp, to->sp);
	arrived(from, before);
}
