/* SPDX-License-Identifier: MIT */
/*
 * A small profile of the library at work: drivers on two CPUs allocate, are raised, disable, free and allocate again,
 * more often than there are numbers, on each kind of root. The machine sees to it that every event of a live
 * entry is handled (I-CONS), that no handler runs after a free, and that no memory stays.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <umsi/device.h>
#include <umsi/gic.h>
#include <umsi/imsic.h>
#include <umsi/irq.h>
#include <umsi/lapic.h>
#include <umsi/pci.h>
#include <umsi/umsi.h>

#include "machine/machine.h"

#define CPUS		3u
#define DRIVERS		2u	/* on CPUs 0 and 1; CPU 2 takes interrupts only */
#define ENTRIES		8u
#define ROUNDS		60u
#define SEEDS		6u

struct driver;

struct source {
	struct driver *driver;
	uint32_t entry;
	umsi_irq irq;
};

struct driver {
	struct system *system;
	struct mach_pci *pci;
	struct umsi_pci_function fn;
	struct umsi_device *dev;
	struct umsi_table *table;
	struct source source[ENTRIES];
	uint32_t allocated;
};

struct system {
	const struct kind *kind;
	struct mach *mach;
	struct umsi_storage storage;
	struct umsi *umsi;
	struct umsi_domain *root;
	struct driver driver[DRIVERS];
};

/* ---- The roots. ---- */

struct kind {
	const char *name;
	enum mach_kind kind;
	uint32_t numbers;	/* no more than there are, on all CPUs */
	uint64_t min_age_ns;	/* longer than any message of the machine takes */
	int (*create)(struct system *s);
	int (*destroy)(struct umsi_domain *root);
	void (*trap)(struct umsi_domain *root, umsi_cpu cpu);
};

static int create_imsic(struct system *s)
{
	struct umsi_imsic_file files[CPUS];
	const struct umsi_imsic_config config = { .files = files, .num_ids = 63, .hart_index_bits = 2 };

	for (umsi_cpu cpu = 0; cpu < CPUS; cpu++)
		files[cpu].phys = mach_imsic_phys(s->mach, cpu);
	return umsi_imsic_create(s->umsi, &config, &s->root);
}

static int create_lapic(struct system *s)
{
	const struct umsi_lapic_config config = { .first_vector = 0xb8 };

	return umsi_lapic_create(s->umsi, &config, &s->root);
}

static int create_gic(struct system *s)
{
	const struct umsi_gic_config config = {
		.version = 2, .distributor = MACH_GIC_DISTRIBUTOR, .cpu_interface = MACH_GIC_CPU_INTERFACE,
		.frames = 1, .frame = { { .phys = MACH_GIC_FRAME } },
	};

	return umsi_gic_create(s->umsi, &config, &s->root);
}

static void trap_lapic(struct umsi_domain *root, umsi_cpu cpu)
{
	umsi_lapic_trap(root, cpu, mach_lapic_vector(mach_current()));
}

static const struct kind kinds[] = {
	{ "imsic", MACH_RISCV, CPUS * 63, 0, create_imsic, umsi_imsic_destroy, umsi_imsic_trap },
	{ "lapic", MACH_X86, CPUS * 64, 1700000, create_lapic, umsi_lapic_destroy, trap_lapic },
	{ "gic", MACH_ARM, 32, 1700000, create_gic, umsi_gic_destroy, umsi_gic_trap },
};

/* ---- The drivers. ---- */

static void want(struct system *s, int got, int wanted, const char *what)
{
	if (got != wanted)
		mach_violate(s->mach, "test", "%s: %s, not %s", what, umsi_status_text(got), umsi_status_text(wanted));
}

static enum umsi_handled handler(void *arg)
{
	struct source *source = arg;

	mach_handler_begin(source->driver->pci, source->entry);
	mach_handler_end(source->driver->pci, source->entry);
	return UMSI_HANDLED;
}

/* On its own CPU, on another, or wherever there is most room. */
static struct umsi_affinity somewhere(struct mach *m)
{
	uint32_t at = (uint32_t)mach_random(m, CPUS + 1);

	return (struct umsi_affinity){ .kind = at < CPUS ? UMSI_AFFINITY_CPU : UMSI_AFFINITY_ANY, .cpu = at };
}

static void begin(struct driver *d, struct source *source)
{
	struct system *s = d->system;
	struct umsi_irq_request_at at = { .first = source->entry, .last = source->entry, .affinity = somewhere(s->mach) };

	want(s, umsi_irq_alloc(d->table, &at, &source->irq), UMSI_OK, "alloc");
	d->allocated++;
	mach_entry_reborn(d->pci, source->entry);
	want(s, umsi_irq_request(s->umsi, source->irq, handler, source, "churn"), UMSI_OK, "request");
	mach_entry_live(d->pci, source->entry, true);
}

/* With whatever it has sent under way: it is going, and nobody is owed a call. */
static void end(struct driver *d, struct source *source)
{
	struct system *s = d->system;

	mach_entry_live(d->pci, source->entry, false);
	if (mach_random(s->mach, 2))
		want(s, umsi_irq_release(s->umsi, source->irq), UMSI_OK, "release");
	want(s, umsi_irq_free(s->umsi, source->irq), UMSI_OK, "free");
	mach_entry_freed(d->pci, source->entry);
	want(s, umsi_irq_enable(s->umsi, source->irq), UMSI_ENOENT, "a stale handle");
	source->irq = UMSI_IRQ_NONE;
}

