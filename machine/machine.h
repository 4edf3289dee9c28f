/* SPDX-License-Identifier: MIT */
/*
 * The machine in a box: what tests and campaigns call.
 *
 * A machine is virtual CPUs (coroutines), their store buffers, one bus, PCI
 * functions with MSI-X or MSI and one IMSIC file or local APIC per CPU, run by a
 * scheduler whose every choice comes from one seed: the same seed and the same
 * calls give the same run, bit for bit. README.md says what it may reorder.
 *
 * A thread of the process has at most one current machine, the one created
 * last; the seam (arch/hosted/umsi_hosted.h) and the hooks (umsi/host.h) act on it.
 * Without one, atomics are plain atomics, memory and locks work, and every
 * other call aborts with a sentence.
 *
 * Outside mach_run() a machine is "cold": calls act at once, in order, as
 * CPU 0, and nothing is switched. Use it to set up and to tear down.
 *
 * Time is counted in steps: one per hook call, atomic, barrier, device or
 * register access. Steps pass unseen while every CPU idles.
 */
#ifndef MACH_MACHINE_H
#define MACH_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <umsi/types.h>

#define MACH_CPUS_MAX	4096u
#define MACH_GIC_CPUS_MAX 128u	/* of the kinds with a GIC, and of an APLIC that delivers directly */
#define MACH_NAME_MAX	24u

struct mach;
struct mach_pci;

/* ---- A machine's life --------------------------------------------------- */

/*
 * How wild a run is. mach_chaos_from_seed() draws all of it from a seed; a
 * litmus test sets what it needs. Chances are in 1/256: 0 never, 256 always.
 * Delays are in steps: "now" is the chance of none, else 1 .. max.
 */
struct mach_chaos {
	uint32_t burst;		/* mean steps between CPU switches; 1 = at each step; 0 = only when a CPU waits */
	uint32_t thread_switch;	/* chance that a CPU switch also changes the thread of the CPU it comes to */
	uint32_t starve;	/* chance, at a switch, that one CPU is kept from running for long */
	uint32_t store_now, store_max;	/* how long a memory store stays in its CPU's buffer */
	uint32_t leave_now, leave_max;	/* ... and a device write */
	uint32_t stale;		/* chance that a load looks for an older value */
	uint32_t trap_now, trap_max;	/* from pending to trap, on a running CPU */
	uint32_t post_now, post_max;	/* MMIO write, from CPU to device */
	uint32_t sample_now, sample_max;/* between two words a device samples */
	uint32_t message_now, message_max; /* message, from device to file */
	uint32_t lag_now, lag_max;	/* inside the file, until it shows in eip */
	uint32_t kick_now, kick_max;	/* ... when a CPU wrote it; still behind all before it */
	uint32_t cancel;	/* chance that a mask turns a half-composed message into a pending bit */
	uint32_t early_marker;	/* chance that an unfenced marker overtakes (README, "REQ_TO_MARKER") */
	uint32_t slow_read;	/* chance that a device read takes its CPU long */
	uint32_t slow_load;	/* chance that a 64-bit load does */
	uint32_t long_tail;	/* 1: seven of eight delays are at most an eighth of their max */
};

void mach_chaos_from_seed(uint64_t seed, struct mach_chaos *out);
/* Nothing waits, nothing is reordered, CPUs switch only when one waits. */
extern const struct mach_chaos mach_chaos_none;

enum mach_kind {
	MACH_RISCV = 0,			/* an IMSIC file per CPU */
	MACH_X86,			/* a local APIC per CPU */
	MACH_ARM,			/* one GICv2 with a v2m frame */
	MACH_ARM3,			/* one GICv3; its ITSes are added */
};

