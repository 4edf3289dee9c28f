/* SPDX-License-Identifier: MIT */
/* Register names: PCI Local Bus 3.0, "Configuration Space Organization". */
#include "drivers/pci.h"

#include "arch.h"
#include "core/platform.h"
#include "core/print.h"

#define PCI_VENDOR		0x00
#define PCI_COMMAND		0x04
#define PCI_REVISION_CLASS	0x08
#define PCI_HEADER_TYPE		0x0e
#define PCI_BAR0		0x10
#define PCI_INTERRUPT_PIN	0x3d

#define PCI_COMMAND_MEMORY	0x2u
#define PCI_COMMAND_MASTER	0x4u
#define PCI_HEADER_MULTI	0x80u
#define PCI_BAR_IO		0x1u
#define PCI_BAR_64		0x4u

#define FUNCTIONS_MAX	64

struct function {
	uint32_t class;
	bool taken;
	struct umsi_pci_function fn;
};

static struct {
	struct pci_windows w;
	uint64_t next;			/* CPU address of the next free byte of the window */
	struct function function[FUNCTIONS_MAX];
	uint32_t functions;
} bus;

/* 4 KiB a function. Source: PCI Express Base, "Enhanced Configuration Access Mechanism". */
static uintptr_t config_address(uint32_t requester_id, uint32_t offset)
{
	uint64_t at = ((uint64_t)requester_id << 12) + offset;

	return at < bus.w.ecam_bytes ? (uintptr_t)(bus.w.ecam + at) : 0;
}

uint32_t pci_config_read(uint32_t requester_id, uint32_t offset, unsigned int width)
{
	uintptr_t a = config_address(requester_id, offset);

	if (!a)
		return UINT32_MAX;
	switch (width) {
	case 1:
		return mmio_read8(a);
	case 2:
		return mmio_read16(a);
	default:
		return mmio_read32(a);
	}
}

void pci_config_write(uint32_t requester_id, uint32_t offset, unsigned int width, uint32_t value)
{
	uintptr_t a = config_address(requester_id, offset);

	if (!a)
		return;
	switch (width) {
	case 1:
		mmio_write8(a, (uint8_t)value);
		break;
	case 2:
		mmio_write16(a, (uint16_t)value);
		break;
	default:
		mmio_write32(a, value);
	}
}

static uint64_t take_window(uint64_t bytes)
{
	uint64_t at = (bus.next + bytes - 1) & ~(bytes - 1);

	if (at + bytes > bus.w.memory + bus.w.memory_bytes)
		return 0;
	bus.next = at + bytes;
	return at;
}

/* Writes ones, reads back which bits are wired to zero, assigns. Returns slots used. */
static unsigned int assign_bar(struct umsi_pci_function *fn, unsigned int slot)
{
	uint32_t id = fn->requester_id, at = PCI_BAR0 + 4 * slot;
	uint64_t mask, address, bytes;
	uint32_t low, high = UINT32_MAX;
	bool wide;

	pci_config_write(id, at, 4, UINT32_MAX);
	low = pci_config_read(id, at, 4);
	if (low & PCI_BAR_IO) {
		fn->bar[slot] = (struct umsi_pci_bar){ .bytes = ~(low & ~3u) + 1, .io = true };
		return 1;
	}
	wide = low & PCI_BAR_64;
	if (wide) {
		pci_config_write(id, at + 4, 4, UINT32_MAX);
		high = pci_config_read(id, at + 4, 4);
	}
	mask = (uint64_t)high << 32 | (low & ~0xfu);
	bytes = ~mask + 1;
	if (!(low & ~0xfu) && (!wide || !high))
		bytes = 0;
	address = bytes ? take_window(bytes) : 0;
	fn->bar[slot] = (struct umsi_pci_bar){ .phys = address, .bytes = bytes };
	if (address) {
		uint64_t on_bus = address - bus.w.memory + bus.w.memory_pci;

		pci_config_write(id, at, 4, (uint32_t)on_bus);
		if (wide)
			pci_config_write(id, at + 4, 4, (uint32_t)(on_bus >> 32));
	}
	return wide ? 2 : 1;
}

static void add_function(uint32_t id)
{
	uint32_t vendor = pci_config_read(id, PCI_VENDOR, 4);
	struct function *f;

	if ((vendor & 0xffff) == 0xffff || bus.functions == FUNCTIONS_MAX)
		return;
	f = &bus.function[bus.functions++];
	f->fn.requester_id = id;
	f->class = pci_config_read(id, PCI_REVISION_CLASS, 4) >> 8;
	kprintf("pci: 00:%02x.%u %04x:%04x class %06x\n", id >> 3, id & 7, vendor & 0xffff,
		vendor >> 16, f->class);
	if (pci_config_read(id, PCI_HEADER_TYPE, 1) & 0x7f)
		return;
	for (unsigned int slot = 0; slot < 6;)
		slot += assign_bar(&f->fn, slot);
}

void pci_init(const struct pci_windows *windows)
{
	bus.w = *windows;
	bus.next = windows->memory;
	for (uint32_t device = 0; device < 32; device++) {
		uint32_t id = device << 3;
		uint32_t functions = 1;

		if (pci_config_read(id, PCI_VENDOR, 2) == 0xffff)
			continue;
		if (pci_config_read(id, PCI_HEADER_TYPE, 1) & PCI_HEADER_MULTI)
			functions = 8;
		for (uint32_t i = 0; i < functions; i++)
			add_function(id | i);
	}
}

bool pci_take(uint32_t class, struct umsi_pci_function *out)
{
	for (uint32_t i = 0; i < bus.functions; i++) {
		struct function *f = &bus.function[i];
		uint32_t command;

		if (f->class != class || f->taken)
			continue;
		f->taken = true;
		command = pci_config_read(f->fn.requester_id, PCI_COMMAND, 2);
		pci_config_write(f->fn.requester_id, PCI_COMMAND, 2,
				 command | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
		*out = f->fn;
		return true;
	}
	return false;
}

int pci_wire(const struct umsi_pci_function *fn, struct umsi_table **table, struct umsi_irq_request_at *at)
{
	uint32_t pin = pci_config_read(fn->requester_id, PCI_INTERRUPT_PIN, 1);

	*at = (struct umsi_irq_request_at){ 0 };
	if (!pin || pin > 4 || !platform_pci_wire(fn->requester_id, pin, table, &at->first, &at->trigger))
		return UMSI_ENOENT;
	at->last = at->first;
	kprintf("pci: %x pin %u is wire %u\n", fn->requester_id, pin, at->first);
	return UMSI_OK;
}