static void use(struct driver *d, struct source *source)
{
	struct system *s = d->system;
	bool disabled = mach_random(s->mach, 2);

	if (disabled)
		want(s, umsi_irq_disable(s->umsi, source->irq), UMSI_OK, "disable");
	for (uint64_t n = mach_random(s->mach, 4); n; n--) {
		mach_pci_raise(d->pci, source->entry);
		mach_delay(s->mach, mach_random(s->mach, 40));
	}
	if (disabled)
		want(s, umsi_irq_enable(s->umsi, source->irq), UMSI_OK, "enable");
}

static void drive(void *arg)
{
	struct driver *d = arg;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < ENTRIES; i++) {
			struct source *source = &d->source[i];

			if (!source->irq)
				begin(d, source);
			use(d, source);
			if (mach_random(d->system->mach, 4))
				end(d, source);
		}
	}
}

/* ---- A run. ---- */

static void trap(void *arg, umsi_cpu cpu)
{
	struct system *s = arg;

	s->kind->trap(s->root, cpu);
}

static void online(void *arg)
{
	struct system *s = arg;

	mach_irq_off(s->mach);
	want(s, umsi_cpu_online(s->umsi, mach_cpu(s->mach)), UMSI_OK, "online");
	mach_irq_on(s->mach);
}

static void bring_up(struct system *s)
{
	struct umsi_cpu_desc cpus[CPUS] = { { .hw_id = 0 }, { .hw_id = 1 }, { .hw_id = 2 } };
	struct umsi_config config = { .cpus = cpus, .ncpus = CPUS, .min_age_ns = s->kind->min_age_ns };

	want(s, umsi_init(&s->storage, s->mach, &config, &s->umsi), UMSI_OK, "init");
	want(s, s->kind->create(s), UMSI_OK, "root");
	for (umsi_cpu cpu = 0; cpu < CPUS; cpu++)
		mach_thread(s->mach, cpu, online, s);
	mach_run(s->mach);
	for (uint32_t n = 0; n < DRIVERS; n++) {
		struct driver *d = &s->driver[n];
		struct umsi_device_config device = { .name = "churn", .requester_id = d->fn.requester_id, .parent = s->root };

		want(s, umsi_device_add(s->umsi, &device, &d->dev), UMSI_OK, "device");
		want(s, umsi_pci_msix_create(d->dev, &d->fn, &d->table), UMSI_OK, "table");
	}
}

static void add_functions(struct system *s)
{
	for (uint32_t n = 0; n < DRIVERS; n++) {
		struct mach_pci_config function = { .requester_id = 0x100 + 8 * n, .entries = ENTRIES };
		struct driver *d = &s->driver[n];

		d->system = s;
		d->fn.requester_id = function.requester_id;
		d->pci = mach_pci_add(s->mach, &function);
		for (unsigned int bar = 0; bar < 6; bar++)
			mach_pci_bar(d->pci, bar, &d->fn.bar[bar].phys, &d->fn.bar[bar].bytes);
		for (uint32_t i = 0; i < ENTRIES; i++)
			d->source[i] = (struct source){ .driver = d, .entry = i };
	}
	mach_baseline(s->mach);
}

static void take_down(struct system *s)
{
	for (uint32_t n = 0; n < DRIVERS; n++)
		want(s, umsi_device_remove(s->driver[n].dev), UMSI_OK, "remove");
	want(s, s->kind->destroy(s->root), UMSI_OK, "root's end");
	want(s, umsi_destroy(s->umsi), UMSI_OK, "the end");
}

/* False: something is wrong, and has been told. */
static bool run(const struct kind *kind, uint64_t seed)
{
	static struct system system;
	struct system *s = &system;
	struct mach_config config = { .ncpus = CPUS, .kind = kind->kind, .trap = trap, .trap_arg = s, .max_steps = 20000000,
		.strict_route = true };
	uint32_t allocated = 0;
	bool good;

	memset(s, 0, sizeof(*s));
	s->kind = kind;
	s->mach = mach_create(seed, &config);
	add_functions(s);
	bring_up(s);
	for (uint32_t n = 0; n < DRIVERS; n++)
		mach_thread(s->mach, n, drive, &s->driver[n]);
	good = mach_run(s->mach) && mach_check_quiet(s->mach);
	if (good)
		take_down(s);
	good = good && mach_check_leaks(s->mach) && !mach_violated(s->mach);
	for (uint32_t n = 0; n < DRIVERS; n++)
		allocated += s->driver[n].allocated;
	if (!good)
		mach_report(s->mach, stdout, 40);
	else if (allocated <= kind->numbers)
		printf("%s: %u allocations never needed a number again\n", kind->name, allocated);
	mach_destroy(s->mach);
	return good && allocated > kind->numbers;
}

int main(void)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			if (run(&kinds[i], seed))
				continue;
			printf("%s: seed %llu\n", kinds[i].name, (unsigned long long)seed);
			return 1;
		}
		printf("%s: %u runs, every event handled, every number come back\n", kinds[i].name, SEEDS);
	}
	return 0;
}
