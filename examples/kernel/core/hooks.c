/* SPDX-License-Identifier: MIT */
/* What the library asks of this kernel: every function of <umsi/host.h>. */
#include <umsi/host.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/spin.h"
#include "drivers/pci.h"

void *umsi_host_alloc(void *host, size_t bytes)
{
	(void)host;
	return memory_alloc(bytes);
}

void umsi_host_free(void *host, void *memory, size_t bytes)
{
	(void)host;
	memory_free(memory, bytes);
}

/* There is no translation: a device's register is where it is. */
void *umsi_host_mmio_map(void *host, uint64_t phys, size_t bytes)
{
	(void)host;
	(void)bytes;
	return (void *)(uintptr_t)phys;
}

void umsi_host_mmio_unmap(void *host, void *mapped, size_t bytes)
{
	(void)host;
	(void)mapped;
	(void)bytes;
}

uint32_t umsi_host_pci_read(void *host, uint32_t requester_id, uint16_t offset, unsigned int width)
{
	(void)host;
	return pci_config_read(requester_id, offset, width);
}

void umsi_host_pci_write(void *host, uint32_t requester_id, uint16_t offset, unsigned int width,
			 uint32_t value)
{
	(void)host;
	pci_config_write(requester_id, offset, width, value);
}

uint64_t umsi_host_time_ns(void *host)
{
	(void)host;
	return time_ns();
}

void umsi_host_log(void *host, enum umsi_log_level level, const char *line)
{
	static const char *const names[] = { "error", "warning", "info" };

	(void)host;
	kprintf("umsi %s: %s\n", names[level], line);
}

umsi_cpu umsi_host_cpu(void *host)
{
	(void)host;
	return this_cpu()->index;
}

_Static_assert(sizeof(struct spin) <= sizeof(struct umsi_lock), "a spin lock fits");
_Static_assert(sizeof(struct spin) <= sizeof(struct umsi_mutex), "a mutex fits");

uintptr_t umsi_host_lock(void *host, struct umsi_lock *lock)
{
	(void)host;
	return spin_lock((struct spin *)lock);
}

void umsi_host_unlock(void *host, struct umsi_lock *lock, uintptr_t state)
{
	(void)host;
	spin_unlock((struct spin *)lock, state);
}

/* No threads: whoever waits for a mutex waits for another CPU, interrupts on. */
void umsi_host_mutex_lock(void *host, struct umsi_mutex *mutex)
{
	(void)host;
	while (__atomic_exchange_n(&mutex->word[0], 1, __ATOMIC_ACQUIRE))
		arch_pause();
}

void umsi_host_mutex_unlock(void *host, struct umsi_mutex *mutex)
{
	(void)host;
	__atomic_store_n(&mutex->word[0], 0, __ATOMIC_RELEASE);
}

void umsi_host_relax(void *host)
{
	(void)host;
	arch_pause();
}

/* Addresses are the same for all, and every block of these boards sees the caches. */
void *umsi_host_dma_alloc(void *host, size_t bytes, size_t align, uint64_t *bus)
{
	void *memory = memory_alloc_aligned(bytes, align);

	(void)host;
	*bus = (uintptr_t)memory;
	return memory;
}

void umsi_host_dma_free(void *host, void *memory, size_t bytes, size_t align)
{
	(void)host;
	memory_free_aligned(memory, bytes, align);
}

void umsi_host_cache_clean(void *host, const void *memory, size_t bytes)
{
	(void)host;
	(void)memory;
	(void)bytes;
}
