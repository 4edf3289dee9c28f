/* SPDX-License-Identifier: MIT */
/* The disk under proof: one queue a CPU, and what each page's CRC was. */
#ifndef DISK_H
#define DISK_H

#include "core/cpu.h"
#include "core/platform.h"
#include "drivers/nvme.h"

struct disk {
	struct nvme nvme;
	struct nvme_queue queue[PLATFORM_CPUS_MAX];	/* by CPU; qid = CPU + 1 */
	struct nvme_queue spare[PLATFORM_CPUS_MAX];	/* one a CPU, created and deleted; qid = CPUs + CPU + 1 */
	uint32_t spare_first, spare_last;		/* MSI-X entries for those */
	uint64_t pages;
	uint32_t *page_crc;
	uint32_t whole_crc;

	/* Atomic, all CPUs. */
	uint64_t next_page;
	uint64_t pages_read;
	uint64_t crc_errors;
	uint64_t moves_loaded;
	uint64_t move_errors;
	uint64_t rounds;
	uint64_t trips;
	uint64_t failures;	/* calls of the library that answered an error */
};

extern struct disk disk;

/* Controller, and a queue with its interrupt on each CPU. */
void disk_init(void);

/* Phase 1: the whole disk, deep queues; the CRCs become what later reads are held to. */
void disk_read_all(void);
/* Phase 2: one command a queue, moves all the while, until @loaded moves in all. */
void disk_read_single(uint64_t loaded);
/* Phase 3: allocate, create, read, delete, free; @rounds times, on all CPUs at once. */
void disk_dynamic(uint64_t rounds);

/*
 * Phase 4: one command a queue and moves all the while, on all CPUs but the
 * boot CPU, which takes each of them down and brings it back; @times times each.
 */
void disk_hotplug(uint64_t times);

/* Moves the interrupt of @q to another CPU; counts it if a command was outstanding all along. */
void disk_move(struct cpu *cpu, struct nvme_queue *q);

bool disk_has_lost(void);

/* Takes a page just read: notes its CRC (@first) or compares. */
void disk_check(uint64_t page, const unsigned char *data, bool first);

#endif
