/* SPDX-License-Identifier: MIT */
#include "core/disk.h"

#include <umsi/device.h>
#include <umsi/irq.h>

#include "core/crc32.h"
#include "core/kernel.h"
#include "core/pages.h"
#include "core/print.h"

#define DEEP		16	/* commands a queue keeps outstanding in phase 1 */
#define READS_WHILE_DOWN 16	/* by the others, in phase 4 */
#define QUIET_NS	300000000ull
#define DEEP_PER_MOVE	4	/* completions a CPU takes between two moves there */

struct disk disk;

/* One CPU's part of a phase. */
struct load {
	bool first;		/* in order, noting CRCs; else anywhere, comparing */
	unsigned int depth;
	unsigned int per_move;
	uint64_t loaded;	/* until so many loaded moves */
	uint64_t times;		/* each CPU goes and comes back; 0 = by loaded */
	uint32_t over;		/* atomic: all have */
};

void disk_init(void)
{
	uint32_t n = cpu_count();

	nvme_init(&disk.nvme, 2 * n);
	if (disk.nvme.queue_pairs < 2 * n || disk.nvme.vectors < n + 2)
		panic("nvme: %u queue pairs and %u vectors are too few for %u cpus",
		      disk.nvme.queue_pairs, disk.nvme.vectors, n);
	disk.spare_first = n + 1;
	disk.spare_last = disk.nvme.vectors - 1;
	disk.pages = disk.nvme.blocks * disk.nvme.block_bytes / PAGE;
	if (!disk.pages || disk.pages > UINT32_MAX)
		panic("disk: %lu pages", disk.pages);
	disk.page_crc = memory_alloc(disk.pages * sizeof(*disk.page_crc));
	if (!disk.page_crc)
		panic("no memory for %lu CRCs", disk.pages);
	for (uint32_t i = 0; i < n; i++) {
		int status;

		if (!nvme_queue_init(&disk.nvme, &disk.queue[i], (uint16_t)(i + 1), "nvme-io") ||
		    !nvme_queue_init(&disk.nvme, &disk.spare[i], (uint16_t)(n + i + 1), "nvme-spare"))
			panic("no memory for the queues of cpu %u", i);
		status = nvme_queue_attach(&disk.queue[i], i + 1, i + 1, i);
		if (status != UMSI_OK)
			panic("queue %u: %s", i + 1, umsi_status_text(status));
		if (!nvme_create_queue_pair(&disk.queue[i]))
			panic("nvme: queue pair %u", i + 1);
	}
	kprintf("disk: %lu pages, %u queues of %u, spare entries %u to %u\n", disk.pages, n,
		NVME_ENTRIES, disk.spare_first, disk.spare_last);
}

static uint64_t read64(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static uint64_t add64(uint64_t *p, uint64_t n)
{
	return __atomic_fetch_add(p, n, __ATOMIC_ACQ_REL);
}

bool disk_has_lost(void)
{
	return read64(&disk.nvme.counts.lost) || read64(&disk.failures);
}

/* @cpu may have been closed at some time since cpu_changes() answered @changes. */
static bool has_been_down(umsi_cpu cpu, uint64_t changes)
{
	return !umsi_cpu_is_online(kernel.m, cpu) || cpu_changes() != changes;
}

/*
 * Loaded: a command submitted before the move began had not completed when it
 * ended. Only one CPU at a time moves an interrupt, so the change is its own.
 */
void disk_move(struct cpu *cpu, struct nvme_queue *q)
{
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU };
	uint64_t submitted, changes = cpu_changes();
	struct cpu *target;
	umsi_cpu was;
	int status;

	if (__atomic_exchange_n(nvme_mover(q), 1, __ATOMIC_ACQUIRE))
		return;
	was = umsi_irq_effective_cpu(kernel.m, q->irq);
	target = cpu_random_up(cpu, was);
	to.cpu = target ? target->index : was;
	submitted = read64(&q->submitted);
	status = umsi_irq_set_affinity(kernel.m, q->irq, &to);
	if (status != UMSI_OK)
		add64(&disk.move_errors, !(status == UMSI_ENOCPU && has_been_down(to.cpu, changes)));
	else if (to.cpu != was && read64(&q->completed) < submitted &&
		 umsi_irq_effective_cpu(kernel.m, q->irq) == to.cpu)
		add64(&disk.moves_loaded, 1);
	__atomic_store_n(nvme_mover(q), 0, __ATOMIC_RELEASE);
}

void disk_check(uint64_t page, const unsigned char *data, bool first)
{
	uint32_t crc = crc32(data, PAGE);

	add64(&disk.pages_read, 1);
	if (first)
		disk.page_crc[page] = crc;
	else if (disk.page_crc[page] != crc)
		add64(&disk.crc_errors, 1);
}

/* Which page next; false when this phase wants no more. */
static bool next_page(struct cpu *cpu, const struct load *load, uint64_t *out)
{
	if (disk_has_lost())
		return false;
	if (load->first) {
		*out = add64(&disk.next_page, 1);
		return *out < disk.pages;
	}
	*out = cpu_random(cpu, (uint32_t)disk.pages);
	if (load->times)
		return !__atomic_load_n(&load->over, __ATOMIC_ACQUIRE);
	return read64(&disk.moves_loaded) < load->loaded;
}

static void take_done(struct nvme_queue *q, int slot, bool first)
{
	if (q->slot[slot].status == 0)
		disk_check(q->slot[slot].block, nvme_slot_buffer(q, slot), first);
	nvme_slot_release(q, slot);
}

static unsigned int take_all_done(struct nvme_queue *q, bool first)
{
	unsigned int taken = 0;

	for (int i = 0; i < NVME_OUTSTANDING_MAX; i++) {
		if (__atomic_load_n(&q->slot[i].state, __ATOMIC_ACQUIRE) != NVME_SLOT_DONE)
			continue;
		take_done(q, i, first);
		taken++;
	}
	return taken;
}

static bool any_done(const void *arg)
{
	const struct nvme_queue *q = arg;

	for (int i = 0; i < NVME_OUTSTANDING_MAX; i++)
		if (__atomic_load_n(&q->slot[i].state, __ATOMIC_ACQUIRE) == NVME_SLOT_DONE)
			return true;
	return false;
}

static struct nvme_queue *any_queue(struct cpu *cpu)
{
	return &disk.queue[cpu_random(cpu, cpu_count())];
}

/* What a load that ended by its CPU going down left: under way, or not taken yet. */
static unsigned int left_over(const struct nvme_queue *q)
{
	unsigned int n = 0;

	for (int i = 0; i < NVME_OUTSTANDING_MAX; i++) {
		uint32_t state = __atomic_load_n(&q->slot[i].state, __ATOMIC_ACQUIRE);

		n += state == NVME_SLOT_BUSY || state == NVME_SLOT_DONE;
	}
	return n;
}

/* Keeps the CPU's own queue full; every few completions moves some queue's interrupt. */
static void run_load(struct cpu *cpu, void *arg)
{
	const struct load *load = arg;
	struct nvme_queue *q = &disk.queue[cpu->index];
	unsigned int out = left_over(q), since = 0;
	bool more = true;
	uint64_t page;

	while (more || out) {
		unsigned int taken;

		while (more && out < load->depth) {
			more = next_page(cpu, load, &page);
			if (!more)
				break;
			if (nvme_read_page(q, page) < 0)
				panic("queue %u: no slot with %u outstanding", q->qid, out);
			out++;
		}
		for (; since >= load->per_move; since -= load->per_move)
			disk_move(cpu, any_queue(cpu));
		cpu_go_if_asked(cpu);
		cpu_wait(any_done, q, time_ns() + NVME_TIMEOUT_NS / 4);
		taken = take_all_done(q, load->first);
		since += taken;
		out -= taken;
		if (!taken)
			out -= nvme_mark_lost(q);
	}
}

void disk_read_all(void)
{
	struct load load = { .first = true, .depth = DEEP, .per_move = DEEP_PER_MOVE };

	cpu_run_all(run_load, &load);
	disk.whole_crc = crc32_join(disk.page_crc, disk.pages, PAGE);
}

static bool never(const void *arg)
{
	(void)arg;
	return false;
}

/* Runs with interrupts taken: what waited at its CPU has been handled. */
static void nothing(struct cpu *cpu, void *arg)
{
	(void)cpu;
	(void)arg;
}

/*
 * Nothing is outstanding; what is still under way arrives meanwhile, and
 * every CPU takes it, also one that the emulator let wait longer. From
 * here each call needs an entry of its own.
 */
static void settle_queues(void)
{
	cpu_wait(never, NULL, time_ns() + QUIET_NS);
	cpu_run_all(nothing, NULL);
	for (uint32_t i = 0; i < cpu_count(); i++)
		disk.queue[i].credit = 0;
}

