/* SPDX-License-Identifier: MIT */
/*
 * Memory for translators, for a host whose devices see memory where the CPU
 * does, and see its caches: what umsi_host_alloc() gives is good for them.
 */
#include <umsi/host.h>

/* What lies in front of each piece: where it really begins. */
struct lead {
	void *base;
	unsigned char pad[64 - sizeof(void *)];
};

static size_t whole(size_t bytes, size_t align)
{
	return sizeof(struct lead) + bytes + align;
}

void *umsi_host_dma_alloc(void *host, size_t bytes, size_t align, uint64_t *bus)
{
	unsigned char *base = umsi_host_alloc(host, whole(bytes, align));
	uintptr_t at = (uintptr_t)base + sizeof(struct lead);

	if (!base)
		return NULL;
	at = (at + align - 1) & ~(uintptr_t)(align - 1);
	((struct lead *)at)[-1].base = base;
	*bus = at;
	return (void *)at;
}

void umsi_host_dma_free(void *host, void *memory, size_t bytes, size_t align)
{
	umsi_host_free(host, ((struct lead *)memory)[-1].base, whole(bytes, align));
}

void umsi_host_cache_clean(void *host, const void *memory, size_t bytes)
{
	(void)host;
	(void)memory;
	(void)bytes;
}
