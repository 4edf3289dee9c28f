/* SPDX-License-Identifier: MIT */
/*
 * A machine of real threads: what host.h and the hosted seam reach when each
 * CPU is threads of the process, interrupt files and message tables are atomic
 * words, and functions are threads that read them.
 */
#ifndef THREADS_BOX_H
#define THREADS_BOX_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <umsi/types.h>

#define BOX_CPUS	5
#define BOX_IDS		127		/* of each interrupt file */
#define BOX_WORDS	((BOX_IDS + 1) / 64)
#define BOX_SYSTEM_IDS	8
#define BOX_FUNCTIONS	3
#define BOX_ENTRIES	24
#define BOX_THREADS	32		/* of the process, at once */

/* ---- Interrupt files (files.c) ---- */

/* What is written to a CPU that is down is lost; of identities that are not the system's, counted. */
struct file {
	uint64_t pending[BOX_WORDS], enabled[BOX_WORDS];
	uint64_t delivery, threshold;
	uint64_t select;
	uint32_t page[1024];		/* only its address counts */
};

uint64_t file_phys(umsi_cpu cpu);
bool file_deliver(uint64_t address, uint32_t data);
bool file_signals(const struct file *f);
void file_power(umsi_cpu cpu, bool up);
uint64_t files_lost(void);

/* ---- Functions with an MSI-X table (function.c) ---- */

struct function {
	uint32_t config[64];
	uint32_t table[BOX_ENTRIES * 4];
	uint32_t pending[2];		/* bit by entry; two words, as the size of the array says */
	uint32_t changes[BOX_ENTRIES];	/* writes to each entry */
	uint64_t sending[BOX_THREADS];	/* odd while that thread composes or sends a message of it */
};

extern struct function functions[BOX_FUNCTIONS];

void functions_init(void);
uint64_t function_phys(uint32_t n);
uint32_t function_requester(uint32_t n);
/* From threads that are no CPU: the function has an event. */
void function_raise(uint32_t n, uint32_t entry);
uint32_t function_config_read(uint32_t requester_id, uint16_t offset, unsigned int width);
void function_config_write(uint32_t requester_id, uint16_t offset, unsigned int width, uint32_t value);
/* False: no register of a function. */
bool function_read(const volatile void *address, uint32_t *out);
bool function_write(volatile void *address, uint32_t value);

/* ---- CPUs (cpu.c) ---- */

/*
 * One of its threads runs at a time, the one that has the baton. Each also has a thread
 * that does nothing but deliver: it takes interrupts, and calls of others, when no other is
 * in the way. Whoever runs with interrupts on takes them too, at each hook and seam call.
 */
struct cpu {
	pthread_mutex_t baton;
	bool irq_on;			/* by who has the baton */
	struct file file;
	uint64_t up;
	pthread_t deliverer;
	void (*call)(void *arg);	/* with call_state */
	void *call_arg;
	uint64_t call_state;		/* 0 none, 1 asked, 2 done */
};

extern struct cpu cpus[BOX_CPUS];

/* The running thread: its number of BOX_THREADS and its CPU (NULL: a device's). */
struct thread {
	uint32_t number;
	struct cpu *cpu;
	uint64_t random;
};

extern _Thread_local struct thread me;

void thread_begin(umsi_cpu cpu, uint64_t seed);	/* UMSI_CPU_NONE: a device's */
void thread_end(void);
uint32_t thread_random(uint32_t n);
umsi_cpu thread_cpu(void);

void cpus_start(void (*trap)(umsi_cpu cpu));
void cpus_stop(void);
/* An explicit point: interrupts are taken here if they are on, now and then another thread goes on. */
void cpu_point(void);
/* Others of this CPU go on; interrupts are on. */
void cpu_give_way(void);
bool cpu_irq_off(void);
void cpu_irq_on(void);
/* Runs while every other CPU stands still, wherever it is with interrupts on. By one thread at a time. */
void cpus_hold(void (*call)(void *arg), void *arg);
/* Runs on that CPU, by its deliverer, interrupts off. Returns when it has. */
void cpu_call(umsi_cpu cpu, void (*call)(void *arg), void *arg);

/* ---- Hooks (host.c) ---- */

void host_fail_allocations(bool now_and_then);
uint64_t host_blocks(void);
uint64_t host_maps(void);
uint64_t host_errors(void);

/* ---- What went wrong: printed, counted ---- */

void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
uint64_t wrongs(void);

#endif
