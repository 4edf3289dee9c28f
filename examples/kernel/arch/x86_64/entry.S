/* SPDX-License-Identifier: MIT */
/*
 * The boot CPU comes in by the PVH entry: 32-bit protected mode, flat segments,
 * no paging, ebx = start info. Others come in by a start-up IPI, in real mode,
 * in a copy of ap_start at AP_START_PHYS.
 * Source: Xen "x86/HVM direct boot ABI"; Intel SDM Vol. 3A, "Initializing
 * IA-32e Mode", "MP Initialization".
 */
#include "cpu_offsets.h"

#define CODE32		0x08
#define DATA		0x10
#define CODE64		0x18

#define CR0_PE_NE_WP_PG	0x80010021
#define CR4_PAE_FSGSBASE	0x10020
#define MSR_EFER	0xc0000080
#define EFER_LME	0x100

#define PVH_PHYS32_ENTRY	18

	.section .note.pvh, "a", @note
	.balign	4
	.long	4, 8, PVH_PHYS32_ENTRY
	.asciz	"Xen"
	.quad	pvh_entry

	.section .text.entry, "ax"
	.code32
	.globl pvh_entry
pvh_entry:
	cli
	cld
	movl	%ebx, %esi
	xorl	%eax, %eax
	movl	$kernel_bss_start, %edi
	movl	$kernel_bss_end, %ecx
	subl	%edi, %ecx
	rep stosb
	movl	$boot64, %ebp
	jmp	enter_long

/* Real mode, CS = AP_START_PHYS / 16; nothing but CS is known. */
	.code16
	.globl ap_start, ap_start_end
ap_start:
	cli
	lgdtl	%cs:ap_gdtr - ap_start
	movl	%cr0, %eax
	orl	$1, %eax
	movl	%eax, %cr0
	ljmpl	$CODE32, $ap32
	.balign	4
ap_gdtr:
	.word	gdt_end - gdt - 1
	.long	gdt
ap_start_end:

	.code32
ap32:
	movl	$ap64, %ebp

/* To 64-bit mode at ebp; esi stays. */
enter_long:
	lgdtl	gdtr
	movl	$DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$CR4_PAE_FSGSBASE, %eax
	movl	%eax, %cr4
	movl	$pml4, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_LME, %eax
	wrmsr
	movl	$CR0_PE_NE_WP_PG, %eax
	movl	%eax, %cr0
	ljmpl	$CODE64, $long64

	.code64
long64:
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%ebp, %ebp
	jmp	*%rbp

boot64:
	movq	$boot_stack_top, %rsp
	movq	$boot_cpu, %rax
	wrgsbase %rax
	movl	%esi, %edi
	call	pvh_main
1:	hlt
	jmp	1b

ap64:
	movq	ap_cpu, %rax
	wrgsbase %rax
	movq	CPU_STACK_TOP(%rax), %rsp
	lidt	trap_idtr
	call	ap_main
2:	hlt
	jmp	2b

	.section .rodata
	.balign	8
gdt:
	.quad	0
	.quad	0x00cf9b000000ffff	/* 32-bit code */
	.quad	0x00cf93000000ffff	/* data */
	.quad	0x00af9b000000ffff	/* 64-bit code */
gdt_end:
gdtr:
	.word	gdt_end - gdt - 1
	.long	gdt

/*
 * 512 GiB where they are, in 1 GiB pages: the first two, where memory is used,
 * write-back, all others uncached (PCD and PWT).
 */
	.data
	.balign	4096
pml4:
	.quad	pdpt + 3
	.skip	511 * 8
pdpt:
	.set	gib, 0
	.rept	512
	.if	gib < 2
	.quad	(gib << 30) + 0x83
	.else
	.quad	(gib << 30) + 0x9b
	.endif
	.set	gib, gib + 1
	.endr

	.bss
	.balign	16
	.space	16384
boot_stack_top:
