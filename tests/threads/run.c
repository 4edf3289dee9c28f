/* SPDX-License-Identifier: MIT */
/*
 * The library's objects on real threads: several CPUs and devices of real threads
 * at once, built with TSan. Ends in one line; the exit status says whether all was well.
 */
#include "work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <umsi/imsic.h>

struct world world;
uint64_t counts[N_COUNTED];
const char *const count_names[N_COUNTED] = {
	"raised", "calls", "moves", "allocs", "frees", "releases", "triggers", "later", "trips", "sleeps",
	"suspends", "removals", "ipis", "settled",
};

static struct umsi_storage storage;
static uint64_t ready;

static void trap(umsi_cpu cpu)
{
	if (__atomic_load_n(&ready, __ATOMIC_ACQUIRE))
		umsi_imsic_trap(world.root, cpu);
}

static void on_ipi(void *arg, umsi_cpu cpu)
{
	if (arg != &world || cpu != thread_cpu())
		wrong("IPI on another CPU");
	__atomic_store_n(&world.read[cpu], world.letter[cpu], __ATOMIC_RELEASE);
	count(N_IPIS);
}

static void online(void *unused)
{
	(void)unused;
	EXPECT("online", umsi_cpu_online(world.umsi, thread_cpu()));
}

static void start(void)
{
	struct umsi_cpu_desc descriptions[BOX_CPUS];
	struct umsi_imsic_file files[BOX_CPUS];
	struct umsi_config config = { .cpus = descriptions, .ncpus = BOX_CPUS, .max_repeats = 4, .min_age_ns = 100000 };
	struct umsi_imsic_config imsic = {
		.files = files, .num_ids = BOX_IDS, .system_ids = BOX_SYSTEM_IDS, .hart_index_bits = 3,
	};

	for (uint32_t i = 0; i < BOX_CPUS; i++) {
		descriptions[i] = (struct umsi_cpu_desc){ .hw_id = i, .node = i / 3 };
		files[i].phys = file_phys(i);
	}
	EXPECT("init", umsi_init(&storage, NULL, &config, &world.umsi));
	EXPECT("root", umsi_imsic_create(world.umsi, &imsic, &world.root));
	EXPECT("ipi", umsi_imsic_ipi_add(world.root, on_ipi, &world, &world.ipi));
	__atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
	for (umsi_cpu cpu = 0; cpu < BOX_CPUS; cpu++)
		cpu_call(cpu, online, NULL);
	for (uint32_t n = 0; n < BOX_FUNCTIONS; n++)
		for (uint32_t i = 0; i < BOX_ENTRIES; i++)
			world.entry[n][i] = (struct entry){ .function = n, .index = i };
	for (uint32_t n = 0; n < BOX_FUNCTIONS - 1; n++)
		if (!table_up(n))
			wrong("no table");
}

static void *(*const actors[])(void *) = { run_mover, run_traveller, run_remover, run_sleeper, run_caller };

#define ACTORS	(sizeof(actors) / sizeof(actors[0]))

static void act(unsigned int seconds)
{
	pthread_t owner[OWNERS], actor[ACTORS], device[BOX_FUNCTIONS];

	host_fail_allocations(true);
	for (uintptr_t i = 0; i < OWNERS; i++)
		pthread_create(&owner[i], NULL, run_owner, (void *)i);
	for (uintptr_t i = 0; i < ACTORS; i++)
		pthread_create(&actor[i], NULL, actors[i], NULL);
	for (uintptr_t i = 0; i < BOX_FUNCTIONS; i++)
		pthread_create(&device[i], NULL, run_device, (void *)i);
	while (seconds--) {
		/* This thread is on CPU 0, and lets it go on meanwhile. */
		pthread_mutex_unlock(&me.cpu->baton);
		sleep(1);
		pthread_mutex_lock(&me.cpu->baton);
	}
	__atomic_store_n(&world.stop, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&world.finished, __ATOMIC_ACQUIRE) != OWNERS + ACTORS)
		cpu_give_way();
	__atomic_store_n(&world.quiet_raisers, 1, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < OWNERS; i++)
		pthread_join(owner[i], NULL);
	for (uint32_t i = 0; i < ACTORS; i++)
		pthread_join(actor[i], NULL);
	for (uint32_t i = 0; i < BOX_FUNCTIONS; i++)
		pthread_join(device[i], NULL);
	host_fail_allocations(false);
}

static void finish(void)
{
	struct umsi_stats st;

	umsi_stats_read(world.umsi, &st);
	if (st.unowned)
		wrong("%llu messages reached a slot nobody owns", (unsigned long long)st.unowned);
	if (files_lost())
		wrong("%llu messages reached a CPU that is down", (unsigned long long)files_lost());
	for (uint32_t n = 0; n < BOX_FUNCTIONS - 1; n++)
		EXPECT("remove", umsi_device_remove(world.dev[n]));
	__atomic_store_n(&ready, 0, __ATOMIC_RELEASE);
	for (umsi_cpu cpu = 0; cpu < BOX_CPUS; cpu++)
		file_power(cpu, false);
	thread_end();
	cpus_stop();
	thread_begin(0, 2);
	EXPECT("root", umsi_imsic_destroy(world.root));
	EXPECT("destroy", umsi_destroy(world.umsi));
	if (host_blocks() || host_maps())
		wrong("%llu allocations and %llu mappings are left", (unsigned long long)host_blocks(),
		      (unsigned long long)host_maps());
	if (host_errors())
		wrong("the library logged errors");
	thread_end();
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 3;

	functions_init();
	cpus_start(trap);
	thread_begin(0, 1);
	start();
	act(seconds);
	finish();
	printf("RESULT threads seconds=%u", seconds);
	for (uint32_t i = 0; i < N_COUNTED; i++)
		printf(" %s=%llu", count_names[i], (unsigned long long)counts[i]);
	printf(" wrong=%llu\n", (unsigned long long)wrongs());
	return wrongs() ? 1 : 0;
}