void disk_read_single(uint64_t loaded)
{
	struct load load = { .depth = 1, .per_move = 1, .loaded = loaded };

	settle_queues();
	cpu_run_all(run_load, &load);
}

/* ---- Going and coming back ---- */

/* A CPU that is down: the queue it left, and how far the others' reads go meanwhile. */
struct absence {
	struct nvme_queue *q;
	uint64_t completions;
};

static bool has_gone_on(const void *arg)
{
	const struct absence *a = arg;

	return !nvme_busy(a->q) && read64(&disk.nvme.counts.completions) >= a->completions;
}

/*
 * The command it left behind is completed elsewhere, and those that have a
 * load go on reading: with two CPUs there are none. An umsi_status.
 */
static int stay_down(struct cpu *cpu)
{
	struct absence a = {
		.q = &disk.queue[cpu->index],
		.completions = read64(&disk.nvme.counts.completions) +
			       (cpu_count() > 2 ? READS_WHILE_DOWN : 0),
	};

	if (!cpu_poll(has_gone_on, &a, time_ns() + NVME_TIMEOUT_NS))
		return UMSI_ETIMEOUT;
	return umsi_irq_effective_cpu(kernel.m, a.q->irq) == cpu->index ? UMSI_EBUG : UMSI_OK;
}

static bool round_trip(struct cpu *cpu)
{
	int status = cpu_take_down(cpu), back;

	if (status == UMSI_OK) {
		status = stay_down(cpu);
		back = cpu_bring_back(cpu);
		status = status ? status : back;
	}
	if (status == UMSI_OK)
		return true;
	add64(&disk.failures, 1);
	kprintf("cpu %u does not go and come back: %s\n", cpu->index, umsi_status_text(status));
	return false;
}

static void run_trips(struct cpu *cpu, void *arg)
{
	struct load *load = arg;

	if (cpu != &boot_cpu) {
		run_load(cpu, load);
		return;
	}
	for (uint64_t n = 0; n < load->times * (cpu_count() - 1) && !disk_has_lost(); n++)
		disk.trips += round_trip(cpu_at(1 + (uint32_t)(n % (cpu_count() - 1))));
	__atomic_store_n(&load->over, 1, __ATOMIC_RELEASE);
}

void disk_hotplug(uint64_t times)
{
	struct load load = { .depth = 1, .per_move = 1, .times = times };

	settle_queues();
	cpu_run_all(run_trips, &load);
}

static void report_failure(uint64_t round, const char *what, int status)
{
	add64(&disk.failures, 1);
	kprintf("round %lu: %s: %s\n", round, what, umsi_status_text(status));
}

/* A read through the new queue, moved while it is under way. */
static void read_through(struct cpu *cpu, struct nvme_queue *q)
{
	int slot = nvme_read_page(q, cpu_random(cpu, (uint32_t)disk.pages));

	disk_move(cpu, q);
	if (nvme_wait(q, slot))
		take_done(q, slot, false);
}

static void one_round(struct cpu *cpu, uint64_t round)
{
	struct nvme_queue *own = &disk.queue[cpu->index], *q = &disk.spare[cpu->index];
	uint32_t at = cpu_random(cpu, cpu_count());
	int beside, status;

	nvme_queue_reset(q);
	beside = nvme_read_page(own, cpu_random(cpu, (uint32_t)disk.pages));
	status = nvme_queue_attach(q, disk.spare_first, disk.spare_last, at);
	if (status != UMSI_OK) {
		report_failure(round, "attach", status);
		return;
	}
	disk_move(cpu, &disk.nvme.admin);
	if (!nvme_create_queue_pair(q)) {
		report_failure(round, "create queue pair", UMSI_EREFUSED);
		return;
	}
	read_through(cpu, q);
	disk_move(cpu, own);
	if (!nvme_delete_queue_pair(q))
		report_failure(round, "delete queue pair", UMSI_EREFUSED);
	status = nvme_queue_detach(q);
	if (status != UMSI_OK)
		report_failure(round, "detach", status);
	if (nvme_wait(own, beside))
		take_done(own, beside, false);
}

static void run_rounds(struct cpu *cpu, void *arg)
{
	uint64_t rounds = *(uint64_t *)arg;

	while (!disk_has_lost()) {
		uint64_t round = add64(&disk.next_page, 1);

		if (round >= rounds)
			return;
		one_round(cpu, round);
		if (!disk_has_lost())
			add64(&disk.rounds, 1);
	}
}

void disk_dynamic(uint64_t rounds)
{
	disk.next_page = 0;
	cpu_run_all(run_rounds, &rounds);
}
