/* SPDX-License-Identifier: MIT */
/*
 * Just enough of an SMMUv3 that devices send their messages to an address that
 * is not the doorbell's own.
 * Source: Arm SMMU architecture 3 (IHI 0070), "Stream Table Entry", "Context
 * Descriptor", "Register formats"; Arm ARM (DDI 0487), "VMSAv8-64 translation
 * table format descriptors".
 */
#include "smmu.h"

#include <umsi/fdt.h>
#include <umsi/status.h>

#include "arch.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/tree.h"

#define SMMU_CR0		0x20u
#define SMMU_CR0ACK		0x24u
#define SMMU_CR1		0x28u
#define SMMU_STRTAB_BASE	0x80u
#define SMMU_STRTAB_BASE_CFG	0x88u

#define CR0_SMMUEN		1u
/* Tables: inner shareable, write-back. */
#define CR1_TABLES		(3u << 10 | 1u << 8 | 1u << 6)

#define STREAM_BITS		8u	/* the functions of bus 0 */
#define ENTRY_BYTES		64u

#define STE_VALID		1ull
#define STE_STAGE1		(5ull << 1)
/* Of its second word: the context descriptor's attributes, shareability as it comes. */
#define STE_ATTRIBUTES		(1ull << 2 | 1ull << 4 | 3ull << 6 | 1ull << 44)

/*
 * 39-bit addresses, 4 KiB granule, cacheable shareable walks, no upper half, 40-bit
 * physical, AArch64, faults abort and are recorded.
 */
#define CD_FIRST	(25ull | 1ull << 8 | 1ull << 10 | 3ull << 12 | 1ull << 30 | 1ull << 31 | \
			 2ull << 32 | 1ull << 41 | 1ull << 45 | 1ull << 46)
#define CD_MAIR		0xff04ull	/* attribute 0: Device-nGnRE; 1: Normal, write-back */

/* Accessed, for reading and writing by devices. */
#define BLOCK_NORMAL	(1ull | 1ull << 2 | 1ull << 6 | 3ull << 8 | 1ull << 10)
#define PAGE_DEVICE	(3ull | 1ull << 6 | 1ull << 10)
#define TABLE		3ull

#define MEMORY_GIB	1u		/* where this machine's memory begins */
#define DOORBELLS_GIB	2u		/* where doorbells are shown */

static uint64_t *level1, *level3;
static uint32_t doorbells;

static uint64_t *table(void)
{
	uint64_t *page = memory_alloc_aligned(PAGE, PAGE);

	if (!page)
		panic("smmu: no memory");
	return page;
}

/* One context descriptor; every stream leads to it. */
static void *make_streams(void)
{
	uint64_t *streams = memory_alloc_aligned(ENTRY_BYTES << STREAM_BITS, ENTRY_BYTES << STREAM_BITS);
	uint64_t *context = memory_alloc_aligned(ENTRY_BYTES, ENTRY_BYTES);

	if (!streams || !context)
		panic("smmu: no memory");
	context[0] = CD_FIRST;
	context[1] = (uintptr_t)level1;
	context[3] = CD_MAIR;
	for (uint32_t i = 0; i < 1u << STREAM_BITS; i++) {
		streams[8 * i] = STE_VALID | STE_STAGE1 | (uintptr_t)context;
		streams[8 * i + 1] = STE_ATTRIBUTES;
	}
	return streams;
}

static void make_domain(void)
{
	uint64_t *level2 = table();

	level1 = table();
	level3 = table();
	level1[MEMORY_GIB] = (uint64_t)MEMORY_GIB << 30 | BLOCK_NORMAL;
	level1[DOORBELLS_GIB] = (uintptr_t)level2 | TABLE;
	level2[0] = (uintptr_t)level3 | TABLE;
}

static void write64(uintptr_t a, uint64_t v)
{
	*(volatile uint64_t *)a = v;
}

/* Nothing was translated before, so nothing is cached. */
bool smmu_start(void)
{
	umsi_fdt_node node = umsi_fdt_find_compatible(&tree_fdt, -1, "arm,smmu-v3");
	uint64_t base, bytes;
	void *streams;

	if (node < 0 || umsi_fdt_get_reg(&tree_fdt, node, 0, &base, &bytes) != UMSI_OK)
		return false;
	make_domain();
	streams = make_streams();
	mmio_write32(base + SMMU_CR0, 0);
	mmio_write32(base + SMMU_CR1, CR1_TABLES);
	write64(base + SMMU_STRTAB_BASE, (uintptr_t)streams);
	mmio_write32(base + SMMU_STRTAB_BASE_CFG, STREAM_BITS);
	arch_fence();
	mmio_write32(base + SMMU_CR0, CR0_SMMUEN);
	while (!(mmio_read32(base + SMMU_CR0ACK) & CR0_SMMUEN))
		arch_pause();
	kprintf("smmu: at %lx, %u streams in one stage-1 domain\n", base, 1u << STREAM_BITS);
	return true;
}

/* An entry that was invalid is not cached: nothing to invalidate. */
int smmu_map_doorbell(void *host, uint32_t requester_id, uint64_t phys, uint64_t *out_iova)
{
	uint32_t n = 0;

	(void)host;
	while (n < doorbells && (level3[n] & 0xfffffff000ull) != (phys & ~0xfffull))
		n++;
	if (n == PAGE / sizeof(*level3) || requester_id >> STREAM_BITS)
		return UMSI_ERANGE;
	if (n == doorbells) {
		level3[n] = (phys & ~0xfffull) | PAGE_DEVICE;
		doorbells++;
		arch_fence();
	}
	*out_iova = (uint64_t)DOORBELLS_GIB << 30 | (uint64_t)n * PAGE | (phys & 0xfff);
	kprintf("smmu: function %02x:%02x.%x doorbell=%lx doorbell_iova=%lx\n", requester_id >> 8,
		requester_id >> 3 & 31, requester_id & 7, phys, *out_iova);
	return UMSI_OK;
}
