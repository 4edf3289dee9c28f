/* SPDX-License-Identifier: MIT */
/* The hooks, and IMSIC files that are words of memory. One thread plays every CPU. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <umsi/host.h>

#include "umsi_aia.h"

#define FILE_BASE	0x100000000ull
#define FILE_STRIDE	0x1000ull
#define IID_EXTERNAL	9
#define EIE_WORDS	32

umsi_cpu bench_cpu;
uint64_t bench_bytes, bench_bytes_max;
uint64_t bench_locks, bench_mutexes;

/*
 * One file: the word that messages are written to, and what is pending. The
 * root is given the address of the word for each mapping of a page.
 */
struct file {
	_Alignas(64) uint32_t seteipnum;
	uint32_t waiting;		/* pending[0 .. waiting - 1], lowest claimed last of all */
	uint32_t pending[14];
	uint32_t eidelivery;
	uint64_t eie[EIE_WORDS];
};

static struct file *files;
static struct bench_machine *running;
static uint64_t now_ns;

void bench_need(int status, const char *what)
{
	if (status == UMSI_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, umsi_status_text(status));
	exit(1);
}

uint32_t bench_random(uint32_t limit)
{
	static uint64_t x = 0x9e3779b97f4a7c15ull;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(((x >> 32) * limit) >> 32);
}

/* ---- The CPU's file ---- */

static void take_up(struct file *f, uint32_t id)
{
	if (f->waiting == sizeof(f->pending) / sizeof(f->pending[0])) {
		fprintf(stderr, "more messages than the file's model holds\n");
		exit(1);
	}
	f->pending[f->waiting++] = id;
}

/* What the library itself wrote to the word: kicks and markers. */
static void look_at_word(struct file *f)
{
	if (f->seteipnum)
		take_up(f, f->seteipnum);
	f->seteipnum = 0;
}

uint64_t bench_aia_stopei(void)
{
	struct file *f = &files[bench_cpu];

	look_at_word(f);
	return f->waiting ? f->pending[f->waiting - 1] * 0x10001ull : 0;
}

uint64_t bench_aia_stopi(void)
{
	return bench_aia_stopei() ? IID_EXTERNAL << 16 | 1 : 0;
}

uint64_t bench_aia_claim(void)
{
	uint64_t top = bench_aia_stopei();

	if (top)
		files[bench_cpu].waiting--;
	return top;
}

uint64_t bench_aia_read(unsigned int reg)
{
	struct file *f = &files[bench_cpu];

	if (reg >= AIA_EIE0)
		return f->eie[(reg - AIA_EIE0) / 2];
	return reg == AIA_EIDELIVERY ? f->eidelivery : 0;
}

void bench_aia_write(unsigned int reg, uint64_t value)
{
	struct file *f = &files[bench_cpu];

	if (reg >= AIA_EIE0)
		f->eie[(reg - AIA_EIE0) / 2] = reg == AIA_EIE0 ? value & ~1ull : value;
	else if (reg == AIA_EIDELIVERY)
		f->eidelivery = (uint32_t)value;
}

void bench_message(const struct umsi_msg *msg)
{
	take_up(&files[(msg->address - FILE_BASE) / FILE_STRIDE], msg->data);
}

void bench_trap(struct bench_machine *b, umsi_cpu cpu)
{
	umsi_cpu was = bench_cpu;

	bench_cpu = cpu;
	umsi_imsic_trap(b->root, cpu);
	bench_cpu = was;
}

void bench_traps(struct bench_machine *b)
{
	for (umsi_cpu cpu = 0; cpu < b->ncpus; cpu++)
		while (files[cpu].seteipnum || files[cpu].waiting)
			bench_trap(b, cpu);
}

void bench_machine_new(struct bench_machine *b, uint32_t ncpus, uint32_t ids)
{
	struct umsi_cpu_desc *cpus = calloc(ncpus, sizeof(*cpus));
	struct umsi_imsic_file *pages = calloc(ncpus, sizeof(*pages));
	struct umsi_config config = { .cpus = cpus, .ncpus = ncpus };
	struct umsi_imsic_config imsic = { .files = pages, .num_ids = ids, .hart_index_bits = 12 };

	files = aligned_alloc(64, ncpus * sizeof(*files));
	memset(files, 0, ncpus * sizeof(*files));
	for (uint32_t i = 0; i < ncpus; i++) {
		cpus[i].hw_id = i;
		pages[i].phys = FILE_BASE + i * FILE_STRIDE;
	}
	running = b;
	bench_bytes_max = bench_bytes;
	b->ncpus = ncpus;
	bench_need(umsi_init(&b->storage, b, &config, &b->m), "init");
	bench_need(umsi_imsic_create(b->m, &imsic, &b->root), "imsic");
	for (bench_cpu = 0; bench_cpu < ncpus; bench_cpu++)
		bench_need(umsi_cpu_online(b->m, bench_cpu), "online");
	bench_cpu = 0;
	free(cpus);
	free(pages);
}

