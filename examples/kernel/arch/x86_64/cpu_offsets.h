/* SPDX-License-Identifier: MIT */
/* Where assembly finds fields of struct cpu; core/cpu.c asserts them. */
#ifndef CPU_OFFSETS_H
#define CPU_OFFSETS_H

#define CPU_STACK_TOP		0
#define CPU_TRAP_INSTRET	8

#endif
