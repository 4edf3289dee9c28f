/* SPDX-License-Identifier: MIT */
/*
 * The smallest host: one CPU, no threads, eight hooks of its own, and
 * src/profile/uniprocessor.c for the rest. Its hardware is the machine in a
 * box: one PCI function with MSI-X and one interrupt file.
 *
 * It allocates two interrupts, lets the function raise them, frees them, and
 * succeeds if every raise was handled and all memory and mappings are back.
 */
#include <stdio.h>
#include <stdlib.h>

#include <umsi/device.h>
#include <umsi/host.h>
#include <umsi/imsic.h>
#include <umsi/irq.h>
#include <umsi/pci.h>
#include <umsi/umsi.h>

#include "direct_host.h"

#define REQUESTER_ID	0x0008u		/* segment 0, bus 0, device 1, function 0 */
#define ENTRIES		2u
#define RAISES		5u		/* of each entry */
#define ARENA_BYTES	(256u << 10)

/* ---- The host: what each hook is handed as its first argument. ---- */

struct host {
	struct mach *hardware;
	size_t used, bytes, maps;	/* of the arena; allocated now; mapped now */
	_Alignas(64) unsigned char arena[ARENA_BYTES];
};

/* An allocator that never reuses: enough for a host that starts once. */
void *umsi_host_alloc(void *host, size_t bytes)
{
	struct host *h = host;
	void *memory = h->arena + h->used;

	if (bytes > ARENA_BYTES - h->used)
		return NULL;
	h->used += (bytes + 63) / 64 * 64;
	h->bytes += bytes;
	return memory;
}

void umsi_host_free(void *host, void *memory, size_t bytes)
{
	struct host *h = host;

	(void)memory;
	h->bytes -= bytes;
}

void *umsi_host_mmio_map(void *host, uint64_t phys, size_t bytes)
{
	struct host *h = host;
	void *mapped = mach_map(h->hardware, phys, bytes);

	h->maps += mapped != NULL;
	return mapped;
}

void umsi_host_mmio_unmap(void *host, void *mapped, size_t bytes)
{
	struct host *h = host;

	mach_unmap(h->hardware, mapped, bytes);
	h->maps--;
}

uint32_t umsi_host_pci_read(void *host, uint32_t requester_id, uint16_t offset, unsigned int width)
{
	struct host *h = host;

	return mach_config_read(h->hardware, requester_id, offset, width);
}

void umsi_host_pci_write(void *host, uint32_t requester_id, uint16_t offset, unsigned int width,
			 uint32_t value)
{
	struct host *h = host;

	mach_config_write(h->hardware, requester_id, offset, width, value);
}

uint64_t umsi_host_time_ns(void *host)
{
	struct host *h = host;

	return mach_time_ns(h->hardware);
}

void umsi_host_log(void *host, enum umsi_log_level level, const char *line)
{
	(void)host;
	printf("log %d: %s\n", level, line);
}

/* ---- Its one driver. ---- */

struct boot {
	struct host host;
	struct umsi_storage storage;
	struct umsi *umsi;
	struct umsi_domain *root;
	struct mach_pci *pci;
	struct umsi_device *dev;
	umsi_irq irq[ENTRIES];
	uint32_t handled[ENTRIES];
};

static struct boot boot;

static void must(int status, const char *what)
{
	if (status == UMSI_OK)
		return;
	printf("%s: %s\n", what, umsi_status_text(status));
	exit(1);
}

static enum umsi_handled handler(void *arg)
{
	uint32_t *handled = arg;

	++*handled;
	return UMSI_HANDLED;
}

/* The trap vector of the one CPU. */
static void on_trap(void *arg, umsi_cpu cpu)
{
	struct boot *b = arg;

	if (b->root)
		umsi_imsic_trap(b->root, cpu);
}

static void start_library(struct boot *b)
{
	struct umsi_cpu_desc cpu = { .hw_id = 0 };
	struct umsi_imsic_file file = { .phys = mach_imsic_phys(b->host.hardware, 0) };
	struct umsi_config config = { .cpus = &cpu, .ncpus = 1 };
	struct umsi_imsic_config imsic = { .files = &file, .num_ids = 63 };

	must(umsi_init(&b->storage, &b->host, &config, &b->umsi), "init");
	must(umsi_imsic_create(b->umsi, &imsic, &b->root), "imsic");
	mach_irq_off(b->host.hardware);
	must(umsi_cpu_online(b->umsi, 0), "online");
	mach_irq_on(b->host.hardware);
}

static void start_driver(struct boot *b)
{
	struct umsi_device_config config = {
		.name = "dev0", .requester_id = REQUESTER_ID, .parent = b->root,
	};
	struct umsi_pci_function fn = { .requester_id = REQUESTER_ID };
	struct umsi_irq_request_at any = { .last = UMSI_INDEX_LAST };
	struct umsi_table *table;

	for (unsigned int i = 0; i < 6; i++)
		mach_pci_bar(b->pci, i, &fn.bar[i].phys, &fn.bar[i].bytes);
	must(umsi_device_add(b->umsi, &config, &b->dev), "device");
	must(umsi_pci_msix_create(b->dev, &fn, &table), "msix");
	for (uint32_t i = 0; i < ENTRIES; i++) {
		must(umsi_irq_alloc(table, &any, &b->irq[i]), "alloc");
		must(umsi_irq_request(b->umsi, b->irq[i], handler, &b->handled[i], "dev0"), "request");
	}
}

static void stop(struct boot *b)
{
	must(umsi_irq_free(b->umsi, b->irq[0]), "free");
	/* The rest goes with its device. */
	must(umsi_device_remove(b->dev), "remove");
	must(umsi_imsic_destroy(b->root), "imsic destroy");
	b->root = NULL;
	must(umsi_destroy(b->umsi), "destroy");
}

/* What a kernel's start_kernel() would do. */
static void run_boot(void *arg)
{
	struct boot *b = arg;

	start_library(b);
	start_driver(b);
	for (uint32_t i = 0; i < RAISES * ENTRIES; i++) {
		uint32_t entry = i % ENTRIES, before = b->handled[entry];

		mach_pci_raise(b->pci, entry);
		for (uint32_t wait = 0; b->handled[entry] == before && wait < 1000; wait++)
			mach_delay(b->host.hardware, 10);
	}
	stop(b);
}

int main(void)
{
	struct mach_config config = { .ncpus = 1, .trap = on_trap, .trap_arg = &boot };
	struct mach_pci_config function = { .requester_id = REQUESTER_ID, .entries = ENTRIES };
	bool good;

	boot.host.hardware = mach_create(1, &config);
	boot.pci = mach_pci_add(boot.host.hardware, &function);
	mach_thread(boot.host.hardware, 0, run_boot, &boot);
	good = mach_run(boot.host.hardware);
	if (!good)
		mach_report(boot.host.hardware, stdout, 20);
	for (uint32_t i = 0; i < ENTRIES; i++) {
		printf("entry %u: %u raises, %u handled\n", i, RAISES, boot.handled[i]);
		good = good && boot.handled[i] == RAISES;
	}
	printf("memory: %zu bytes in use of %zu ever taken; mappings: %zu\n", boot.host.bytes,
	       boot.host.used, boot.host.maps);
	good = good && !boot.host.bytes && !boot.host.maps;
	mach_destroy(boot.host.hardware);
	puts(good ? "PASS" : "FAIL");
	return good ? 0 : 1;
}
