/* SPDX-License-Identifier: MIT */
/* Bringing controller and device up. Source: xHCI 1.2, "Host Controller Initialization",
 * "USB Device Initialization", "Input Context". */
#include "drivers/xhci.h"

#include <umsi/device.h>
#include <umsi/irq.h>
#include <umsi/pci.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/pages.h"
#include "core/print.h"
#include "drivers/pci.h"

/* "Host Controller Capability Registers" */
#define CAPLENGTH	0x00
#define HCSPARAMS1	0x04
#define HCCPARAMS1	0x10
#define DBOFF		0x14
#define RTSOFF		0x18
#define HCC_CSZ		0x4u	/* contexts of 64 bytes */

/* "Host Controller Operational Registers" */
#define USBCMD		0x00
#define USBSTS		0x04
#define CRCR		0x18
#define DCBAAP		0x30
#define CONFIG		0x38
#define PORTSC(n)	(0x400u + 0x10u * (n))
#define USBCMD_RUN	0x1u
#define USBCMD_RESET	0x2u
#define USBCMD_INTE	0x4u
#define USBSTS_HALTED	0x1u
#define USBSTS_CNR	0x800u
#define CRCR_CYCLE	0x1u
#define PORTSC_CONNECTED	0x1u
#define PORTSC_ENABLED		0x2u
#define PORTSC_RESET		0x10u
#define PORTSC_POWER		0x200u

#define TRB_SETUP		2
#define TRB_STATUS		4
#define TRB_ENABLE_SLOT		9
#define TRB_ADDRESS_DEVICE	11
#define TRB_NO_OP_COMMAND	23
#define TRB_IOC			0x20u
#define TRB_IMMEDIATE		0x40u
#define TRB_DIRECTION_IN	0x10000u
#define TRB_SLOT(n)		((n) << 24)
#define TRB_INTERRUPTER(n)	((n) << 22)

#define ENDPOINT_CONTROL	4u	/* type of an endpoint context */
#define DEFAULT_ENDPOINT	1u	/* its number, for doorbells and contexts */

/* Set Configuration 1: no data. Source: USB 2.0, "Standard Device Requests". */
#define SET_CONFIGURATION_1	0x10900ull

#define TIMEOUT_NS	(10 * 1000000000ull)

struct xhci xhci;

static void need(bool ok, const char *what)
{
	if (!ok)
		panic("xhci: %s", what);
}

static void need_status(int status, const char *what)
{
	if (status != UMSI_OK)
		panic("xhci: %s: %s", what, umsi_status_text(status));
}

static void write64(uintptr_t at, uint64_t value)
{
	mmio_write32(at, (uint32_t)value);
	mmio_write32(at + 4, (uint32_t)(value >> 32));
}

/* What has no interrupt. */
static void wait_register(uintptr_t at, uint32_t bits, uint32_t value, const char *what)
{
	uint64_t end = time_ns() + TIMEOUT_NS;

	while ((mmio_read32(at) & bits) != value) {
		need(time_ns() < end, what);
		arch_pause();
	}
}

static void reset(void)
{
	mmio_write32(xhci.operational + USBCMD, 0);
	wait_register(xhci.operational + USBSTS, USBSTS_HALTED, USBSTS_HALTED, "does not halt");
	mmio_write32(xhci.operational + USBCMD, USBCMD_RESET);
	wait_register(xhci.operational + USBCMD, USBCMD_RESET, 0, "does not end its reset");
	wait_register(xhci.operational + USBSTS, USBSTS_CNR, 0, "is never ready");
}

static void find_registers(uintptr_t capability)
{
	uint32_t parameters = mmio_read32(capability + HCSPARAMS1);

	xhci.operational = capability + (mmio_read32(capability + CAPLENGTH) & 0xff);
	xhci.runtime = capability + (mmio_read32(capability + RTSOFF) & ~0x1fu);
	xhci.doorbells = capability + (mmio_read32(capability + DBOFF) & ~0x3u);
	xhci.ports = parameters >> 24;
	need((parameters >> 8 & 0x7ff) >= XHCI_INTERRUPTERS, "fewer than 16 interrupters");
	need(!(mmio_read32(capability + HCCPARAMS1) & HCC_CSZ), "contexts of 64 bytes");
}

static void make_rings(void)
{
	xhci.contexts = memory_alloc(PAGE);
	need(xhci.contexts && xhci_ring_init(&xhci.commands) && xhci_ring_init(&xhci.transfers), "no memory");
	mmio_write32(xhci.operational + CONFIG, 1);
	write64(xhci.operational + DCBAAP, (uintptr_t)xhci.contexts);
	write64(xhci.operational + CRCR, (uintptr_t)xhci.commands.trb | CRCR_CYCLE);
	for (uint32_t i = 0; i < XHCI_INTERRUPTERS; i++)
		need(xhci_interrupter_init(&xhci.interrupter[i], i), "no memory for events");
}

