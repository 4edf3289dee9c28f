/* SPDX-License-Identifier: MIT */
/*
 * The benchmark program: a machine of memory under the library (arch/bench),
 * and cases that measure between begin and end. Under callgrind the
 * instructions between the two are dumped; by itself it takes the time.
 * tools/bench runs it both ways and puts the figures together.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include <umsi/device.h>
#include <umsi/imsic.h>
#include <umsi/irq.h>
#include <umsi/umsi.h>

/* ---- Measuring (measure.c) ---- */

/* The instructions from here to the end belong to @name: the library's only, in hooks and devices none. */
void bench_begin(const char *name);
/* So many operations were done. Called often for one name: a batch each, whose median time is taken. */
void bench_end(uint64_t ops);
/* Prints what was measured since, as one line: name, parameter, operations, median ns each. */
void bench_report(const char *parameter);
/* A figure that is no instruction count: bytes, percent, a count. */
void bench_figure(const char *name, const char *parameter, double value, const char *unit);
/* Is this case wanted? By the filters of the command line: any that is part of the name, none = all. */
bool bench_wanted(const char *name);
/* Smaller where the suite must be quick. */
extern bool bench_quick;
/* "128" or "1024 cpus, half": valid until the next call but three. */
const char *bench_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- The machine (machine.c): IMSIC files that are words of memory. ---- */

struct bench_machine {
	struct umsi_storage storage;
	struct umsi *m;
	struct umsi_domain *root;
	uint32_t ncpus;
};

/* All CPUs online, @ids identities each. */
void bench_machine_new(struct bench_machine *b, uint32_t ncpus, uint32_t ids);
void bench_machine_end(struct bench_machine *b);

/* The CPU that hooks and traps run on. */
extern umsi_cpu bench_cpu;
/* A message arrives at a CPU's file; the trap that serves it. */
void bench_message(const struct umsi_msg *msg);
void bench_trap(struct bench_machine *b, umsi_cpu cpu);
/* Traps of every CPU whose file has something. */
void bench_traps(struct bench_machine *b);

/* What the library has of the host's memory, and had at most. */
extern uint64_t bench_bytes, bench_bytes_max;
/* Hook calls since the last bench_begin(): locks taken, mutexes, others. */
extern uint64_t bench_locks, bench_mutexes;

/* Locks taken from now on are noted as phase 0's or 1's; how many both phases took. */
void bench_lock_phase(int phase);
uint32_t bench_locks_shared(void);

void bench_need(int status, const char *what);
uint32_t bench_random(uint32_t limit);

/* ---- Stores (stores.c) ---- */

/* A store of messages in memory: what it holds, by index. */
struct bench_store {
	struct umsi_device *device;
	struct umsi_table *table;
	struct umsi_msg *message;
	uint32_t size;
};

void bench_store_new(struct bench_machine *b, struct bench_store *s, uint32_t size);
void bench_store_end(struct bench_store *s);

/* A PCI function with MSI-X, of so many entries. */
struct umsi_table *bench_msix_new(struct bench_machine *b, uint32_t entries, struct umsi_device **device);
void bench_msix_end(struct umsi_device *device);

extern uint64_t bench_calls;	/* handler runs */
enum umsi_handled bench_handler(void *arg);

/* ---- Cases ---- */

void bench_slots(void);
void bench_ids(void);
void bench_life(void);
void bench_move(void);
void bench_rebalance(void);
void bench_memory(void);
void bench_scale(void);
void bench_sharing(void);

#endif
