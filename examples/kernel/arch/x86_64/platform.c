/* SPDX-License-Identifier: MIT */
/* Start info and ACPI tables, these read with the library's own reader. */
#include "core/platform.h"

#include <umsi/acpi.h>
#include <umsi/lapic.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/print.h"
#include "core/text.h"
#include "port.h"
#include "remap.h"

extern char kernel_end[];

/* Source: Xen "x86/HVM direct boot ABI", hvm_start_info. */
struct start_info {
	uint32_t magic, version, flags, modules;
	uint64_t module_list, command_line, rsdp, memory_map;
	uint32_t memory_map_entries, reserved;
};
struct memory_map_entry {
	uint64_t phys, bytes;
	uint32_t type, reserved;
};
#define START_INFO_MAGIC	0x336ec578u
#define MEMORY_MAP_RAM		1u

/* Memory is used where the page tables map it write-back. */
#define MEMORY_END		(2ull << 30)

/* Of the emulator's exit device, where there is one: tools/run adds it. */
#define EXIT_PORT		0xf4

/* FADT: PM1a_CNT_BLK. Source: ACPI 6.5, "Fixed ACPI Description Table (FADT)". */
#define FADT_PM1A_CONTROL	64u

/* Source: IA-PC HPET Specification 1.0a, "Register Overview". */
#define HPET_PERIOD		0x04u	/* upper half of General Capabilities: femtoseconds */
#define HPET_CONFIG		0x10u
#define HPET_COUNTER		0xf0u
#define HPET_ENABLE		1u

#define MEASURE_FS		50000000000000ull
#define FS_PER_SECOND		1000000000000000ull

static uint64_t rsdp, ioapic_phys, hpet_phys;

static void need(int status, const struct umsi_acpi_error *error)
{
	if (status != UMSI_OK)
		panic("acpi: %s: %s at %u: %s", error->table, error->what ? error->what : "?",
		      error->offset, umsi_status_text(status));
}

/* Everything below 512 GiB is mapped where it is. */
static const void *identity(void *context, uint64_t phys, size_t bytes)
{
	(void)context;
	return phys + bytes > 512ull << 30 ? NULL : (const void *)(uintptr_t)phys;
}

static const void *find_table(const char *signature, uint32_t *out_bytes)
{
	struct umsi_acpi_error error = { 0 };
	const void *table;

	need(umsi_acpi_find(rsdp, identity, NULL, signature, 0, &table, out_bytes, &error), &error);
	return table;
}

/* The RAM that the kernel is in, from its end on. */
static void find_memory(struct platform *p, const struct start_info *info)
{
	const struct memory_map_entry *map = (const void *)(uintptr_t)info->memory_map;
	uint64_t first = ((uintptr_t)kernel_end + 4095) & ~4095ull;

	for (uint32_t i = 0; info->version && i < info->memory_map_entries; i++) {
		uint64_t end = map[i].phys + map[i].bytes;

		if (map[i].type != MEMORY_MAP_RAM || map[i].phys > first || end <= first)
			continue;
		p->memory = first;
		p->memory_bytes = (end < MEMORY_END ? end : MEMORY_END) - first;
	}
	if (!p->memory_bytes)
		panic("start info: no memory behind the kernel");
}

static void find_arguments(struct platform *p, const struct start_info *info)
{
	const char *text = (const char *)(uintptr_t)info->command_line;

	for (uint32_t i = 0; text && text[i] && i < sizeof(p->arguments) - 1; i++)
		p->arguments[i] = text[i];
}

static void find_cpus(struct platform *p, uint64_t boot_hw_id)
{
	struct umsi_acpi_error error = { 0 };
	uint32_t bytes;
	const void *madt = find_table("APIC", &bytes);

	need(umsi_acpi_madt_cpus(madt, bytes, boot_hw_id, p->cpu, PLATFORM_CPUS_MAX, &p->cpus,
				 &error), &error);
}

/*
 * Windows are in AML, which this kernel does not run: on this board memory of
 * PCI goes from the end of configuration space to the I/O APIC.
 */
static void find_pci(struct platform *p)
{
	struct umsi_acpi_error error = { 0 };
	struct umsi_acpi_ioapic ioapic;
	struct umsi_pci_host host;
	uint32_t bytes, count;
	const void *table = find_table("MCFG", &bytes);

	need(umsi_acpi_mcfg(table, bytes, &host, 1, &count, &error), &error);
	table = find_table("APIC", &bytes);
	need(umsi_acpi_madt_ioapics(table, bytes, &ioapic, 1, &count, &error), &error);
	p->pci.ecam = host.ecam_phys;
	p->pci.ecam_bytes = host.ecam_bytes;
	p->pci.memory = host.ecam_phys + host.ecam_bytes;
	p->pci.memory_pci = p->pci.memory;
	if (!count || ioapic.phys <= p->pci.memory)
		panic("acpi: no room for PCI memory between %lx and the I/O APIC", p->pci.memory);
	p->pci.memory_bytes = ioapic.phys - p->pci.memory;
	ioapic_phys = ioapic.phys;
}

