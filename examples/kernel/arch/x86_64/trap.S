/* SPDX-License-Identifier: MIT */
/*
 * One stub a vector, 16 bytes apart. Traps are taken on the stack that was in
 * use: there is no user mode. The CPU aligned it to 16 bytes before it pushed.
 * Source: Intel SDM Vol. 3A, "64-Bit Mode Stack Frame", "Error Code".
 */
#define PUSHES_ERROR(v)	(((v) == 8) || ((v) >= 10 && (v) <= 14) || ((v) == 17) || ((v) == 21))

	.text
	.balign	16
	.globl trap_stubs
trap_stubs:
	.set	vector, 0
	.rept	256
	.balign	16
	.if	PUSHES_ERROR(vector) == 0
	pushq	$0
	.endif
	pushq	$vector
	jmp	trap_entry
	.set	vector, vector + 1
	.endr

/* Vector, error code, RIP, CS, RFLAGS, RSP, SS: seven words; nine follow. */
	.balign	16
trap_entry:
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	cld
	leaq	72(%rsp), %rdi
	call	trap_handle
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rax
	addq	$16, %rsp
	iretq
