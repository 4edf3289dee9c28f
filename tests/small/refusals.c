/* SPDX-License-Identifier: MIT */
/*
 * A small profile of the library: what it leaves out is refused and changes nothing, the rest works.
 * Its name is the argument: small, or least.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
static enum umsi_handled answer = UMSI_HANDLED;
static bool least;

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
	return answer;
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
	want(umsi_irq_set_affinity(m, irq, &to), least ? UMSI_ENOTSUP : UMSI_OK, "a move");
	raise_on(pci, !least);
	want(umsi_irq_moves_atomically(m, irq), !least, "can it move?");
	want(umsi_irq_free(m, irq), UMSI_OK, "free");
}

/* ---- What only the least profile refuses. ---- */

static int store_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return 1;
}

static int store_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static int store_set_trigger(void *store, uint32_t index, uint64_t cookie, unsigned int trigger)
{
	(void)store, (void)index, (void)cookie, (void)trigger;
	return UMSI_OK;
}

static void refused_by_the_least(struct umsi *m, struct umsi_device *dev)
{
	static const struct umsi_store_ops sleeps = {
		.name = "slow", .number_name = "slow_index", .write = store_write, .settle = store_settle,
		.one_word = true, .settle_sleeps = true,
	};
	static const struct umsi_store_ops wires = {
		.name = "wires", .number_name = "line", .write = store_write, .settle = store_settle,
		.one_word = true, .set_trigger = store_set_trigger,
	};
	struct umsi_device_config function = { .name = "queue", .owner = dev };
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST, .trigger = UMSI_TRIGGER_LEVEL_HIGH };
	struct umsi_table_config config = { .size = 1 };
	struct umsi_device *queue;
	struct umsi_table *table;
	umsi_irq irq;

	want(umsi_device_add(m, &function, &queue), UMSI_ENOTSUP, "a logical function");
	want(umsi_table_create(dev, &sleeps, NULL, &config, &table), UMSI_ENOTSUP, "a flush that sleeps");
	want(umsi_table_create(dev, &wires, NULL, &config, &table), UMSI_OK, "wires");
	want(umsi_irq_alloc(table, &at, &irq), UMSI_ENOTSUP, "a level");
	at.trigger = UMSI_TRIGGER_EDGE_RISING;
	want(umsi_irq_alloc(table, &at, &irq), UMSI_OK, "an edge: the refused took no index");
	want(umsi_table_destroy(table), UMSI_OK, "wires' end");
}

/* Nobody could say done: as if it was handled at once. */
static void later_is_at_once(struct umsi *m, struct umsi_table *table, struct mach_pci *pci)
{
	struct umsi_irq_request_at at = { .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 1 } };
	struct umsi_irq_stats stats;
	umsi_irq irq;

	want(umsi_irq_alloc(table, &at, &irq), UMSI_OK, "alloc");
	want(umsi_irq_request(m, irq, handler, NULL, "dev0"), UMSI_OK, "request");
	answer = UMSI_LATER;
	raise_on(pci, 1);
	raise_on(pci, 1);
	want(umsi_irq_stats_read(m, irq, &stats), UMSI_OK, "statistics");
	want(stats.handled == 2 && !stats.not_mine ? UMSI_OK : UMSI_EBUG, UMSI_OK, "two calls, both its own");
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

int main(int argc, char **argv)
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

	least = argc == 2 && !strcmp(argv[1], "least");
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
	if (least) {
		refused_by_the_least(m, dev);
		later_is_at_once(m, table, pci);
	}
	want(umsi_device_remove(dev), UMSI_OK, "remove");
	want(umsi_imsic_destroy(root), UMSI_OK, "root's end");
	want(umsi_destroy(m), UMSI_OK, "the end");
	want(mach_check_leaks(mach) && !mach_violated(mach) ? UMSI_OK : UMSI_EBUG, UMSI_OK, "nothing leaks");
	mach_destroy(mach);
	printf("the %s profile refuses what it has not, and works\n", least ? "least" : "small");
	return 0;
}