struct mach_config {
	uint32_t ncpus;			/* 1 .. MACH_CPUS_MAX, MACH_GIC_CPUS_MAX with a GIC */
	enum mach_kind kind;
	const uint32_t *apic_id;	/* x86: CPU n's; NULL = n */
	bool x2apic;			/* x86: the CPUs start in x2APIC mode */
	bool no_suppression;		/* x86: EOI broadcasts cannot be suppressed */
	uint32_t num_ids;		/* per file; 63 .. 2047, 64n - 1; 0 = 63 */
	const uint32_t *hart_index;	/* CPU n's hart index in file addresses; NULL = n */
	uint64_t imsic_base;		/* 0 = 0x28000000 */
	uint32_t guest_bits, hart_bits;	/* hart_bits 0 = just enough */
	uint32_t group_bits, group_shift; /* group = upper bits of the hart index; shift 0 = 24 */
	uint32_t lpi_id_bits;		/* GICv3: interrupt ids are below 2^this; 0 = 16 */
	bool incoherent;		/* GICv3: redistributors read memory past the caches */
	bool lpis_stay;			/* GICv3: EnableLPIs cannot be cleared again */
	bool no_mbis;			/* GICv3: no SPIs by message */
	uint64_t max_steps;		/* more is a violation I-PROG; 0 = 1,000,000 */
	uint32_t ns_per_step;		/* 0 = 1000 */
	uint32_t skew_ns;		/* the last CPU's clock is so far ahead of CPU 0's, the others between */
	uint32_t tick_steps;		/* period of every online CPU's timer interrupt; 0 = no ticks */
	const struct mach_chaos *chaos;	/* NULL = from the seed; copied */
	/* Takes a trap on the CPU it names, interrupts off; NULL = interrupts wait. */
	void (*trap)(void *arg, umsi_cpu cpu);
	void *trap_arg;
	/* Sees each named barrier of arch/ (enum umsi_hosted_barrier); takes no step. NULL = nobody. */
	void (*barrier)(void *arg, uint32_t cpu, uint32_t which);
	void *barrier_arg;
	/* Look on, take no step: a word of memory changed; a step begins, or stores came out while all CPUs idled. NULL = nobody. */
	void (*wrote)(void *arg, const void *word);
	void (*stepped)(void *arg);
	void *watch_arg;
	/*
	 * A handler that begins right after a claim which stood for messages of
	 * other entries only is a violation I-ROUTE (else a line of the story).
	 * For libraries that look into inboxes only after claiming a kick.
	 */
	bool strict_route;
	bool plain_memory;		/* no store buffers, nothing stale, no past: for what is too large for them */
	bool print_log;			/* umsi_host_log() lines go to stderr too */
	bool tell;			/* mach_say() keeps what it is told */
	uint64_t schedule;		/* another order of the same run's steps; 0 = the first */
	uint64_t stop_step;		/* mach_run() returns false there, without a violation; 0 = never */
};

/* Never fails (aborts without memory). It becomes the thread's current machine. */
struct mach *mach_create(uint64_t seed, const struct mach_config *config);
/* Gives all back, also what the library leaked. No machine is current afterwards. */
void mach_destroy(struct mach *m);
struct mach *mach_current(void);

void mach_set_trap(struct mach *m, void (*trap)(void *arg, umsi_cpu cpu), void *arg);

/*
 * A thread that lives on one CPU. From cold or from any thread. It starts with
 * interrupts on, and sees what its creator had stored.
 */
void mach_thread(struct mach *m, umsi_cpu cpu, void (*fn)(void *arg), void *arg);

/*
 * Runs until every thread has ended and nothing is under way (stores, writes,
 * messages, traps), or until the first violation. May be called again after
 * more threads were added. Return: true without a violation.
 */
bool mach_run(struct mach *m);

/* ---- What went wrong ---------------------------------------------------- */

struct mach_violation {
	const char *name;	/* "I-CONS", "P-13", ... */
	char text[200];
	uint64_t step;
};