/* The time-stamp counter's rate, against a counter whose period is known. */
static void measure_ticks(struct platform *p)
{
	struct umsi_acpi_error error = { 0 };
	struct umsi_acpi_hpet hpet;
	uint32_t bytes, period, began, counted;
	const void *table = find_table("HPET", &bytes);
	uint64_t ticks;

	need(umsi_acpi_hpet(table, bytes, &hpet, &error), &error);
	hpet_phys = hpet.phys;
	period = mmio_read32(hpet.phys + HPET_PERIOD);
	if (!period)
		panic("hpet: its period is 0");
	mmio_write32(hpet.phys + HPET_CONFIG, mmio_read32(hpet.phys + HPET_CONFIG) | HPET_ENABLE);
	began = mmio_read32(hpet.phys + HPET_COUNTER);
	ticks = arch_ticks();
	do {
		counted = mmio_read32(hpet.phys + HPET_COUNTER) - began;
	} while ((uint64_t)counted * period < MEASURE_FS);
	ticks = arch_ticks() - ticks;
	p->ticks_per_second = ticks * 1000 / ((uint64_t)counted * period / (FS_PER_SECOND / 1000000)) * 1000;
}

void platform_discover(struct platform *p, uint64_t boot_hw_id, const void *tree)
{
	const struct start_info *info = tree;
	const unsigned char *fadt;
	uint32_t bytes;

	if (info->magic != START_INFO_MAGIC)
		panic("start info: magic %08x", info->magic);
	rsdp = info->rsdp;
	find_arguments(p, info);
	find_memory(p, info);
	p->exit_register = EXIT_PORT;
	fadt = find_table("FACP", &bytes);
	if (bytes >= FADT_PM1A_CONTROL + 4)
		port_pm1a_control = (uint16_t)(fadt[FADT_PM1A_CONTROL] | fadt[FADT_PM1A_CONTROL + 1] << 8);
	find_cpus(p, boot_hw_id);
	find_pci(p);
	measure_ticks(p);
}

static void timer(void *host, umsi_cpu cpu)
{
	(void)host;
	(void)cpu;
	cpu_tick();
}

int platform_root(struct platform *p, struct umsi *m, struct umsi_domain **out)
{
	struct umsi_lapic_config config = { .timer = timer, .remapped = remap_exists(rsdp, identity) };

	kprintf("lapic: boot cpu has id %lu, %lu ticks a second\n", p->cpu[0].hw_id,
		p->ticks_per_second);
	return umsi_lapic_create(m, &config, out);
}

int platform_messages(struct platform *p, struct umsi *m, struct umsi_domain *root,
		      struct umsi_domain **out)
{
	(void)p;
	(void)m;
	return remap_start(rsdp, identity, root, out);
}

int platform_ipi_add(struct umsi_domain *root, umsi_ipi_handler handler, void *arg, uint32_t *out_ipi)
{
	return umsi_lapic_ipi_add(root, handler, arg, out_ipi);
}

int platform_ipi_send(struct umsi_domain *root, uint32_t ipi, umsi_cpu cpu)
{
	return umsi_lapic_ipi_send(root, ipi, cpu);
}

/*
 * Routing is in AML, which this kernel does not run. On this board the pins of the
 * slots below 25 go, each slot one further, to pins 20 to 23 of the I/O APIC, active high.
 */
bool platform_pci_wire(uint32_t requester_id, uint32_t pin, struct umsi_table **table, uint32_t *index,
		       uint8_t *trigger)
{
	uint32_t slot = requester_id >> 3 & 31;

	if (slot >= 25)
		return false;
	*table = wire_pins(kernel.messages, ioapic_phys);
	*index = 20 + (slot + pin - 1) % 4;
	*trigger = UMSI_TRIGGER_LEVEL_HIGH;
	return true;
}

bool platform_check(struct umsi_domain *root)
{
	/* The emulator's HPET sends past its remapping units, and each of its moves writes to it. */
	bool timers = remap_on() || hpet_check(root, hpet_phys);
	bool strangers = !remap_on() || remap_check();

	return wire_check(kernel.messages, ioapic_phys) && timers && strangers;
}
