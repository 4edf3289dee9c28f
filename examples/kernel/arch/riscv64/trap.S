/* SPDX-License-Identifier: MIT */
/*
 * Traps, taken on the stack that was in use: there is no user mode. sepc and
 * sstatus are kept in the frame so that a handler may let traps nest.
 */
#include "cpu_offsets.h"

#define FRAME	144

	.text
	.macro	TRAP_ENTRY entry, handler
	.balign	4
	.globl \entry
\entry:
	addi	sp, sp, -FRAME
	sd	ra, 0(sp)
	sd	t0, 8(sp)
	sd	t1, 16(sp)
	sd	t2, 24(sp)
	sd	t3, 32(sp)
	sd	t4, 40(sp)
	sd	t5, 48(sp)
	sd	t6, 56(sp)
	sd	a0, 64(sp)
	sd	a1, 72(sp)
	sd	a2, 80(sp)
	sd	a3, 88(sp)
	sd	a4, 96(sp)
	sd	a5, 104(sp)
	sd	a6, 112(sp)
	sd	a7, 120(sp)
	csrr	t0, sepc
	csrr	t1, sstatus
	sd	t0, 128(sp)
	sd	t1, 136(sp)
	csrr	a0, scause
	call	\handler
	ld	t0, 128(sp)
	ld	t1, 136(sp)
	csrw	sepc, t0
	csrw	sstatus, t1
	ld	ra, 0(sp)
	ld	t0, 8(sp)
	ld	t1, 16(sp)
	ld	t2, 24(sp)
	ld	t3, 32(sp)
	ld	t4, 40(sp)
	ld	t5, 48(sp)
	ld	t6, 56(sp)
	ld	a0, 64(sp)
	ld	a1, 72(sp)
	ld	a2, 80(sp)
	ld	a3, 88(sp)
	ld	a4, 96(sp)
	ld	a5, 104(sp)
	ld	a6, 112(sp)
	ld	a7, 120(sp)
	addi	sp, sp, FRAME
	sret
	.endm

	TRAP_ENTRY trap_entry, trap_handle
	TRAP_ENTRY trap_entry_direct, trap_handle_direct

/* The same, noting the retired-instruction counter first (count mode only). */
	.balign	4
	.globl trap_entry_counting
trap_entry_counting:
	csrw	sscratch, t0
	rdinstret t0
	sd	t0, CPU_TRAP_INSTRET(tp)
	csrr	t0, sscratch
	j	trap_entry
