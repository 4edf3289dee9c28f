/* SPDX-License-Identifier: MIT */
/* include/umsi/host.h, played by the current machine. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <umsi/host.h>

#include "direct_host.h"
#include "inside.h"

#define ALLOC_ALIGN	64u

void *umsi_host_alloc(void *host, size_t bytes)
{
	struct mach *m = mach_now;
	void *p;

	(void)host;
	if (!m) {
		if (posix_memalign(&p, ALLOC_ALIGN, bytes))
			return NULL;
		return memset(p, 0, bytes);
	}
	mach_step(m);
	mach_must_sleep(m, "alloc");
	return mach_alloc_fails(m) ? NULL : mach_alloc(m, bytes, ALLOC_ALIGN);
}

void umsi_host_free(void *host, void *memory, size_t bytes)
{
	struct mach *m = mach_now;

	(void)host;
	if (!m) {
		free(memory);
		return;
	}
	mach_step(m);
	mach_must_sleep(m, "free");
	mach_free(m, memory, bytes);
}

void *umsi_host_mmio_map(void *host, uint64_t phys, size_t bytes)
{
	struct mach *m = mach_need("umsi_host_mmio_map");

	(void)host;
	mach_step(m);
	mach_must_sleep(m, "mmio map");
	return mach_alloc_fails(m) ? NULL : mach_map(m, phys, bytes);
}

void umsi_host_mmio_unmap(void *host, void *mapped, size_t bytes)
{
	struct mach *m = mach_need("umsi_host_mmio_unmap");

	(void)host;
	mach_step(m);
	mach_must_sleep(m, "mmio unmap");
	mach_unmap(m, mapped, bytes);
}

uint32_t umsi_host_pci_read(void *host, uint32_t requester_id, uint16_t offset, unsigned int width)
{
	(void)host;
	return mach_config_read(mach_need("umsi_host_pci_read"), requester_id, offset, width);
}

void umsi_host_pci_write(void *host, uint32_t requester_id, uint16_t offset, unsigned int width,
			 uint32_t value)
{
	(void)host;
	mach_config_write(mach_need("umsi_host_pci_write"), requester_id, offset, width, value);
}

uint64_t umsi_host_time_ns(void *host)
{
	(void)host;
	return mach_time_ns(mach_need("umsi_host_time_ns"));
}

void umsi_host_log(void *host, enum umsi_log_level level, const char *line)
{
	struct mach *m = mach_now;
	uint32_t slots;

	(void)host;
	if (!m || m->config.print_log)
		fprintf(stderr, "umsi[%d]: %s\n", level, line);
	if (!m)
		return;
	slots = sizeof(m->log) / sizeof(m->log[0]);
	snprintf(m->log[m->logs % slots], sizeof(m->log[0]), "%s", line);
	mach_trace(m, "log ", m->logs++, level);
	m->logged[(unsigned int)level % 3]++;
}

uint64_t mach_logged(const struct mach *m, unsigned int level)
{
	return m->logged[level % 3];
}

umsi_cpu umsi_host_cpu(void *host)
{
	(void)host;
	return mach_now ? mach_now->cpu->number : 0;
}

/* A plain lock for real threads, when no machine plays. */
static void direct_lock(uint64_t *word)
{
	while (__atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE))
		sched_yield();
}

uintptr_t umsi_host_lock(void *host, struct umsi_lock *lock)
{
	struct mach *m = mach_now;
	uintptr_t state;

	(void)host;
	if (!m) {
		direct_lock(&lock->word);
		return 0;
	}
	mach_step(m);
	state = m->cpu->irq_on;
	m->cpu->irq_on = false;
	mach_lock(m, &lock->word);
	return state;
}

void umsi_host_unlock(void *host, struct umsi_lock *lock, uintptr_t state)
{
	struct mach *m = mach_now;

	(void)host;
	if (!m) {
		__atomic_store_n(&lock->word, 0, __ATOMIC_RELEASE);
		return;
	}
	mach_step(m);
	mach_unlock(m, &lock->word);
	if (state)
		mach_irq_on(m);
}

void umsi_host_mutex_lock(void *host, struct umsi_mutex *mutex)
{
	struct mach *m = mach_now;

	(void)host;
	if (!m) {
		direct_lock(&mutex->word[0]);
		return;
	}
	mach_step(m);
	mach_mutex_lock(m, &mutex->word[0]);
}

void umsi_host_mutex_unlock(void *host, struct umsi_mutex *mutex)
{
	struct mach *m = mach_now;

	(void)host;
	if (!m) {
		__atomic_store_n(&mutex->word[0], 0, __ATOMIC_RELEASE);
		return;
	}
	mach_step(m);
	mach_mutex_unlock(m, &mutex->word[0]);
}

void umsi_host_relax(void *host)
{
	struct mach *m = mach_now;

	(void)host;
	if (!m) {
		sched_yield();
		return;
	}
	mach_must_sleep(m, "relax");
	mach_yield(m);
}

void *umsi_host_dma_alloc(void *host, size_t bytes, size_t align, uint64_t *bus)
{
	struct mach *m = mach_need("umsi_host_dma_alloc");

	(void)host;
	mach_step(m);
	mach_must_sleep(m, "dma alloc");
	return mach_alloc_fails(m) ? NULL : mach_dma_alloc(m, bytes, align, bus);
}

void umsi_host_dma_free(void *host, void *memory, size_t bytes, size_t align)
{
	struct mach *m = mach_need("umsi_host_dma_free");

	(void)host;
	mach_step(m);
	mach_must_sleep(m, "dma free");
	mach_dma_free(m, memory, bytes, align);
}

void umsi_host_cache_clean(void *host, const void *memory, size_t bytes)
{
	struct mach *m = mach_need("umsi_host_cache_clean");

	(void)host;
	mach_step(m);
	mach_dma_clean(m, memory, bytes);
}