/* NULL when all is well. The first one only; it ends the run. */
const struct mach_violation *mach_violated(const struct mach *m);
/* From a test's own checks. In a thread or trap it does not return. */
void mach_violate(struct mach *m, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
#define MACH_CHECK(m, condition, name, ...) \
	do { if (!(condition)) mach_violate(m, name, __VA_ARGS__); } while (0)

/* One line "VIOLATION name seed=… step=…: text", then the last @events of the story. */
void mach_report(const struct mach *m, FILE *to, unsigned int events);
/*
 * Lines for people, kept only if config.tell: who did what to which message.
 * They change nothing, not even the hash.
 */
void mach_say(struct mach *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct mach_said {
	uint64_t time_ns;		/* as mach_now_ns() then */
	umsi_cpu cpu;			/* UMSI_CPU_NONE: a device */
	char text[116];
};
size_t mach_said(const struct mach *m, const struct mach_said **out);
/* Time of the running step, and a number within it: grows with each call. Takes no step. */
uint64_t mach_now_ns(struct mach *m);
/* A line of the test's own in the story. */
void mach_note(struct mach *m, const char *text, uint64_t a, uint64_t b);

/*
 * From cold: what every model holds, a line each: words, then name=value. Takes
 * no step. At config.stop_step that is the middle of a run.
 */
void mach_dump(struct mach *m, void (*line)(void *arg, const char *line), void *arg);

/*
 * At quiescence, from cold: I-CONS for every live entry (mach_entry_live()),
 * I-LOCK for locks still held. Records a violation and returns false.
 */
bool mach_check_quiet(struct mach *m);
/* I-LEAK against the last mach_baseline() (or nothing at all). */
bool mach_check_leaks(struct mach *m);
void mach_baseline(struct mach *m);

uint64_t mach_seed(const struct mach *m);
uint64_t mach_steps(const struct mach *m);
/* Hash of everything that happened so far: equal for equal runs. */
uint64_t mach_hash(const struct mach *m);
/* Random numbers for the test itself, also from the seed; below @n, or all 64 bits for 0. */
uint64_t mach_random(struct mach *m, uint64_t n);
/* From here on the running thread, outside traps, draws its own numbers, from @salt. */
void mach_random_restart(struct mach *m, uint64_t salt);
bool mach_stopped(const struct mach *m);	/* at config.stop_step */

/* ---- On a CPU ----------------------------------------------------------- */

umsi_cpu mach_cpu(struct mach *m);		/* the running one; 0 when cold */
/* In handlers that allow nesting, or around umsi_cpu_online(). */
void mach_irq_on(struct mach *m);
void mach_irq_off(struct mach *m);
unsigned int mach_trap_depth(struct mach *m);	/* of the running CPU */
/* Lets at least @steps pass on the running CPU. Interrupts on: may be trapped. */
void mach_delay(struct mach *m, uint64_t steps);
/*
 * Lets others run until @condition(arg) holds; as umsi_host_relax() in a loop.
 * Conditions read the test's own plain memory, so the end is a mach_sync().
 */
void mach_wait(struct mach *m, bool (*condition)(void *arg), void *arg);
/*
 * The test's own synchronisation, where it hands plain data (a handle, a flag)
 * to another CPU: every CPU's memory stores come out, the caller's loads are ordered.
 */
void mach_sync(struct mach *m);

/*
 * Takes the running CPU down, interrupts off first. Its file loses state and
 * messages, what arrives later is lost; its threads freeze, but for the caller,
 * which should return soon.
 */
void mach_cpu_down(struct mach *m);
/* Powers a CPU up again (not for the one running): reset file, interrupts off, @fn runs there first. */
void mach_cpu_up(struct mach *m, umsi_cpu cpu, void (*fn)(void *arg), void *arg);
bool mach_cpu_is_up(const struct mach *m, umsi_cpu cpu);

/* Timer (iid 5) and software (iid 1) interrupts of a CPU. */
void mach_timer_arm(struct mach *m, umsi_cpu cpu, uint64_t steps);
void mach_timer_quieten(struct mach *m, umsi_cpu cpu);
void mach_software_set(struct mach *m, umsi_cpu cpu);
void mach_software_clear(struct mach *m, umsi_cpu cpu);

/* ---- IMSIC files -------------------------------------------------------- */

uint64_t mach_imsic_phys(const struct mach *m, umsi_cpu cpu);
bool mach_imsic_pending(const struct mach *m, umsi_cpu cpu, uint32_t id);
bool mach_imsic_enabled(const struct mach *m, umsi_cpu cpu, uint32_t id);
/* A register that keeps its value whatever is written: 0x70 eidelivery, 0x72 eithreshold, 0xc0 .. eie. */
void mach_imsic_stick(struct mach *m, umsi_cpu cpu, unsigned int reg);
uint64_t mach_imsic_lost(const struct mach *m, umsi_cpu cpu);	/* messages that found it down */
uint64_t mach_claims(const struct mach *m, umsi_cpu cpu);	/* identities claimed there */
/* Message from nowhere, as a stray device would send it: through the lag queue. */
void mach_imsic_inject(struct mach *m, umsi_cpu cpu, uint32_t id);

/* The CPU that @msg reaches as things stand, on any machine, or UMSI_CPU_NONE. */
umsi_cpu mach_message_cpu(struct mach *m, const struct umsi_msg *msg);

/* ---- Local APICs -------------------------------------------------------- */

uint32_t mach_lapic_vector(struct mach *m);	/* in a trap, before anything may nest: what was taken */
uint32_t mach_lapic_id(const struct mach *m, umsi_cpu cpu);
bool mach_lapic_requested(const struct mach *m, umsi_cpu cpu, uint32_t vector);
bool mach_lapic_in_service(const struct mach *m, umsi_cpu cpu, uint32_t vector);
/* As firmware leaves it that took @vector and never ended it. */
void mach_lapic_leave_in_service(struct mach *m, umsi_cpu cpu, uint32_t vector);
uint64_t mach_lapic_taken(const struct mach *m, umsi_cpu cpu);
/* The host's write to the timer's entry; ticks come as @vector. */
void mach_lapic_set_timer(struct mach *m, umsi_cpu cpu, uint32_t vector);
void mach_lapic_inject(struct mach *m, umsi_cpu cpu, uint32_t vector);

/* ---- The GICv2: distributor, CPU interfaces, frame ------------------------ */

#define MACH_GIC_DISTRIBUTOR	UINT64_C(0x08000000)
#define MACH_GIC_CPU_INTERFACE	UINT64_C(0x08010000)
#define MACH_GIC_FRAME		UINT64_C(0x08020000)	/* SPIs 64 to 95 */
#define MACH_GIC_TIMER		27u

/* The electrical level of a wire, 32 .. 63; it starts low. Any context. */
void mach_gic_line(struct mach *m, uint32_t id, bool high);
bool mach_gic_enabled(const struct mach *m, uint32_t id);
umsi_cpu mach_gic_target(const struct mach *m, uint32_t id);
void mach_gic_inject(struct mach *m, uint32_t id);

/* ---- APLICs: one interrupt domain each ------------------------------------ */

struct mach_aplic;

struct mach_aplic_config {
	uint64_t phys;
	uint32_t sources;		/* 1 .. 1023 */
	bool direct;			/* delivers directly only; else by message only */
	/*
	 * As QEMU 7.2: setipnum sets a level source pending whatever its line does, and a level
	 * source that was claimed with its line up stays pending; else as the specification says.
	 */
	bool loose;
	const uint32_t *hart_index;	/* direct: CPU n's; NULL = n */
};

/* From cold. */
struct mach_aplic *mach_aplic_add(struct mach *m, const struct mach_aplic_config *config);
/* The electrical level of a line; it starts low. Any context. */
void mach_aplic_line(struct mach_aplic *a, uint32_t source, bool high);
/* As firmware leaves it: delegated to child @value, or how it signals. */
void mach_aplic_poke_sourcecfg(struct mach_aplic *a, uint32_t source, uint32_t value);
/* A number with no wire: its sourcecfg stays 0. */
void mach_aplic_unwire(struct mach_aplic *a, uint32_t source);
/* genmsi stays busy from now on, or no more. */
void mach_aplic_stall(struct mach_aplic *a, bool stalled);
/* As after a loss of power: every register is, lines stay. */
void mach_aplic_reset(struct mach_aplic *a);
uint32_t mach_aplic_sourcecfg(const struct mach_aplic *a, uint32_t source);
uint32_t mach_aplic_target(const struct mach_aplic *a, uint32_t source);
bool mach_aplic_enabled(const struct mach_aplic *a, uint32_t source);
bool mach_aplic_pending(const struct mach_aplic *a, uint32_t source);
/* Messages sent, or claims, of a source. */
uint64_t mach_aplic_sent(const struct mach_aplic *a, uint32_t source);
/* Extempore messages so far. */
uint64_t mach_aplic_extempore(const struct mach_aplic *a);

/* ---- The GICv3: distributor, redistributors, ITSes ------------------------- */

#define MACH_GICV3_DISTRIBUTOR		UINT64_C(0x08000000)
#define MACH_GICV3_REDISTRIBUTORS	UINT64_C(0x080a0000)	/* 128 KiB each, by CPU */
#define MACH_GICV3_FIRST_NUMBER		3u	/* GICR_TYPER.Processor_Number of CPU 0: no CPU's own number */

#define MACH_GICV3_SETSPI	(MACH_GICV3_DISTRIBUTOR + 0x40)
uint64_t mach_gicv3_affinity(umsi_cpu cpu);	/* MPIDR_EL1: four to a group */
/* Wires are SPIs 32 .. 95. */
void mach_gicv3_line(struct mach *m, uint32_t id, bool high);
bool mach_gicv3_enabled(const struct mach *m, uint32_t id);
umsi_cpu mach_gicv3_target(const struct mach *m, uint32_t id);
/* The redistributor goes too, when its CPU goes down for good: all it knew is lost. */
void mach_gicv3_power_off(struct mach *m, umsi_cpu cpu);
/* The machine slept: distributor, redistributors and CPU interfaces have lost everything. */
void mach_gicv3_lose(struct mach *m);
/* Other software's ITS, or GICR_SETLPIR, makes that LPI pending at @cpu's redistributor. */
void mach_gicv3_raise(struct mach *m, umsi_cpu cpu, uint32_t lpi);
uint32_t mach_gicv3_pending(const struct mach *m, umsi_cpu cpu);	/* LPIs at its redistributor */

struct mach_its_config {
	uint64_t phys;			/* of the control frame */
	uint64_t doorbell;		/* where an IOMMU shows GITS_TRANSLATER; 0 = phys + 0x10040 */
	uint32_t iidr;
	uint32_t device_bits, event_bits;	/* 0 = 16 */
	uint32_t real_device_bits;	/* erratum: fewer than it says; 0 = as many */
	uint32_t entry_bytes;		/* of an ITT; 0 = 12 */
	uint32_t real_entry_bytes;	/* erratum: more than it says; 0 = as many */
	uint32_t own_collections;
	uint32_t page;			/* the largest page of its tables: 0 .. 2, 4 to 64 KiB */
	uint32_t node_first, node_last;	/* erratum: SYNC of other CPUs hangs; node_last 0 = of none */
	bool by_address;		/* TYPER.PTA */
	bool flat;			/* no tables in two levels */
	bool incoherent;		/* reads memory past the caches */
	bool ignores_type;		/* erratum: tables must be device memory */
	bool stalls;			/* on commands that cannot be carried out; else a fault */
};

struct mach_its;

struct mach_its *mach_its_add(struct mach *m, const struct mach_its_config *config);
void mach_its_refuse(struct mach_its *its, uint64_t nth);	/* it stalls on the n-th command from now */
void mach_its_lose(struct mach_its *its);			/* the machine slept: no register kept anything */
void mach_its_deaf(struct mach_its *its, bool deaf);		/* it executes nothing */
uint64_t mach_its_translated(const struct mach_its *its);
uint64_t mach_its_unmapped(const struct mach_its *its);		/* messages of events nobody mapped */
uint32_t mach_its_devices(const struct mach_its *its);
uint32_t mach_its_events(const struct mach_its *its);
/* Where that event would be delivered; UMSI_CPU_NONE: nowhere. */
umsi_cpu mach_its_target(struct mach_its *its, uint32_t device_id, uint32_t event);

/* ---- I/O APICs ---------------------------------------------------------- */

struct mach_ioapic;

/* @version: 0x20 and up have the EOI register. Every entry starts masked. */
struct mach_ioapic *mach_ioapic_add(struct mach *m, uint64_t phys, uint32_t pins, uint32_t version);
/* The electrical level of a line; it starts low. Any context. */
void mach_ioapic_line(struct mach_ioapic *io, uint32_t pin, bool high);
uint64_t mach_ioapic_entry(const struct mach_ioapic *io, uint32_t pin);
/* What firmware left there. */
void mach_ioapic_poke(struct mach_ioapic *io, uint32_t pin, uint64_t entry);
uint64_t mach_ioapic_sent(const struct mach_ioapic *io, uint32_t pin);

/* Requester id of its messages, for remapping units. */
void mach_ioapic_source(struct mach_ioapic *io, uint32_t requester_id);

/* ---- Remapping units ------------------------------------------------------ */

/*
 * A unit looks at every message of the buses in its scope while remapping is
 * on. It keeps copies of what it reads from memory until told to forget them.
 * What it lets through travels on by itself; the wait of its queue drains it.
 */
struct mach_vtd_config {
	uint64_t phys;
	uint8_t first_bus, last_bus;	/* both 0: all */
	bool no_ir, no_eim;
	bool not_coherent;		/* reads of the table do not see CPU caches */
	bool caching_mode;		/* keeps copies of entries that are not present, too */
	uint8_t handle_order;		/* 0 = 5 */
	uint8_t fault_registers;	/* 0 = 2 */
	bool left_on;			/* firmware left remapping and its queue on */
};

struct mach_vtd;

struct mach_vtd *mach_vtd_add(struct mach *m, const struct mach_vtd_config *config);
uint64_t mach_vtd_passed(const struct mach_vtd *v);
uint64_t mach_vtd_blocked(const struct mach_vtd *v, unsigned int reason);	/* 0x20 .. 0x26 */
/* The queue stands, or goes on. */
void mach_vtd_stall(struct mach_vtd *v, bool stall);
/* The n-th descriptor from now on is refused (IQE); 0: none. */
void mach_vtd_refuse(struct mach_vtd *v, uint32_t nth);
/* Commands are not confirmed any more, or again. */
void mach_vtd_deaf(struct mach_vtd *v, bool deaf);
/* It loses power: registers and copies are as after reset. */
void mach_vtd_power_cycle(struct mach_vtd *v);
bool mach_vtd_enabled(const struct mach_vtd *v);

struct mach_amd_vi_config {
	uint64_t phys;
	bool no_ga, no_xt, no_2k;	/* entries of 128 bits, 32-bit ids, tables of 2,048 */
	bool no_all;			/* cannot forget everything at once */
};

struct mach_amd_vi;

struct mach_amd_vi *mach_amd_vi_add(struct mach *m, const struct mach_amd_vi_config *config);
uint64_t mach_amd_vi_passed(const struct mach_amd_vi *v);
uint64_t mach_amd_vi_blocked(const struct mach_amd_vi *v);
/* As their namesakes of VT-d. */
void mach_amd_vi_stall(struct mach_amd_vi *v, bool stall);
void mach_amd_vi_refuse(struct mach_amd_vi *v, uint32_t nth);
void mach_amd_vi_deaf(struct mach_amd_vi *v, bool deaf);
void mach_amd_vi_power_cycle(struct mach_amd_vi *v);
bool mach_amd_vi_enabled(const struct mach_amd_vi *v);
/* The word about interrupts of a device table entry, as it stands in memory. */
uint64_t mach_amd_vi_device_entry(const struct mach_amd_vi *v, uint16_t requester_id);

/* The CPU that a message of the function goes to, as the tables in memory stand, or UMSI_CPU_NONE. */
umsi_cpu mach_pci_target(struct mach_pci *d, uint32_t entry);
/* A write the function makes by itself: any address, any data. */
void mach_pci_send(struct mach_pci *d, uint64_t address, uint32_t data);
/* The same in the name of any function: what cannot be told from its own may pass. Needs a translator. */
void mach_forge(struct mach *m, uint32_t requester_id, uint64_t address, uint32_t data);
/* As mach_pci_send(), and nobody may let it pass (I-ISO). */
void mach_pci_intrude(struct mach_pci *d, uint64_t address, uint32_t data);

/* ---- HPET: every comparator can send messages; a tick is a step ----------- */

struct mach_hpet;

struct mach_hpet *mach_hpet_add(struct mach *m, uint64_t phys, uint32_t timers);
void mach_hpet_source(struct mach_hpet *h, uint32_t requester_id);
/* A comparator that is written counts only up to @ticks later. */
void mach_hpet_late(struct mach_hpet *h, uint32_t ticks);
/* As after a loss of power; firmware may have made its first timers the legacy ones. From cold. */
void mach_hpet_reset(struct mach_hpet *h, bool legacy);
uint64_t mach_hpet_sent(const struct mach_hpet *h, uint32_t timer);

/* ---- PCI functions with MSI-X ------------------------------------------- */

enum mach_sampling {
	MACH_SAMPLE_SEEDED = 0,
	MACH_SAMPLE_TOGETHER,
	MACH_SAMPLE_ADDRESS_FIRST,
	MACH_SAMPLE_DATA_FIRST,
};

enum mach_pci_option {
	MACH_PCI_TABLE_NEEDS_ENABLE = 1u << 0,	/* the table decodes only while MSI-X is enabled (P-29) */
	MACH_PCI_STALE_ENTRIES = 1u << 1,	/* every entry starts, and leaves a reset, unmasked with an old message (P-12, P-96) */
	MACH_PCI_LEFT_ENABLED = 1u << 2,	/* firmware left MSI-X enable set (P-31) */
	MACH_PCI_LEFT_MASKALL = 1u << 3,	/* ... and the function mask */
	MACH_PCI_NO_CACHE = 1u << 4,		/* never samples a cached copy */
	MACH_PCI_CACHE = 1u << 5,		/* always does; neither: seeded */
	MACH_PCI_LIVE_REWRITE = 1u << 6,	/* table writes to an unmasked entry are no fault */
	MACH_PCI_DECODE_OFF = 1u << 7,		/* table writes with memory decoding off are no fault */
	MACH_PCI_ENABLE_STUCK = 1u << 8,	/* the MSI-X enable bit does not stick */
};

struct mach_bar {
	uint64_t phys;		/* 0 = assigned by the machine */
	uint64_t bytes;		/* power of two >= 128; 0 = no BAR */
	bool is64;		/* also takes the next slot */
	bool io;
};

/* A plain MSI capability. */
struct mach_msi {
	bool present;
	uint8_t messages_log2;		/* Multiple Message Capable, 0 .. 5 */
	bool wide, maskable;		/* 64-bit address; mask and pending bits */
	uint8_t cap_offset;		/* 0 = 0x90; behind all other capabilities */
	uint8_t address_bits;		/* how many the address registers hold; 0 = all (P-21) */
	bool left_enabled;		/* firmware left it on */
	bool enable_stuck;		/* the enable bit does not stick */
};

/* Messages kept in a function's own way (README, "Device-defined stores"). */
enum mach_ims_kind {
	MACH_IMS_NONE = 0,
	MACH_IMS_TABLE,			/* a table of slots */
	MACH_IMS_QUEUES,		/* contexts in memory, one for each queue */
	MACH_IMS_TIMER,			/* one register set, no mask */
};

#define MACH_IMS_STORES	3u

struct mach_ims {
	enum mach_ims_kind kind;
	uint16_t count;			/* slots or queues; a timer has one message */
	uint8_t bir;
	uint32_t offset;		/* multiple of 16; 0 without BARs: the machine's choice */
};

struct mach_pci_config {
	uint32_t requester_id;
	uint16_t entries;		/* of the MSI-X table, 1 .. 2048; 0 = no capability */
	uint8_t table_bir, pba_bir;
	uint32_t table_offset, pba_offset; /* pba_offset 0 with pba_bir == table_bir: right behind the table */
	uint8_t cap_offset;		/* 0 = 0x70; two foreign capabilities precede it */
	struct mach_bar bar[6];		/* all zero: BAR 0, 64-bit, large enough */
	struct mach_msi msi;
	struct mach_ims ims[MACH_IMS_STORES]; /* from the first on */
	enum mach_sampling sampling;
	uint32_t options;		/* of enum mach_pci_option */
	uint32_t sends_as;		/* what bridges make of the requester id of its messages; 0 = nothing */
	bool memory_off, master_off;	/* command register at the start; the default has both bits on */
	const char *name;		/* in stories; NULL = its requester id */
};

/* From cold or from any thread. It lives as long as the machine. */
struct mach_pci *mach_pci_add(struct mach *m, const struct mach_pci_config *config);
enum mach_sampling mach_pci_sampling(const struct mach_pci *d);	/* never SEEDED */
void mach_pci_bar(const struct mach_pci *d, unsigned int slot, uint64_t *phys, uint64_t *bytes);
/* Configuration space as the function's designer: no masks, no side effects. */
uint32_t mach_pci_peek(const struct mach_pci *d, uint16_t offset, unsigned int width);
void mach_pci_poke(struct mach_pci *d, uint16_t offset, unsigned int width, uint32_t value);
/*
 * Table dword (0 address low, 1 address high, 2 data, 3 vector control) as it stands in the
 * device; with plain MSI on, the message it would send, and its mask bit.
 */
uint32_t mach_pci_table(const struct mach_pci *d, uint32_t entry, unsigned int dword);
bool mach_pci_pending(const struct mach_pci *d, uint32_t entry);

/* The entry that stands for message @n of device-defined store @store, in all calls that take one; its registers. */
uint32_t mach_ims_entry(const struct mach_pci *d, unsigned int store, uint32_t n);
uint64_t mach_ims_phys(const struct mach_pci *d, unsigned int store);
uint32_t mach_ims_pasid(const struct mach_pci *d, uint32_t entry);	/* of a table's slot */

/* Surprise removal, now or after some steps: all-ones from then on. */
void mach_pci_remove(struct mach_pci *d, uint64_t after_steps);

/*
 * A function-level reset: command register, message capabilities and table as
 * at power-on, events forgotten whose message was not emitted. Its BARs stay. It neither decodes
 * nor masters the bus until its command register is written.
 */
void mach_pci_reset(struct mach_pci *d);

/*
 * Something happened behind @entry: a message, or a pending bit behind a mask.
 * Any context. Return: false when the function is gone, or may send no such message (no event).
 */
bool mach_pci_raise(struct mach_pci *d, uint32_t entry);
/* The device raises live entries by itself: @events of them, @gap steps apart on average. */
void mach_pci_traffic(struct mach_pci *d, uint64_t events, uint32_t gap);

uint64_t mach_pci_sent(const struct mach_pci *d, uint32_t entry);	/* messages emitted */
uint64_t mach_pci_raised(const struct mach_pci *d, uint32_t entry);	/* events */
uint64_t mach_pci_writes(const struct mach_pci *d);	/* MMIO writes that reached it */
uint64_t mach_pci_reads(const struct mach_pci *d);

/* ---- Who must be called, who must not ----------------------------------- */

/* Events of a live entry must be handled (I-CONS); false: forget the ones that are owed. */
void mach_entry_live(struct mach_pci *d, uint32_t entry, bool live);
/* From the first and the last line of the entry's handler. */
void mach_handler_begin(struct mach_pci *d, uint32_t entry);
void mach_handler_end(struct mach_pci *d, uint32_t entry);
/* After the free (or release) returned: a handler from here on is a violation. */
void mach_entry_freed(struct mach_pci *d, uint32_t entry);
/* Before a new request of the same entry. */
void mach_entry_reborn(struct mach_pci *d, uint32_t entry);
bool mach_entry_owed(const struct mach_pci *d, uint32_t entry);
uint64_t mach_entry_handled(const struct mach_pci *d, uint32_t entry);
bool mach_entry_running(const struct mach_pci *d, uint32_t entry);

/* ---- Faults on order (fault.c): counted from now; the last order of a kind stands ---- */

/* The function composes and delivers nothing for @steps, unless a flush makes it. */
void mach_pci_stall(struct mach_pci *d, uint64_t after_steps, uint64_t steps);
/* Reads of it are answered all-ones for @steps, and flush nothing; writes arrive. */
void mach_pci_deafen(struct mach_pci *d, uint64_t after_steps, uint64_t steps);
/* Between the words of its @nth message pass @steps more, if it reads them one by one. */
void mach_pci_tear(struct mach_pci *d, uint64_t nth, uint64_t steps);
/* One live entry has an event at every step. */
void mach_pci_storm(struct mach_pci *d, uint64_t after_steps, uint64_t events);
/* No unit or ITS takes a command from its queue for @steps. */
void mach_queues_stall(struct mach *m, uint64_t after_steps, uint64_t steps);
/* The @nth write to any function travels @steps longer, and those behind it. */
void mach_slow_write(struct mach *m, uint64_t nth, uint64_t steps);

/* ---- Memory and faults --------------------------------------------------- */

/* The n-th umsi_host_alloc() or mmio_map() from now fails (1 = next); 0 = none. */
void mach_fail_alloc(struct mach *m, uint64_t nth, bool for_ever);
uint64_t mach_allocs(const struct mach *m);	/* allocations and mappings asked for so far */
size_t mach_live_blocks(const struct mach *m);
size_t mach_live_bytes(const struct mach *m);
size_t mach_most_bytes(const struct mach *m);	/* the most that were live at once */
size_t mach_live_maps(const struct mach *m);

/* Lines the library logged, by level. */
uint64_t mach_logged(const struct mach *m, unsigned int level);

#endif
