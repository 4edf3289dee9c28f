/* SPDX-License-Identifier: MIT */
/*
 * Exceptions, taken on the stack that was in use: there is no user mode.
 * ELR and SPSR are kept in the frame so that a handler may let them nest.
 * Source: Arm ARM (DDI 0487), "Exception vectors".
 */
#include "cpu_offsets.h"

#define FRAME	192

	.macro	fatal
	.balign	128
	mrs	x0, esr_el1
	mrs	x1, elr_el1
	mrs	x2, far_el1
	b	trap_exception
	.endm

	.macro	irq
	.balign	128
	b	trap_irq_entry
	.endm

	.macro	irq_counting
	.balign	128
	sub	sp, sp, #FRAME
	stp	x0, x1, [sp]
	mrs	x0, pmevcntr0_el0
	mrs	x1, tpidr_el1
	str	x0, [x1, #CPU_TRAP_INSTRET]
	ldp	x0, x1, [sp]
	add	sp, sp, #FRAME
	b	trap_irq_entry
	.endm

	/* Four each: from this level with SP_EL0, with SP_EL1, from below in either width. */
	.macro	table_of irq_entry
	fatal
	fatal
	fatal
	fatal
	fatal
	\irq_entry
	fatal
	fatal
	.rept	8
	fatal
	.endr
	.endm

	.text
	.balign	2048
	.globl vectors
vectors:
	table_of irq

	.balign	2048
	.globl vectors_counting
vectors_counting:
	table_of irq_counting

trap_irq_entry:
	sub	sp, sp, #FRAME
	stp	x0, x1, [sp]
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x29, [sp, #144]
	mrs	x0, elr_el1
	mrs	x1, spsr_el1
	stp	x30, x0, [sp, #160]
	str	x1, [sp, #176]
	bl	trap_irq
	ldp	x30, x0, [sp, #160]
	ldr	x1, [sp, #176]
	msr	elr_el1, x0
	msr	spsr_el1, x1
	ldp	x0, x1, [sp]
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x29, [sp, #144]
	add	sp, sp, #FRAME
	eret
