/* SPDX-License-Identifier: MIT */
/* The machine's state and the calls between its files. Tests use machine.h only. */
#ifndef MACH_INSIDE_H
#define MACH_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine.h"
#include "rng.h"

#define NEVER		UINT64_MAX
#define STORE_SLOTS	16u
#define OLD_VERSIONS	4u
#define WORD_BUCKETS	4096u
#define HELD_LOCKS	8u
#define FLUSHES		8u
#define QUEUE_SLOTS	64u
#define TRACE_SLOTS	1024u
#define COVERS		4u
#define LOCK_PAIRS	1024u

/* ---- Memory: words that were stored to through the seam (memory.c) ------- */

/* What a word held, from @written until @replaced (in m->tick, see memory.c). */
struct version {
	uint64_t value, written, replaced;
};

struct word {
	struct word *next;		/* same bucket */
	uintptr_t address;
	uint64_t value;			/* what memory holds now */
	uint64_t written;
	uint32_t number;		/* order of birth: its name in the story */
	uint32_t version;		/* number of the present value */
	uint8_t size;
	uint8_t nold;
	bool freed;
	struct version old[OLD_VERSIONS]; /* newest first */
	uint32_t seen[];		/* by CPU: no older version may be read any more */
};

/* ---- Store buffer (store_buffer.c) --------------------------------------- */

/* One store that only its own CPU sees yet. */
struct store {
	uint64_t order;			/* issue number on this CPU */
	uint64_t due;			/* step at which it leaves, if it may */
	uint64_t after;			/* memory stores issued before this number go first */
	uint64_t value;
	struct word *word;		/* NULL: a device write */
	uint64_t phys;
	uint32_t target;		/* device writes: who is written to */
	uint8_t width;
	bool release;
	bool early;			/* marker with no fence behind the load before it */
	uint64_t early_since;
};

/* ---- Fibers (fiber.c) ---------------------------------------------------- */

struct stack {
	struct stack *next;		/* in the pool */
	void *base;
	size_t bytes;
};

struct fiber {
	void *sp;
	struct stack *stack;		/* NULL: the process's own */
	void *fake;			/* the address sanitizer's */
	const void *bottom;
	size_t bytes;
	void (*fn)(void *arg);
	void *arg;
};

void mach_fiber_init(struct fiber *f, void (*fn)(void *arg), void *arg);
void mach_fiber_done(struct fiber *f);
/* @last: @from never runs again. */
void mach_fiber_switch(struct fiber *from, struct fiber *to, bool last);

/* ---- CPUs, threads (sched.c, thread.c, trap.c) ---------------------------- */

struct thread {
	struct fiber fiber;
	struct mach *m;
	struct cpu *cpu;
	void (*fn)(void *arg);
	void *arg;
	const uint64_t *mutex;		/* waits until this word is 0 */
	uint32_t number;
	struct rng random;
	bool own_random;		/* mach_random() draws from it */
	bool ended;
	struct thread *next;		/* same CPU */
};

/* A register read whose completion has not been waited for (FLUSH_TO_STAMP). */
struct flush {
	struct mach_pci *device;
	uint64_t upto;			/* messages begun up to this number are to land */
};

/* What one identity stands for at the moment: who sent it. */
struct cover {
	struct mach_pci *device;
	uint32_t entry;
	uint64_t serial;
};

struct covers {
	uint32_t n;
	struct cover by[COVERS];
};

struct arrival {
	uint64_t due, entered, serial;
	struct mach_pci *device;	/* NULL: a CPU or nobody */
	uint32_t entry;
	uint32_t id;
	bool written;			/* by a CPU */
	bool level;			/* an I/O APIC's */
	bool foreign;			/* must not arrive */
};

/* One interrupt file (imsic.c). */
struct file {
	uint64_t phys;
	uint64_t due;
	uint64_t eip[32], eie[32];
	uint32_t delivery, threshold, select;
	uint32_t top;			/* 0 = none */
	uint64_t stuck[4];		/* registers 0x00 .. 0xff that do not take writes */
	struct arrival queue[QUEUE_SLOTS];
	uint32_t queued;
	struct covers *covers;		/* by identity */
	uint64_t lost, claims;
};

