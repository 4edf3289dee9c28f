/* SPDX-License-Identifier: MIT */
/*
 * One run of the campaign: a machine drawn from the seed, the library on it,
 * actors that use every public call at once, and the checks at the end.
 */
#ifndef CAMPAIGN_WORLD_H
#define CAMPAIGN_WORLD_H

#include <umsi/device.h>
#include <umsi/irq.h>
#include <umsi/pci.h>
#include <umsi/shared.h>
#include <umsi/trace.h>
#include <umsi/umsi.h>

#include "actor.h"
#include "machine.h"
#include "overlap.h"
#include "plan.h"

#define WORLD_CPUS_MAX		8
#define WORLD_DEVICES		3	/* the last one comes and goes, now and then with plain MSI */
#define WORLD_ENTRIES		24	/* of each device's table */
#define WORLD_OWNERS		3	/* threads that allocate; each has its part of each table */

struct world;
struct isa;

/* What the test knows about one table entry. Written by the thread that owns its part. */
struct entry {
	struct world *w;
	struct mach_pci *pci;
	const char *on;			/* its device's name */
	uint32_t index;
	umsi_irq irq;			/* UMSI_IRQ_NONE: free */
	uint8_t kind;			/* enum umsi_irq_kind */
	bool requested;
	uint32_t disables;		/* by its owner */
	bool quiet;			/* disabled and synchronized: no handler may begin */
	bool trigger_owed;		/* a software trigger was accepted and no handler began since */
	bool later;			/* its handler answered UMSI_LATER and nobody said done */
	uint64_t begun;
};


struct device {
	struct mach_pci *pci;
	struct umsi_pci_function fn;
	struct umsi_device *dev;
	struct umsi_table *table;
	bool plain;			/* of plain MSI, this time */
	struct entry entry[WORLD_ENTRIES];
};

#define WORLD_TAPS	2	/* devices on one wire */

/* One of them. Its handler lowers its part, or the raiser when that answered later. */
struct tap {
	struct world *w;
	struct umsi_sharer *sharer;
	bool high, owes;
	uint64_t later;			/* through the seam: handed from handler to raiser */
};

/* A level-triggered wire, up while any of its devices asserts it. */
struct wire {
	struct umsi_device *dev;
	struct umsi_shared *line;
	umsi_irq irq;
	struct tap tap[WORLD_TAPS];
	uint64_t raised, moves;
};

/* One set of things and its counters: see books.h. */
enum book_kind { BOOK_CPU, BOOK_TABLE, BOOK_GIC, BOOK_GICV3, BOOK_RECORDS };

struct book {
	enum book_kind kind;
	const void *of;			/* NULL: none */
	const char *end;		/* of the words that it is told of */
	const uint64_t *lock;
	uint32_t words;			/* of each bitmap */
	bool changed;			/* since it was counted */
	uint64_t sum;			/* of what no word tells of, then */
};

struct world {
	struct mach *m;
	struct umsi *umsi;
	struct umsi_storage storage;
	struct umsi_domain *root;
	struct umsi_domain *wires;	/* where wires do: the root, on x86 a translator before it */
	struct umsi_domain *messages;	/* where devices send to: the root, or a translator before it */
	struct mach_its *its;		/* arm3 */
	struct mach_vtd *vtd;		/* x86, as the plan has it */
	struct mach_amd_vi *amd;
	struct mach_pci *stranger;	/* a function that sends what is not its own */
	uint64_t intrusions, blocked, reported;
	struct plan plan;
	const struct run *run;
	uint64_t ops[ACTORS_MAX];	/* operations each actor began */
	struct device device[WORLD_DEVICES];
	const struct isa *isa;
	bool x2apic, long_ids;		/* x86 */
	struct mach_ioapic *ioapic;
	struct mach_aplic *aplic;
	struct wire wire;
	uint64_t unmasked[3];		/* see struct totals */
	struct umsi_cpu_desc cpus[WORLD_CPUS_MAX];
	uint32_t online;
	uint32_t ipi;
	uint64_t ipi_word[WORLD_CPUS_MAX];	/* payload for each CPU, through the seam */
	uint64_t ipi_sent[WORLD_CPUS_MAX], ipi_seen[WORLD_CPUS_MAX];
	uint64_t moves_tried, moves_done;
	uint64_t started;			/* through the seam */
	uint32_t ipi_late;			/* bit per CPU that one was sent to after it had gone */
	uint32_t going;			/* bit per CPU that has been told to leave once */
	uint64_t asked, offered;	/* calls to give back, and offers */
	uint64_t trips;			/* CPUs that went down */
	uint64_t naps, sleeps, suspends;	/* CPUs that lost their controller, devices that went away, both at once */
	uint64_t nights;		/* suspends in which nothing kept a register */
	bool night;			/* one is under way: no CPU goes by itself */
	uint32_t down, back;		/* CPUs of a night */
	struct umsi_domain *translator;	/* arm3: there whether messages go through it or not */
	struct overlaps overlaps;
	struct book book[WORLD_CPUS_MAX + 1], table_book[WORLD_DEVICES];
	uint32_t books;
	uint32_t travelling, coming;	/* CPUs from before their leave until they are back; on the last stretch of that */
	bool waits_at_door;		/* a traveller who is about to bring his CPU up */
	uint32_t proving;		/* bit per CPU that proves its slots quiet */
	bool closing;			/* handlers answer at once from now on */
	uint32_t left;			/* drain threads still at work in the last phase */
	struct umsi_trace trace;	/* if run->tell */
	struct umsi_trace_ring *ring[WORLD_CPUS_MAX];
	uint64_t acting_ns, acting_step;	/* when the actors began */
};

struct totals {
	uint64_t steps, moves, handled, runs, reaped, revived, handovers, drains, hotplug, naps, sleeps, suspends;
	uint64_t met[OVERLAPS][OVERLAPS];
	uint64_t level_moves;		/* of wires, under fire */
	uint64_t intrusions, blocked;	/* foreign messages; messages that a unit blocked */
	uint64_t unmasked[3];		/* of messages without mask, by the order of sampling: together, address first, data first */
};

/* What a run is: the same in, the same out. */
struct run {
	const struct isa *isa;
	uint64_t seed;
	uint64_t schedule;		/* 0, or another order of the same run's steps */
	struct plan plan;		/* plan_draw()'s, or changed */
	const struct keep *keep;	/* NULL: every operation */
	bool tell;			/* the machine keeps the story, the library a trace */
	uint64_t stop_step;		/* 0, or look at it there */
};

struct outcome {
	bool clean;
	bool stopped;			/* at stop_step, neither clean nor violated */
	char violation[16];		/* its name; "" when clean */
	char text[200];
	uint64_t step;			/* of the violation, or the last */
	uint64_t hash;
	uint64_t ops[ACTORS_MAX];	/* operations each actor began */
	struct totals totals;
};

/* @look sees the machine before it goes; may be NULL. */
void world_run(const struct run *run, struct outcome *out, void (*look)(void *arg, struct world *w), void *arg);

static inline bool w_tells(const struct world *w)
{
	return w->run->tell;
}

/* wire.c */
void wire_up(struct world *w);
void wire_down(struct world *w);
void wire_check(struct world *w);

/* hostile.c: a capability that lies is refused, and nothing is touched */
void hostile_pretend(struct world *w, struct device *d);
/* limits.c */
void limits_set(struct world *w, uint32_t device);
void limits_check(struct world *w, const struct device *d);
/* actors.c: of the device that comes and goes, by anybody. 1: it was freed. */
uint32_t free_shared(struct world *w, struct entry *e);

/* remap.c: x86 machines, after the root was made */
void remap_up(struct world *w);
uint32_t remap_wire_id(const struct world *w);	/* requester id of the I/O APIC's messages */
void remap_check(struct world *w);
int remap_destroy(struct world *w);

/* world.c, for the actors */
enum umsi_handled world_handler(void *arg);
void entry_begin_life(struct entry *e, umsi_irq irq);
void entry_end_life(struct entry *e);
int device_up(struct world *w, struct device *d, uint32_t number);
struct mach_msi world_msi(const struct plan *p);
bool may_fail(const struct world *w, int status);
/* The plan lets queues of translators stand for longer than the library waits. */
bool queues_give_up(const struct world *w);
void world_close(void *world);		/* a thread of the end: says done wherever it is owed */

#endif
