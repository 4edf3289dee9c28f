/* SPDX-License-Identifier: MIT */
/* The first instruction in C, the serial port, and the end. */
#include "arch.h"
#include "core/kernel.h"
#include "port.h"

/* 8259A mask registers. Every interrupt here comes by message or I/O APIC. */
#define PIC_MASTER_MASK	0x21
#define PIC_SLAVE_MASK	0xa1

/* 16550: transmitter, receiver and line status. */
#define SERIAL_DATA	0x3f8
#define SERIAL_LINE_STATUS	0x3fd
#define LINE_RECEIVED	0x01
#define LINE_EMPTY	0x20

/* SLP_EN; SLP_TYP 0 is soft-off on this board. Source: ACPI 6.5, "PM1 Control Registers". */
#define PM1_SLP_EN	(1u << 13)

#define EXIT_FAILURE	1

uint16_t port_pm1a_control;

void pvh_main(uint64_t start_info);
void boot_main(uint64_t boot_hw_id, const void *start_info);

/* Initial APIC id. Source: Intel SDM Vol. 2A, "CPUID", leaf 01H. */
static uint64_t own_apic_id(void)
{
	uint32_t a = 1, b, c, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
	return b >> 24;
}

void pvh_main(uint64_t start_info)
{
	trap_init();
	port_write8(PIC_MASTER_MASK, 0xff);
	port_write8(PIC_SLAVE_MASK, 0xff);
	boot_main(own_apic_id(), (const void *)(uintptr_t)start_info);
}

void arch_putchar(char c)
{
	while (!(port_read8(SERIAL_LINE_STATUS) & LINE_EMPTY))
		arch_pause();
	port_write8(SERIAL_DATA, (uint8_t)c);
}

int arch_getchar(void)
{
	if (!(port_read8(SERIAL_LINE_STATUS) & LINE_RECEIVED))
		return -1;
	return port_read8(SERIAL_DATA);
}

/* The emulator's exit port makes an odd status of what is written. */
_Noreturn void arch_power_off(bool good)
{
	if (!good && kernel.platform.exit_register)
		port_write32((uint16_t)kernel.platform.exit_register, EXIT_FAILURE);
	if (port_pm1a_control)
		port_write16(port_pm1a_control, PM1_SLP_EN);
	for (;;)
		arch_wait();
}