/* One local APIC (lapic.c). */
#define XAPIC_PHYS	UINT64_C(0xfee00000)
#define X2APIC_WINDOW	(UINT64_C(1) << 56)	/* where x2APIC writes travel: no address of this machine */
#define MSR_APIC_BASE	0x1bu
#define BASE_X2APIC	(1u << 10)
#define BASE_ENABLE	(1u << 11)
#define LVTS		6u
#define LVT_TIMER	0u

struct lapic {
	uint64_t base;			/* IA32_APIC_BASE */
	uint64_t due;
	uint32_t id, tpr, svr, esr, icr_high, lvt[LVTS];
	uint32_t irr[8], isr[8], tmr[8];
	uint32_t vector;		/* the last that was taken */
	struct arrival queue[QUEUE_SLOTS];
	uint32_t queued;
	struct covers *covers;		/* by vector */
	uint64_t lost, taken;
};

struct cpu {
	uint32_t number;
	bool up;
	bool irq_on;
	bool armed;			/* an interrupt is pending and its trap has a time */
	bool timer, software;
	uint8_t depth;			/* of traps */
	uint64_t trap_due, timer_due;
	uint32_t ticks_left;		/* after the last thread */
	uint64_t starved_until;
	const uint64_t *spins_on;	/* a lock word that is not 0 */
	struct fiber *fiber;		/* where it is */
	struct thread *thread;		/* NULL: idle */
	struct thread *threads;
	struct thread *boot;		/* runs before all others (bring-up) */
	struct fiber idle;
	struct mach *m;

	struct store buffer[STORE_SLOTS];
	uint32_t stores;
	uint64_t store_due;
	uint64_t issued;		/* stores so far */
	uint64_t fence_memory;		/* PUBLISH_TO_MESSAGE, LINK_TO_KICK: stores before this go before device writes */
	uint64_t fence_all;		/* LOOK_TO_DONE: ... before all stores */
	uint64_t order;			/* no load may return what was replaced before */
	uint64_t marker_since;		/* see README, "REQ_TO_MARKER" */
	uint64_t entered;		/* moment of the last trap entry */
	bool marker_fenced;
	bool published;			/* stored with release, no fence for device writes since: of the running context */
	bool read_locked;		/* read a device with a spin lock held, no FLUSH_TO_STAMP since */
	bool looked;			/* read a controller register, no LOOK_TO_DONE since */
	bool look_fenced;		/* REQ_TO_LOOK since the last 64-bit load */

	struct flush flush[FLUSHES];
	uint32_t flushes;
	struct covers claimed;		/* what the last claim stood for, until a handler begins */
	const uint64_t *held[HELD_LOCKS];
	uint32_t nheld;
	struct file file;
	struct lapic lapic;
};

/* ---- PCI functions (pci.c, msi.c, msix.c, message.c) ------------------------ */

struct entry {
	uint32_t dword[4];		/* the table */
	uint32_t cached[3];		/* as of the last unmask */
	bool pending, queued, owed, live, freed;
	uint32_t running;		/* CPU number + 1 */
	uint64_t raised, sent, handled;
};

/* A message being put together. */
struct build {
	bool active;
	uint32_t entry;
	uint32_t stage;			/* words sampled so far */
	uint64_t due, number, serial;
	uint32_t word[3];
};

struct message {
	uint64_t due, number, serial, address;
	uint32_t data, entry;
};

struct posted {
	uint64_t due, phys, value;
	uint8_t width;
};

/* Contexts being read, a timer that runs (ims.c). */
struct ims {
	uint32_t first;			/* its first entry */
	bool running, busy;
	uint32_t queue, stage, word[4];
	uint64_t base, due;
};

struct mach_pci {
	struct mach *m;
	uint32_t index;
	struct mach_pci_config config;
	uint8_t space[4096], writable[4096];
	bool removed, caches;
	enum mach_sampling sampling;
	uint32_t entries;
	struct entry *entry;
	uint32_t *want;			/* entries that wait for the composer, a ring */
	uint32_t want_head, wants;
	uint32_t ims_first;		/* entries from here on are theirs */
	struct ims ims[MACH_IMS_STORES];
	struct build build;
	uint64_t builds;
	struct message message[QUEUE_SLOTS];
	uint32_t messages;
	struct posted posted[QUEUE_SLOTS];
	uint32_t nposted;
	uint64_t due, remove_due, traffic_due, traffic_left;
	uint32_t traffic_gap;
	uint64_t stall_from, stall_until, deaf_from, deaf_until;	/* fault.c */
	uint64_t torn_number, torn_steps, storm_due, storm_left;
	uint64_t reads, writes;
};

