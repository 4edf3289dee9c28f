/* SPDX-License-Identifier: MIT */
/*
 * Where harts come in, all in supervisor mode without translation:
 * a0 = hart id, a1 = device tree (boot hart) or struct cpu (started harts).
 * Source: RISC-V SBI 1.0, "Hart State Management Extension", "Function: HART start".
 */
#include "cpu_offsets.h"

	.section .text.entry, "ax"
	.globl kernel_entry
kernel_entry:
	csrw	sie, zero
	csrci	sstatus, 2
	la	sp, boot_stack_top
	la	t0, kernel_bss_start
	la	t1, kernel_bss_end
1:	bgeu	t0, t1, 2f
	sd	zero, 0(t0)
	addi	t0, t0, 8
	j	1b
2:	la	tp, boot_cpu
	la	t0, trap_entry
	csrw	stvec, t0
	call	boot_main
3:	wfi
	j	3b

	.text
	.globl hart_entry
hart_entry:
	csrw	sie, zero
	csrci	sstatus, 2
	mv	tp, a1
	ld	sp, CPU_STACK_TOP(tp)
	la	t0, trap_entry
	csrw	stvec, t0
	call	cpu_main
4:	wfi
	j	4b

	.bss
	.balign	16
	.space	16384
boot_stack_top:
