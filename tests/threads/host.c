/* SPDX-License-Identifier: MIT */
/* include/umsi/host.h on threads of the process. */
#include <umsi/host.h>

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "box.h"

static uint64_t blocks, maps, errors, wrong_things, failing;

void host_fail_allocations(bool now_and_then)
{
	__atomic_store_n(&failing, now_and_then, __ATOMIC_RELAXED);
}

uint64_t host_blocks(void)
{
	return __atomic_load_n(&blocks, __ATOMIC_ACQUIRE);
}

uint64_t host_maps(void)
{
	return __atomic_load_n(&maps, __ATOMIC_ACQUIRE);
}

uint64_t host_errors(void)
{
	return __atomic_load_n(&errors, __ATOMIC_ACQUIRE);
}

void wrong(const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (__atomic_fetch_add(&wrong_things, 1, __ATOMIC_RELAXED) < 20)
		printf("WRONG %s\n", text);
}

uint64_t wrongs(void)
{
	return __atomic_load_n(&wrong_things, __ATOMIC_ACQUIRE);
}

static bool fails(void)
{
	return __atomic_load_n(&failing, __ATOMIC_RELAXED) && thread_random(100) == 0;
}

void *umsi_host_alloc(void *host, size_t bytes)
{
	void *p;

	(void)host;
	cpu_point();
	if (fails() || posix_memalign(&p, 64, bytes))
		return NULL;
	__atomic_fetch_add(&blocks, 1, __ATOMIC_RELAXED);
	return memset(p, 0, bytes);
}

void umsi_host_free(void *host, void *memory, size_t bytes)
{
	(void)host, (void)bytes;
	cpu_point();
	__atomic_fetch_sub(&blocks, 1, __ATOMIC_RELAXED);
	free(memory);
}

void *umsi_host_mmio_map(void *host, uint64_t phys, size_t bytes)
{
	(void)host, (void)bytes;
	if (fails())
		return NULL;
	__atomic_fetch_add(&maps, 1, __ATOMIC_RELAXED);
	for (umsi_cpu cpu = 0; cpu < BOX_CPUS; cpu++)
		if (phys == file_phys(cpu))
			return cpus[cpu].file.page;
	for (uint32_t n = 0; n < BOX_FUNCTIONS; n++) {
		if (phys == function_phys(n))
			return functions[n].table;
		if (phys == function_phys(n) + 0x800)
			return functions[n].pending;
	}
	wrong("maps %#llx", (unsigned long long)phys);
	return NULL;
}

void umsi_host_mmio_unmap(void *host, void *mapped, size_t bytes)
{
	(void)host, (void)mapped, (void)bytes;
	__atomic_fetch_sub(&maps, 1, __ATOMIC_RELAXED);
}

uint32_t umsi_host_pci_read(void *host, uint32_t requester_id, uint16_t offset, unsigned int width)
{
	(void)host;
	cpu_point();
	return function_config_read(requester_id, offset, width);
}

void umsi_host_pci_write(void *host, uint32_t requester_id, uint16_t offset, unsigned int width,
			 uint32_t value)
{
	(void)host;
	cpu_point();
	function_config_write(requester_id, offset, width, value);
}

uint64_t umsi_host_time_ns(void *host)
{
	struct timespec t;

	(void)host;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void umsi_host_log(void *host, enum umsi_log_level level, const char *line)
{
	(void)host;
	if (level != UMSI_LOG_ERROR)
		return;
	__atomic_fetch_add(&errors, 1, __ATOMIC_RELAXED);
	printf("%s\n", line);
}

umsi_cpu umsi_host_cpu(void *host)
{
	(void)host;
	return thread_cpu();
}

/* ---- Locks: words, taken by exchange. ---- */

uintptr_t umsi_host_lock(void *host, struct umsi_lock *lock)
{
	uintptr_t was;

	(void)host;
	cpu_point();
	was = cpu_irq_off();
	while (__atomic_exchange_n(&lock->word, 1, __ATOMIC_ACQUIRE))
		sched_yield();
	return was;
}

void umsi_host_unlock(void *host, struct umsi_lock *lock, uintptr_t state)
{
	(void)host;
	__atomic_store_n(&lock->word, 0, __ATOMIC_RELEASE);
	if (state)
		cpu_irq_on();
}

void umsi_host_mutex_lock(void *host, struct umsi_mutex *mutex)
{
	(void)host;
	while (__atomic_exchange_n(&mutex->word[0], 1, __ATOMIC_ACQUIRE))
		cpu_give_way();
}

void umsi_host_mutex_unlock(void *host, struct umsi_mutex *mutex)
{
	(void)host;
	__atomic_store_n(&mutex->word[0], 0, __ATOMIC_RELEASE);
}

void umsi_host_relax(void *host)
{
	(void)host;
	cpu_give_way();
}