/* ---- Platform devices: one range of registers each (region.c) --------------- */

#define REGIONS		8u
#define REGION_TARGET	0x10000u	/* who is written to, as in struct store */

struct region {
	uint64_t phys, bytes;
	void *self;
	uint64_t (*read)(struct mach *m, void *self, uint64_t offset, unsigned int width);
	void (*write)(struct mach *m, void *self, uint64_t offset, unsigned int width, uint64_t value);
	/* What is due by now; when the next is. */
	uint64_t (*due)(struct mach *m, void *self);
	void (*done)(void *self);
	/* NULL, or: does a write there make a message, or interrupt a CPU? */
	bool (*sends)(const void *self, uint64_t offset, uint64_t value);
	uint64_t next;
};

struct region *mach_region_add(struct mach *m, const struct region *r);
struct region *mach_region_at(struct mach *m, uint64_t phys);
void mach_regions_due(struct mach *m);
uint64_t mach_regions_next(const struct mach *m);
void mach_regions_done(struct mach *m);
/* Something of it happens at @due. */
void mach_region_wake(struct mach *m, struct region *r, uint64_t due);

/*
 * remap.c: blocks between devices and local APICs. A unit gets what its
 * functions send, in order of sending, and delivers it or blocks it.
 */
struct remapper {
	struct remapper *next;
	void *self;
	bool (*covers)(void *self, uint32_t requester_id);
	void (*message)(struct mach *m, void *self, uint32_t requester_id, uint64_t address,
			uint32_t data, const struct arrival *from);
	/* Where its tables in memory send that now, or UMSI_CPU_NONE. */
	umsi_cpu (*target)(struct mach *m, void *self, uint32_t requester_id, uint64_t address,
			   uint32_t data);
	/* A word of memory has changed. */
	void (*wrote)(struct mach *m, void *self, const void *memory);
};

void mach_remapper_add(struct mach *m, struct remapper *r);
/* False: nobody there. */
bool mach_remap(struct mach *m, uint32_t requester_id, uint64_t address, uint32_t data,
		const struct arrival *from);
void mach_remap_wrote(struct mach *m, const void *memory);
/* To the APIC with @id. False: there is none. */
bool mach_lapic_deliver(struct mach *m, uint32_t id, const struct arrival *a);
umsi_cpu mach_lapic_cpu_of(struct mach *m, uint32_t id);

/* aplic.c */
bool mach_aplic_signals(const struct cpu *c);

/* ioapic.c: a local APIC broadcasts the end of @vector. */
void mach_ioapic_eoi_all(struct mach *m, uint32_t vector);

/* ---- The machine ---------------------------------------------------------- */

struct event {
	uint64_t step, a, b;
	const char *what;
	uint16_t cpu;
};

struct block {
	void *memory;
	size_t bytes, lead;		/* what lies in front of it */
	uint64_t number;
	bool freed;
};

/* Memory that blocks of the machine read by themselves (dma.c). */
struct dma {
	unsigned char *memory;
	unsigned char *clean;		/* as of the last write-back: what is seen without coherence */
	size_t bytes, align;
	uint64_t bus;
};

struct mapping {
	uint64_t phys;
	uintptr_t at;
	size_t bytes;
	bool live;
};

struct mach {
	uint64_t seed;
	struct mach_config config;
	struct mach_chaos chaos;
	struct rng rng, test_rng;
	uint64_t step, next_due, burst_end;
	uint64_t tick;			/* moments of memory, see memory.c */
	uint64_t hash;
	bool running;
	struct fiber home;
	struct cpu *cpu;		/* the running one, or CPU 0 */
	struct cpu *cpus;
	uint32_t ncpus;
	uint32_t nthreads;

	struct word *words[WORD_BUCKETS];
	uint32_t nwords;

	uint64_t files_from, files_to;	/* the lowest and the highest address of a file */
	/*
	 * CPUs of which something may be due, or that may run; functions of which something may be
	 * due: the others need not be looked at, and of four thousand nearly all are others.
	 */
	uint64_t busy[MACH_CPUS_MAX / 64];
	uint64_t *pci_busy;

	struct mach_pci **pci;
	uint32_t npci;
	uint32_t pci_last;		/* the one that decoded the last access */

	struct region region[REGIONS];
	uint32_t regions;
	struct mach_ioapic *ioapics;
	struct remapper *remappers;
	struct mach_aplic *aplics;
	struct gic *gic;		/* gic.c */
	struct gicv3 *gicv3;		/* gicv3.c */

	struct block *blocks;
	size_t nblocks, room_blocks;
	struct dma *dma;
	size_t ndma;
	uint64_t next_bus;
	struct mapping *maps;
	size_t nmaps, room_maps;
	size_t live_blocks, live_bytes, live_maps, most_bytes;
	size_t base_blocks, base_maps;
	uint64_t allocs, fail_in;
	bool fail_for_ever;
	size_t quarantined, evict;	/* bytes freed but kept; next block to let go */

	bool violated;
	struct mach_violation violation;
	struct event trace[TRACE_SLOTS];
	uint64_t events;
	uint64_t lock_pair[LOCK_PAIRS];	/* outer word << 32 | inner word, a hash set */
	uint32_t lock_pairs;
	uint64_t logged[3];
	char log[TRACE_SLOTS / 16][80];
	uint32_t logs;
	uint64_t slow_write_in, slow_write_steps;	/* fault.c */
	uint64_t queues_from, queues_until;
	struct mach_said *said;		/* story.c */
	size_t nsaid, room_said;
	uint64_t said_step;
	uint32_t said_in_step;
	bool stopped;
};

/* current.c */
extern _Thread_local struct mach *mach_now;
struct mach *mach_need(const char *call);

/* sched.c */
void mach_step(struct mach *m);
void mach_advance(struct mach *m);	/* everything that is due, now */
void mach_reschedule(struct mach *m);	/* let another CPU run */
void mach_schedule_away(struct mach *m);/* this CPU cannot go on */
void mach_stall(struct mach *m, uint32_t chance); /* perhaps keep this CPU waiting for long */
void mach_abandon(struct mach *m);	/* does not return */
/* Something of the CPU has changed that can make it run, or act by itself. */
static inline void mach_cpu_touch(struct cpu *c)
{
	c->m->busy[c->number / 64] |= UINT64_C(1) << c->number % 64;
}

static inline void mach_due(struct mach *m, uint64_t due)
{
	if (due < m->next_due)
		m->next_due = due;
}

/* thread.c */
bool mach_thread_ready(const struct thread *t);
bool mach_cpu_has_ready(const struct cpu *c);
void mach_thread_switch(struct mach *m);	/* another thread of this CPU, or its idle loop */
void mach_yield(struct mach *m);
void mach_cpu_set_idle(struct cpu *c);
void mach_threads_done(struct mach *m);
void mach_thread_add(struct mach *m, struct cpu *c, void (*fn)(void *arg), void *arg, bool boot);
bool mach_threads_ended(const struct mach *m);

/* trap.c */
bool mach_trap_pending(const struct cpu *c);
void mach_trap_maybe(struct mach *m, struct cpu *c);
void mach_trap_take(struct mach *m, struct cpu *c);
void mach_timer_due(struct mach *m, struct cpu *c);

/* chaos.c */
uint64_t mach_later(struct mach *m, uint32_t now, uint32_t max);

/* memory.c */
struct word *mach_word_find(struct mach *m, const void *p);
struct word *mach_word(struct mach *m, const void *p, unsigned int size);
void mach_word_commit(struct mach *m, struct cpu *c, struct word *w, uint64_t value);
void mach_words_free(struct mach *m, const void *p, size_t bytes, bool forget);
void mach_words_done(struct mach *m);
uint64_t mach_load(struct mach *m, const void *p, unsigned int size, bool acquire);
uint64_t mach_plain(const void *p, unsigned int size);
void mach_order_loads(struct mach *m, struct cpu *c);

/* store_buffer.c */
void mach_store_word(struct mach *m, struct word *w, uint64_t value, bool release);
void mach_store_device(struct mach *m, const struct store *s);
bool mach_store_forward(const struct cpu *c, const struct word *w, uint64_t *value);
void mach_store_due(struct mach *m, struct cpu *c);
void mach_store_memory_all(struct mach *m, struct cpu *c);
void mach_store_word_now(struct mach *m, struct cpu *c, const struct word *w);
void mach_store_target_now(struct mach *m, struct cpu *c, uint32_t target);
void mach_store_fenced(struct mach *m, struct cpu *c);
void mach_store_all(struct mach *m, struct cpu *c);

/* bus.c */
void mach_mmio_write(struct mach *m, uint64_t phys, unsigned int width, uint64_t value);
uint64_t mach_mmio_read(struct mach *m, uint64_t phys, unsigned int width);
/* x2APIC writes are not serialising: they leave their CPU like device writes. */
void mach_msr_write(struct mach *m, uint32_t msr, uint64_t value);
/* A device write left its CPU. */
void mach_bus_post(struct mach *m, const struct store *s);
void mach_bus_apply_all(struct mach *m, struct mach_pci *d);
void mach_bus_due(struct mach *m, struct mach_pci *d);
void mach_flush_note(struct mach *m, struct cpu *c, struct mach_pci *d);
void mach_flush_complete(struct mach *m, struct cpu *c);

/* map.c */
void *mach_map(struct mach *m, uint64_t phys, size_t bytes);
void mach_unmap(struct mach *m, void *mapped, size_t bytes);
void mach_maps_done(struct mach *m);
/* Records a violation and returns false outside every live mapping. */
bool mach_map_resolve(struct mach *m, const volatile void *p, unsigned int width, uint64_t *phys);

/* alloc.c */
void *mach_alloc(struct mach *m, size_t bytes, size_t align);
void mach_free(struct mach *m, void *memory, size_t bytes);
void mach_blocks_done(struct mach *m);
bool mach_alloc_fails(struct mach *m);
bool mach_address_freed(const struct mach *m, uintptr_t address);

/*
 * dma.c: accesses of a block of the machine to memory, at a bus address. Reads see
 * what has left the store buffers or, not @coherent, what was written back as well.
 * Outside live memory of umsi_host_dma_alloc(): a violation, and reads as 0.
 */
void *mach_dma_alloc(struct mach *m, size_t bytes, size_t align, uint64_t *bus);
void mach_dma_free(struct mach *m, void *memory, size_t bytes, size_t align);
void mach_dma_clean(struct mach *m, const void *memory, size_t bytes);
uint64_t mach_dma_read(struct mach *m, uint64_t bus, unsigned int width, bool coherent);
void mach_dma_write(struct mach *m, uint64_t bus, unsigned int width, uint64_t value);
uint64_t mach_dma_bus(const struct mach *m, const void *memory);	/* 0: not such memory */
bool mach_dma_holds(const struct mach *m, uint64_t bus, size_t bytes);
/* Nothing but zeros there, as a block reads it. */
bool mach_dma_is_zero(struct mach *m, uint64_t bus, size_t bytes, bool coherent);
void mach_dma_done(struct mach *m);

/* imsic.c */
void mach_file_init(struct mach *m, struct cpu *c);
void mach_file_reset(struct mach *m, struct cpu *c);
void mach_file_arrive(struct mach *m, struct cpu *c, const struct arrival *a, bool early, uint64_t since);
void mach_file_due(struct mach *m, struct cpu *c);
struct cpu *mach_file_at(struct mach *m, uint64_t phys, uint64_t *offset);
void mach_file_update(struct mach *m, struct cpu *c);
uint32_t mach_file_claim(struct mach *m, struct cpu *c);

void mach_cover(struct covers *v, const struct arrival *a);

/* gic.c: all its registers are seen by the CPU that accesses them. */
void mach_gic_init(struct mach *m);
/* For dumps. */
#define GIC_SPIS_FIRST	32u
#define GIC_SPIS_END	96u
const struct covers *mach_gic_spi(const struct mach *m, uint32_t id, bool *pending, bool *active);
void mach_gic_done(struct mach *m);
void mach_gic_reset(struct mach *m, struct cpu *c);
bool mach_gic_at(const struct mach *m, uint64_t phys);
/* A register whose write interrupts another CPU. */
bool mach_gic_sends(uint64_t phys);
bool mach_gic_pends(const struct cpu *c);
bool mach_gic_message(struct mach *m, uint64_t address, uint32_t data, const struct arrival *from);
uint64_t mach_gic_read(struct mach *m, struct cpu *c, uint64_t phys, unsigned int width);
void mach_gic_write(struct mach *m, struct cpu *c, uint64_t phys, unsigned int width, uint64_t value);

/* gicv3.c: SGIs leave their CPU like device writes, by this address of no machine. */
#define ICC_WINDOW	(UINT64_C(1) << 57)
void mach_gicv3_init(struct mach *m);
void mach_gicv3_done(struct mach *m);
void mach_gicv3_reset(struct mach *m, struct cpu *c);
bool mach_gicv3_at(const struct mach *m, uint64_t phys);
bool mach_gicv3_pends(const struct cpu *c);
/* False: no SPI is raised there by such a message. */
bool mach_gicv3_message(struct mach *m, uint64_t address, uint32_t data, const struct arrival *from);
uint64_t mach_gicv3_read(struct mach *m, uint64_t phys, unsigned int width);
void mach_gicv3_write(struct mach *m, struct cpu *c, uint64_t phys, unsigned int width, uint64_t value);
uint64_t mach_icc_read(struct mach *m, struct cpu *c, uint32_t reg);
void mach_icc_write(struct mach *m, struct cpu *c, uint32_t reg, uint64_t value);

/* its.c. False: no ITS has its doorbell there. */
bool mach_its_message(struct mach *m, uint32_t requester_id, uint64_t address, uint32_t data,
		      const struct arrival *from);

/* lapic.c */
void mach_lapic_init(struct mach *m, struct cpu *c);
void mach_lapic_reset(struct mach *m, struct cpu *c);
void mach_lapic_arrive(struct mach *m, struct cpu *c, const struct arrival *a);
void mach_lapic_due(struct mach *m, struct cpu *c);
/* A write to a message address. False: it names no vector of no APIC. */
bool mach_lapic_message(struct mach *m, uint64_t address, uint32_t data, const struct arrival *from);
bool mach_lapic_pends(const struct cpu *c);
void mach_lapic_take(struct mach *m, struct cpu *c);
void mach_lapic_timer(struct mach *m, struct cpu *c);
uint64_t mach_lapic_read(struct mach *m, struct cpu *c, uint32_t offset);
void mach_lapic_write(struct mach *m, struct cpu *c, uint32_t offset, uint64_t value);
void mach_lapic_base(struct mach *m, struct cpu *c, uint64_t value);
uint64_t mach_msr_read(struct mach *m, struct cpu *c, uint32_t msr);

/* csr.c */
uint64_t mach_csr_read(struct mach *m, struct cpu *c, unsigned int csr);
uint64_t mach_csr_swap(struct mach *m, struct cpu *c, unsigned int csr, uint64_t value);
void mach_csr_bits(struct mach *m, struct cpu *c, unsigned int csr, uint64_t bits, bool set);

/* pci.c */
struct mach_pci *mach_pci_find(struct mach *m, uint32_t requester_id);
struct mach_pci *mach_pci_at(struct mach *m, uint64_t phys, unsigned int *bar, uint64_t *offset);
uint32_t mach_pci_config_read(struct mach_pci *d, uint16_t offset, unsigned int width);
void mach_pci_config_write(struct mach_pci *d, uint16_t offset, unsigned int width, uint32_t value);
bool mach_pci_memory_on(const struct mach_pci *d);
bool mach_pci_master_on(const struct mach_pci *d);
uint16_t mach_pci_msix_control(const struct mach_pci *d);
void mach_pci_gone(struct mach_pci *d);
void mach_pci_due(struct mach_pci *d);
void mach_pci_wake(struct mach_pci *d, uint64_t due);
void mach_pci_done(struct mach *m);

/* The requester id that its messages carry. */
static inline uint32_t mach_pci_sends_as(const struct mach_pci *d)
{
	return d->config.sends_as ? d->config.sends_as : d->config.requester_id;
}

uint32_t mach_space_get(const uint8_t *space, uint32_t offset, unsigned int width);
void mach_space_put(uint8_t *space, uint32_t offset, unsigned int width, uint32_t value);

/* msi.c */
void mach_msi_build(struct mach_pci *d);
bool mach_msi_on(const struct mach_pci *d);
uint32_t mach_msi_count(const struct mach_pci *d);
uint32_t mach_msi_control(const struct mach_pci *d);
bool mach_msi_masked(const struct mach_pci *d, uint32_t n);
uint32_t mach_msi_word(const struct mach_pci *d, uint32_t n, unsigned int which);
bool mach_msi_aims(const struct mach_pci *d, uint16_t offset, uint32_t value);
void mach_msi_check_write(struct mach_pci *d, uint16_t offset, unsigned int width, uint32_t value);
void mach_msi_change(struct mach_pci *d, const uint8_t *next);
void mach_msi_changed(struct mach_pci *d, uint32_t was);
void mach_msi_refresh(struct mach_pci *d);

/* msix.c */
#define MSIX_ENABLE	0x8000u
#define MSIX_MASKALL	0x4000u
bool mach_msix_masked(const struct mach_pci *d, uint32_t entry);
bool mach_msix_is_message(const struct mach_pci *d, uint64_t phys);
void mach_msix_control(struct mach_pci *d, uint16_t was, uint16_t is);
void mach_msix_write(struct mach_pci *d, unsigned int bar, uint64_t offset, unsigned int width, uint64_t value);
uint64_t mach_msix_read(struct mach_pci *d, unsigned int bar, uint64_t offset, unsigned int width);
void mach_msix_sweep(struct mach_pci *d);	/* send what is pending and may go */

/* message.c */
/* Whom a message of @d to @address with @data interrupts, as things are now. */
umsi_cpu mach_pci_reaches(struct mach_pci *d, uint64_t address, uint32_t data);
bool mach_message_on(const struct mach_pci *d, uint32_t entry);
bool mach_message_is_masked(const struct mach_pci *d, uint32_t entry);
void mach_message_want(struct mach_pci *d, uint32_t entry);
void mach_message_masked(struct mach_pci *d, uint32_t entry);
void mach_message_due(struct mach_pci *d);
void mach_message_flush(struct mach_pci *d, uint64_t upto);
void mach_message_drop(struct mach_pci *d, bool ims_too);
/* ims.c: entries from d->ims_first on. Cold: their numbers, the end of them; their places behind @end, the new one; capabilities. */
uint32_t mach_ims_number(struct mach_pci *d, uint32_t first);
uint64_t mach_ims_place(struct mach_pci *d, uint64_t end);
void mach_ims_announce(struct mach_pci *d);
void mach_ims_reset(struct mach_pci *d);
bool mach_ims_at(const struct mach_pci *d, unsigned int bar, uint64_t offset);
bool mach_ims_on(const struct mach_pci *d, uint32_t entry);
bool mach_ims_masked(const struct mach_pci *d, uint32_t entry);
uint32_t mach_ims_word(const struct mach_pci *d, uint32_t entry, unsigned int which);
bool mach_ims_is_message(const struct mach_pci *d, uint64_t phys);
void mach_ims_write(struct mach_pci *d, unsigned int bar, uint64_t offset, unsigned int width, uint64_t value);
uint64_t mach_ims_read(struct mach_pci *d, unsigned int bar, uint64_t offset, unsigned int width);
/* Return: when it wants to be called next. */
uint64_t mach_ims_due(struct mach_pci *d);
uint64_t mach_message_next(const struct mach_pci *d);

/* owner.c */
void mach_owner_claimed(struct mach *m, struct cpu *c, const struct covers *covers);
bool mach_entry_raise(struct mach_pci *d, uint32_t entry);

/* lock.c */
void mach_must_sleep(struct mach *m, const char *call);
void mach_lock(struct mach *m, uint64_t *word);
void mach_unlock(struct mach *m, uint64_t *word);
void mach_mutex_lock(struct mach *m, uint64_t *word);
void mach_mutex_unlock(struct mach *m, uint64_t *word);

/* fault.c */
bool mach_pci_is_stalled(const struct mach_pci *d);
bool mach_pci_is_deaf(const struct mach_pci *d);
uint64_t mach_pci_torn_by(const struct mach_pci *d);
void mach_pci_storm_on(struct mach_pci *d);
uint64_t mach_write_delay(struct mach *m);
bool mach_queues_stand(const struct mach *m);	/* until m->queues_until */

/* story.c */
void mach_device_says(struct mach *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *mach_entry_name(const struct mach_pci *d, uint32_t entry, char room[32]);
void mach_tell_sent(struct mach_pci *d, uint32_t entry, uint64_t serial, uint64_t address, uint32_t data);
void mach_tell_raised(const struct mach_pci *d, uint32_t entry);
void mach_tell_claimed(struct mach *m, const struct covers *covers);
void mach_tell_write(struct mach *m, uint64_t phys, unsigned int width, uint64_t value);

/* sched.c: at config.stop_step */
void mach_stop_here(struct mach *m);

/* trace.c */
void mach_trace(struct mach *m, const char *what, uint64_t a, uint64_t b);

#endif
