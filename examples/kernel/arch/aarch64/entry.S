/* SPDX-License-Identifier: MIT */
/*
 * Where CPUs come in, translation off: x0 = device tree, or 0 (boot CPU), or
 * struct cpu (started CPUs). Atomics need cacheable memory, so translation
 * goes on before anything else.
 * Source: Arm ARM (DDI 0487), "VMSAv8-64 translation table format
 * descriptors", "MAIR_EL1", "TCR_EL1"; Arm PSCI (DEN 0022), "CPU_ON".
 */
#include "cpu_offsets.h"

/* Attribute 0: Device-nGnRE; 1: Normal, write-back. */
#define MAIR		0xff04
/* 39-bit addresses, 4 KiB granule, cacheable shareable walks, no upper half, 40-bit physical. */
#define TCR		(25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 32)
#define SCTLR_M_C_I	(1 << 0 | 1 << 2 | 1 << 12)

/* 1 GiB blocks: valid, accessed; device blocks are never executed. */
#define NORMAL		(1 | 1 << 2 | 3 << 8 | 1 << 10)
#define DEVICE		(1 | 0 << 2 | 1 << 10 | 3 << 53)

/* QEMU leaves the tree at the start of memory when it loads an ELF file. */
#define TREE_OF_ELF	0x40000000

	/* Hypervisor level hands on to EL1 and traps nothing. */
	.macro	drop_to_el1
	mrs	x9, CurrentEL
	cmp	x9, #(2 << 2)
	b.ne	1f
	mov	x9, #(1 << 31)
	msr	hcr_el2, x9
	mov	x9, #3
	msr	cnthctl_el2, x9
	msr	cntvoff_el2, xzr
	mrs	x9, id_aa64pfr0_el1
	ubfx	x9, x9, #24, #4
	cbz	x9, 2f
	mov	x9, #0xf		/* ICC_SRE_EL2: system registers, here and below */
	msr	S3_4_C12_C9_5, x9
	isb
2:
	mov	x9, #0x3c5
	msr	spsr_el2, x9
	adr	x9, 1f
	msr	elr_el2, x9
	eret
1:
	.endm

	.macro	translation_on
	ldr	x9, =MAIR
	msr	mair_el1, x9
	ldr	x9, =TCR
	msr	tcr_el1, x9
	adrp	x9, page_table
	msr	ttbr0_el1, x9
	dsb	sy
	tlbi	vmalle1
	dsb	sy
	isb
	mrs	x9, sctlr_el1
	ldr	x10, =SCTLR_M_C_I
	orr	x9, x9, x10
	msr	sctlr_el1, x9
	isb
	adrp	x9, vectors
	add	x9, x9, :lo12:vectors
	msr	vbar_el1, x9
	isb
	.endm

	.section .text.entry, "ax"
	.globl kernel_entry
kernel_entry:
	msr	daifset, #15
	drop_to_el1
	translation_on
	mov	x1, x0
	cbnz	x1, 2f
	ldr	x1, =TREE_OF_ELF
2:	ldr	x2, =boot_stack_top
	mov	sp, x2
	ldr	x2, =kernel_bss_start
	ldr	x3, =kernel_bss_end
3:	cmp	x2, x3
	b.hs	4f
	str	xzr, [x2], #8
	b	3b
4:	ldr	x2, =boot_cpu
	msr	tpidr_el1, x2
	mrs	x0, mpidr_el1
	ldr	x2, =0xff00ffffff
	and	x0, x0, x2
	msr	daifclr, #4
	bl	boot_main
5:	wfi
	b	5b

	.globl hart_entry
hart_entry:
	msr	daifset, #15
	drop_to_el1
	translation_on
	msr	tpidr_el1, x0
	ldr	x2, [x0, #CPU_STACK_TOP]
	mov	sp, x2
	msr	daifclr, #4
	bl	cpu_main
6:	wfi
	b	6b
	.ltorg

	/* Below 1 GiB and from 256 GiB on devices, memory between. */
	.data
	.balign	4096
page_table:
	.quad	DEVICE
	.set	at, 1
	.rept	255
	.quad	(at << 30) | NORMAL
	.set	at, at + 1
	.endr
	.rept	256
	.quad	(at << 30) | DEVICE
	.set	at, at + 1
	.endr

	.bss
	.balign	16
	.space	16384
boot_stack_top:
