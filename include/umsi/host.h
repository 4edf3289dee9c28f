/* SPDX-License-Identifier: MIT */
/*
 * What the host must provide: every function of this header, by link name.
 * The library has no other undefined symbol but memcpy, memmove, memset and
 * memcmp.
 *
 * True for all of them: @host is the pointer given to umsi_init(), so that
 * many machines can live in one process. "Any context" includes traps, with
 * interrupts off; "sleepable" means thread context with no lock held. None
 * may call back into the library unless its text says so.
 *
 * The first eight are the minimal profile. The next are supplied, for a host
 * with one CPU and no threads, by src/profile/uniprocessor.c; the last, for one
 * whose devices see memory where it does, by src/profile/identity_dma.c.
 */
#ifndef UMSI_HOST_H
#define UMSI_HOST_H

#include <umsi/types.h>

/* ---- The minimal profile -------------------------------------------- */

/*
 * Zeroed memory, aligned to 64 bytes. Sleepable. NULL when there is none.
 * Sizes seen: 64 bytes to 64 KiB, and three arrays of up to 192 bytes per CPU.
 */
void *umsi_host_alloc(void *host, size_t bytes);

/* Gives back what umsi_host_alloc() returned; @bytes as then. Sleepable. */
void umsi_host_free(void *host, void *memory, size_t bytes);

/*
 * Maps @bytes of device memory at CPU-physical @phys, uncached, strongly
 * ordered. Neither is necessarily page aligned: asked for 0x10 bytes at
 * 0x1000'0ff8 return a pointer whose low bits are 0xff8. Sleepable. NULL when
 * it cannot. The same page may be mapped several times.
 */
void *umsi_host_mmio_map(void *host, uint64_t phys, size_t bytes);

/* Undoes umsi_host_mmio_map(); arguments as then returned and given. */
void umsi_host_mmio_unmap(void *host, void *mapped, size_t bytes);

/*
 * Reads or writes @width (1, 2 or 4) bytes of PCI configuration space at
 * naturally aligned @offset (0 .. 4095) of one function. @requester_id is
 * segment << 16 | bus << 8 | device << 3 | function. A function that is not
 * there reads as all-ones. Any context.
 */
uint32_t umsi_host_pci_read(void *host, uint32_t requester_id,
			    uint16_t offset, unsigned int width);
void umsi_host_pci_write(void *host, uint32_t requester_id,
			 uint16_t offset, unsigned int width, uint32_t value);

/* Monotonic nanoseconds, from any origin. Any context. */
uint64_t umsi_host_time_ns(void *host);

enum umsi_log_level {
	UMSI_LOG_ERROR = 0,	/* something is lost or refused for good */
	UMSI_LOG_WARN = 1,	/* contained, but somebody should look */
	UMSI_LOG_INFO = 2,	/* life-cycle facts, a few per boot */
};

/* One line, without newline; copy it if it must be kept. Any context. */
void umsi_host_log(void *host, enum umsi_log_level level, const char *line);

/* ---- Hosts with several CPUs or threads ------------------------------ */

/* The CPU this runs on. The caller cannot migrate meanwhile. Any context. */
umsi_cpu umsi_host_cpu(void *host);

/*
 * Spin lock with local interrupts off. lock() returns what unlock() needs to
 * restore the interrupt state. Any context but NMI. Acquire/release ordering
 * for ordinary memory is required; nothing is assumed about device memory.
 */
uintptr_t umsi_host_lock(void *host, struct umsi_lock *lock);
void umsi_host_unlock(void *host, struct umsi_lock *lock, uintptr_t state);

/* A mutex that may sleep. Sleepable; never taken with a spin lock held. */
void umsi_host_mutex_lock(void *host, struct umsi_mutex *mutex);
void umsi_host_mutex_unlock(void *host, struct umsi_mutex *mutex);

/*
 * Called in wait loops, in thread context with interrupts on: pause, yield or
 * sleep a little. Must let interrupts of this CPU be taken.
 */
void umsi_host_relax(void *host);

/* ---- Hosts with translators: blocks that read their tables from memory ---- */

/*
 * Zeroed memory that blocks of the machine read and write by themselves:
 * contiguous for them, aligned to @align (a power of two, 64 or more) for CPU
 * and bus alike, ordinary write-back memory for the CPU. *bus is the address a
 * block is given; write-back of the zeroes is the host's, where caches are not
 * coherent. Sleepable. NULL when there is none. Sizes seen: 4 KiB to 8 MiB.
 */
void *umsi_host_dma_alloc(void *host, size_t bytes, size_t align, uint64_t *bus);

/* Gives back what umsi_host_dma_alloc() returned; arguments as then. Sleepable. */
void umsi_host_dma_free(void *host, void *memory, size_t bytes, size_t align);

/*
 * Writes the cache lines of [@memory, @memory + @bytes) back to memory and
 * returns when they are there. Asked for only on behalf of blocks that say they
 * do not see caches; a host without such may do nothing. Any context.
 */
void umsi_host_cache_clean(void *host, const void *memory, size_t bytes);

#endif