void bench_machine_end(struct bench_machine *b)
{
	bench_need(umsi_imsic_destroy(b->root), "imsic destroy");
	bench_need(umsi_destroy(b->m), "destroy");
	free(files);
	if (bench_bytes) {
		fprintf(stderr, "%llu bytes leaked\n", (unsigned long long)bench_bytes);
		exit(1);
	}
}

/* ---- Hooks ---- */

/* Not by memset(), which would be counted as the library's. */
static void clear(void *memory, size_t words)
{
	for (volatile uint64_t *word = memory; words; words--)
		*word++ = 0;
}

void *umsi_host_alloc(void *host, size_t bytes)
{
	size_t room = (bytes + 63) / 64 * 64;
	void *memory = aligned_alloc(64, room);

	(void)host;
	if (!memory)
		return NULL;
	clear(memory, room / sizeof(uint64_t));
	bench_bytes += bytes;
	if (bench_bytes > bench_bytes_max)
		bench_bytes_max = bench_bytes;
	return memory;
}

void umsi_host_free(void *host, void *memory, size_t bytes)
{
	(void)host;
	bench_bytes -= bytes;
	free(memory);
}

/* A file's page is its word; anything else is memory at the address it has (stores.c). */
void *umsi_host_mmio_map(void *host, uint64_t phys, size_t bytes)
{
	(void)host;
	(void)bytes;
	if (phys >= FILE_BASE && phys < FILE_BASE + FILE_STRIDE * UMSI_CPUS_MAX)
		return &files[(phys - FILE_BASE) / FILE_STRIDE].seteipnum;
	return (void *)(uintptr_t)phys;
}

void umsi_host_mmio_unmap(void *host, void *mapped, size_t bytes)
{
	(void)host;
	(void)mapped;
	(void)bytes;
}

uint64_t umsi_host_time_ns(void *host)
{
	(void)host;
	return now_ns += 1000;
}

void umsi_host_log(void *host, enum umsi_log_level level, const char *line)
{
	(void)host;
	(void)level;
	fprintf(stderr, "%s\n", line);
}

umsi_cpu umsi_host_cpu(void *host)
{
	(void)host;
	return bench_cpu;
}

/* ---- Which locks two phases take ---- */

#define LOCKS_NOTED	64

static const void *noted[2][LOCKS_NOTED];
static uint32_t noted_count[2];
static int phase = -1;

void bench_lock_phase(int which)
{
	phase = which;
	noted_count[which] = 0;
}

static void note(const void *lock)
{
	if (phase < 0)
		return;
	for (uint32_t i = 0; i < noted_count[phase]; i++)
		if (noted[phase][i] == lock)
			return;
	if (noted_count[phase] < LOCKS_NOTED)
		noted[phase][noted_count[phase]++] = lock;
}

uint32_t bench_locks_shared(void)
{
	uint32_t shared = 0;

	for (uint32_t i = 0; i < noted_count[0]; i++)
		for (uint32_t k = 0; k < noted_count[1]; k++)
			shared += noted[0][i] == noted[1][k];
	phase = -1;
	return shared;
}

uintptr_t umsi_host_lock(void *host, struct umsi_lock *lock)
{
	(void)host;
	note(lock);
	bench_locks++;
	return 0;
}

void umsi_host_unlock(void *host, struct umsi_lock *lock, uintptr_t state)
{
	(void)host;
	(void)lock;
	(void)state;
}

void umsi_host_mutex_lock(void *host, struct umsi_mutex *mutex)
{
	(void)host;
	note(mutex);
	bench_mutexes++;
}

void umsi_host_mutex_unlock(void *host, struct umsi_mutex *mutex)
{
	(void)host;
	(void)mutex;
}

void umsi_host_relax(void *host)
{
	bench_traps(host);
}
