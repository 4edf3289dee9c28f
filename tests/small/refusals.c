/* SPDX-License-Identifier: MIT */
/* The library's small profile: what it leaves out is refused and changes nothing, the rest works. */
#include <stdio.h>
#include <stdlib.h>

#include <umsi/device.h>
#include <umsi/imsic.h>
#include <umsi/irq.h>
#include <umsi/pci.h>
#include <umsi/umsi.h>

#include "machine/machine.h"

#define CPUS	2u
#define ENTRIES	2u

static struct mach *mach;
static struct umsi_domain *root;
static uint32_t handled[CPUS];

static void want(int got, int wanted, const char *what)
{
	if (got == wanted)
		return;
	printf("%s: %s, not %s\n", what, umsi_status_text(got), umsi_status_text(wanted));
	exit(1);
}

static void trap(void *arg, umsi_cpu cpu)
{
	(void)arg;
	umsi_imsic_trap(root, cpu);
}

static enum umsi_handled handler(void *arg)
{
	(void)arg;
	handled[mach_cpu(mach)]++;
	return UMSI_HANDLED;
}

static void online(void *arg)
{
	mach_irq_off(mach);
	want(umsi_cpu_online(arg, mach_cpu(mach)), UMSI_OK, "online");
	mach_irq_on(mach);
}

static void refused(struct umsi_table *table)
{
	uint64_t bits[1] = { 3 };
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	umsi_irq irq;

	at.affinity = (struct umsi_affinity){ .kind = UMSI_AFFINITY_SET, .set = { .bits = bits, .nbits = CPUS } };
	want(umsi_irq_alloc(table, &at, &irq), UMSI_ENOTSUP, "an interrupt for a set");
	at.affinity = (struct umsi_affinity){ .kind = UMSI_AFFINITY_ANY };
	at.kind = UMSI_IRQ_ROAMING;
	want(umsi_irq_alloc(table, &at, &irq), UMSI_ENOTSUP, "one that roams");
	at.kind = UMSI_IRQ_MANAGED;
	want(umsi_irq_alloc(table, &at, &irq), UMSI_ENOTSUP, "one that is managed");
	at.kind = UMSI_IRQ_RESERVED;
	want(umsi_irq_alloc(table, &at, &irq), UMSI_ENOTSUP, "one that is reserved");
	at.kind = UMSI_IRQ_REGULAR;
	at.band = UMSI_BAND_URGENT;
	want(umsi_irq_alloc(table, &at, &irq), UMSI_ENOTSUP, "one of a band");
	at.band = UMSI_BAND_ANY;
	at.strict = true;
	want(umsi_irq_alloc(table, &at, &irq), UMSI_ENOTSUP, "one that is strict");
}

static void raise_on(struct mach_pci *pci, umsi_cpu cpu)
{
	uint32_t before = handled[cpu];

	mach_pci_raise(pci, 0);
	want(mach_run(mach) && handled[cpu] == before + 1 ? UMSI_OK : UMSI_EBUG, UMSI_OK, "an event is handled where it should be");
}

static void works(struct umsi *m, struct umsi_table *table, struct mach_pci *pci)
{
	uint64_t bits[1] = { 2 };
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST,
					  .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 0 } };
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_SET, .set = { .bits = bits, .nbits = CPUS } };
	umsi_irq irq;

	want(umsi_irq_alloc(table, &at, &irq), UMSI_OK, "alloc: the refused took no index");
	want(umsi_irq_request(m, irq, handler, NULL, "dev0"), UMSI_OK, "request");
	raise_on(pci, 0);
	want(umsi_irq_set_affinity(m, irq, &to), UMSI_ENOTSUP, "a move to a set");
	raise_on(pci, 0);
	to = (struct umsi_affinity){ .kind = UMSI_AFFINITY_CPU, .cpu = 1 };
	want(umsi_irq_set_affinity(m, irq, &to), UMSI_OK, "a move");
	raise_on(pci, 1);
	want(umsi_irq_free(m, irq), UMSI_OK, "free");
}

/* One slot is taken on @cpu: an interrupt for any CPU goes to the other. */
static void goes_to_the_other(struct umsi *m, struct umsi_table *table, umsi_cpu cpu)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = cpu } };
	umsi_irq named, any;

	want(umsi_irq_alloc(table, &at, &named), UMSI_OK, "alloc for one CPU");
	at.affinity.kind = UMSI_AFFINITY_ANY;
	want(umsi_irq_alloc(table, &at, &any), UMSI_OK, "alloc for any CPU");
	want(umsi_irq_effective_cpu(m, any) == 1 - cpu ? UMSI_OK : UMSI_EBUG, UMSI_OK, "the one with more free slots takes it");
	want(umsi_irq_free(m, any), UMSI_OK, "free");
	want(umsi_irq_free(m, named), UMSI_OK, "free");
}

int main(void)
{
	struct mach_config config = { .ncpus = CPUS, .trap = trap, .chaos = &mach_chaos_none };
	struct mach_pci_config function = { .requester_id = 0x100, .entries = ENTRIES };
	struct umsi_cpu_desc cpus[CPUS] = { { .hw_id = 0 }, { .hw_id = 1 } };
	struct umsi_config library = { .cpus = cpus, .ncpus = CPUS };
	struct umsi_pci_function fn = { .requester_id = 0x100 };
	struct umsi_imsic_file files[CPUS];
	struct umsi_imsic_config imsic = { .files = files, .num_ids = 63, .hart_index_bits = 1 };
	struct umsi_device_config device = { .name = "dev0", .requester_id = 0x100 };
	static struct umsi_storage storage;
	struct umsi_device *dev;
	struct umsi_table *table;
	struct mach_pci *pci;
	struct umsi *m;

	mach = mach_create(1, &config);
	pci = mach_pci_add(mach, &function);
	for (uint32_t i = 0; i < 6; i++)
		mach_pci_bar(pci, i, &fn.bar[i].phys, &fn.bar[i].bytes);
	for (uint32_t i = 0; i < CPUS; i++)
		files[i].phys = mach_imsic_phys(mach, i);
	want(umsi_init(&storage, mach, &library, &m), UMSI_OK, "init");
	want(umsi_imsic_create(m, &imsic, &root), UMSI_OK, "root");
	for (uint32_t i = 0; i < CPUS; i++)
		mach_thread(mach, i, online, m);
	want(mach_run(mach) ? UMSI_OK : UMSI_EBUG, UMSI_OK, "bring-up");
	device.parent = root;
	want(umsi_device_add(m, &device, &dev), UMSI_OK, "device");
	want(umsi_pci_msix_create(dev, &fn, &table), UMSI_OK, "table");
	refused(table);
	goes_to_the_other(m, table, 0);
	goes_to_the_other(m, table, 1);
	works(m, table, pci);
	want(umsi_device_remove(dev), UMSI_OK, "remove");
	want(umsi_imsic_destroy(root), UMSI_OK, "root's end");
	want(umsi_destroy(m), UMSI_OK, "the end");
	want(mach_check_leaks(mach) && !mach_violated(mach) ? UMSI_OK : UMSI_EBUG, UMSI_OK, "nothing leaks");
	mach_destroy(mach);
	puts("the small profile refuses what it has not, and works");
	return 0;
}
