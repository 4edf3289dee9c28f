/* SPDX-License-Identifier: MIT */
/* Every external vector goes to the library's one entry; every exception ends the run. */
#include <umsi/lapic.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/print.h"
#include "port.h"

#define VECTORS		256
#define EXCEPTIONS	32
#define CODE64		0x18
#define GATE_INTERRUPT	0x8e	/* present, ring 0, clears IF */

/* Source: Intel SDM Vol. 3A, "64-Bit Mode IDT". */
struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};
_Static_assert(sizeof(struct gate) == 16, "64-bit gate descriptor");

struct __attribute__((packed)) idtr {
	uint16_t limit;
	uint64_t base;
};

/* As trap.S leaves it. */
struct frame {
	uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

extern char trap_stubs[];
extern struct idtr trap_idtr;
void trap_handle(const struct frame *frame);

static struct gate idt[VECTORS];
struct idtr trap_idtr;
static bool counting;

void trap_init(void)
{
	for (unsigned int v = 0; v < VECTORS; v++) {
		uintptr_t stub = (uintptr_t)trap_stubs + 16 * v;

		idt[v] = (struct gate){
			.offset_low = (uint16_t)stub,
			.selector = CODE64,
			.type = GATE_INTERRUPT,
			.offset_middle = (uint16_t)(stub >> 16),
			.offset_high = (uint32_t)(stub >> 32),
		};
	}
	trap_idtr = (struct idtr){ .limit = sizeof(idt) - 1, .base = (uintptr_t)idt };
	__asm__ volatile("lidt %0" :: "m"(trap_idtr) : "memory");
}

static _Noreturn void exception(const struct frame *frame)
{
	uint64_t cr2;

	__asm__ volatile("movq %%cr2, %0" : "=r"(cr2));
	panic("exception %lu (%lx) on cpu %u at %lx, cr2 %lx", frame->vector, frame->error,
	      this_cpu()->index, frame->rip, cr2);
}

void trap_handle(const struct frame *frame)
{
	struct cpu *cpu = this_cpu();

	if (counting)
		cpu->trap_instret = arch_instructions();
	if (frame->vector < EXCEPTIONS)
		exception(frame);
	cpu->trap_depth++;
	umsi_lapic_trap_at(cpu->trap_part, (uint8_t)frame->vector);
	cpu->trap_depth--;
}

void arch_trap_counting(bool on)
{
	counting = on;
}