static void take_messages(const struct umsi_pci_function *fn)
{
	struct umsi_device_config config = {
		.name = "xhci", .parent = kernel.messages, .requester_id = fn->requester_id,
	};
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	struct umsi_device *device;
	struct umsi_table *table;

	need_status(umsi_device_add(kernel.m, &config, &device), "device");
	need_status(umsi_pci_msi_create(device, fn, XHCI_INTERRUPTERS, &table), "MSI");
	need_status(umsi_irq_alloc_block(table, &at, XHCI_INTERRUPTERS, xhci.irq), "alloc");
	for (uint32_t i = 0; i < XHCI_INTERRUPTERS; i++)
		need_status(umsi_irq_request(kernel.m, xhci.irq[i], xhci_handler, &xhci.interrupter[i], "xhci"),
			    "request");
}

/* ---- Commands, one at a time ---- */

static bool command_ended(const void *arg)
{
	return fire_count(&xhci.interrupter[0].commands) > *(const uint64_t *)arg;
}

static void command(uint64_t parameter, uint32_t control)
{
	uint64_t before = fire_count(&xhci.interrupter[0].commands);

	xhci_ring_add(&xhci.commands, parameter, 0, control);
	xhci_ring_doorbell(0, 0);
	need(cpu_wait(command_ended, &before, time_ns() + TIMEOUT_NS), "a command's completion was lost");
	need(!xhci_errors(), "a command failed");
}

/* The first port with a device, reset; its speed. */
static uint32_t find_port(uint32_t *speed)
{
	for (uint32_t i = 0; i < xhci.ports; i++) {
		uintptr_t at = xhci.operational + PORTSC(i);

		if (!(mmio_read32(at) & PORTSC_CONNECTED))
			continue;
		mmio_write32(at, PORTSC_POWER | PORTSC_RESET);
		wait_register(at, PORTSC_RESET | PORTSC_ENABLED, PORTSC_ENABLED, "a port does not end its reset");
		*speed = mmio_read32(at) >> 10 & 0xf;
		return i + 1;
	}
	panic("xhci: no device on its ports");
}

/* Bytes of a packet to endpoint 0, by speed: full, low, high, super. */
static uint32_t packet_bytes(uint32_t speed)
{
	static const uint32_t bytes[] = { 8, 8, 8, 64, 512 };

	return speed < 5 ? bytes[speed] : 512;
}

/* "Input Context": control, slot and endpoint 0, 32 bytes each. */
static void address_device(uint32_t port, uint32_t speed)
{
	uint32_t *input = memory_alloc(PAGE);
	uint64_t ring = (uintptr_t)xhci.transfers.trb | 1;
	void *output = memory_alloc(PAGE);

	need(input && output, "no memory");
	xhci.contexts[xhci.slot] = (uintptr_t)output;
	input[1] = 3;
	input[8] = 1u << 27 | speed << 20;
	input[9] = port << 16;
	input[17] = packet_bytes(speed) << 16 | ENDPOINT_CONTROL << 3 | 3u << 1;
	input[18] = (uint32_t)ring;
	input[19] = (uint32_t)(ring >> 32);
	input[20] = 8;
	command((uintptr_t)input, XHCI_TRB_TYPE(TRB_ADDRESS_DEVICE) | TRB_SLOT(xhci.slot));
}

/* All of them together: the device answers each while the doorbell is written. */
static void raise(struct fire *f)
{
	(void)f;
	for (uint32_t i = 0; i < XHCI_INTERRUPTERS; i++) {
		xhci_ring_add(&xhci.transfers, SET_CONFIGURATION_1, 8 | TRB_INTERRUPTER(i),
			      XHCI_TRB_TYPE(TRB_SETUP) | TRB_IMMEDIATE);
		xhci_ring_add(&xhci.transfers, 0, TRB_INTERRUPTER(i),
			      XHCI_TRB_TYPE(TRB_STATUS) | TRB_IOC | TRB_DIRECTION_IN);
	}
	xhci_ring_doorbell(xhci.slot, DEFAULT_ENDPOINT);
}

void xhci_init(void)
{
	struct umsi_pci_function fn;
	uint32_t port, speed;

	if (!pci_take(PCI_CLASS_XHCI, &fn))
		return;
	need(fn.bar[0].phys, "BAR 0 is not assigned");
	find_registers((uintptr_t)fn.bar[0].phys);
	reset();
	make_rings();
	take_messages(&fn);
	mmio_write32(xhci.operational + USBCMD, USBCMD_RUN | USBCMD_INTE);
	command(0, XHCI_TRB_TYPE(TRB_NO_OP_COMMAND));
	port = find_port(&speed);
	command(0, XHCI_TRB_TYPE(TRB_ENABLE_SLOT));
	xhci.slot = xhci.interrupter[0].slot;
	address_device(port, speed);
	xhci.fire.irq = xhci.irq[0];
	xhci.fire.raise = raise;
	xhci.fire.events = XHCI_INTERRUPTERS;
	xhci.present = true;
	kprintf("xhci: %u interrupters, a device of speed %u at port %u\n", XHCI_INTERRUPTERS, speed, port);
}

void xhci_fire(uint64_t moves)
{
	if (xhci.present)
		fire_run(&xhci.fire, moves);
}

uint64_t xhci_errors(void)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < XHCI_INTERRUPTERS; i++)
		n += fire_count(&xhci.interrupter[i].errors);
	return n;
}
