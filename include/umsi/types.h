/* SPDX-License-Identifier: MIT */
/* The few types that every other header of uMSI shares. */
#ifndef UMSI_TYPES_H
#define UMSI_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One machine: its CPUs, roots and interrupts. Opaque; see <umsi/umsi.h>. */
struct umsi;
/* One block on the path from device to CPU (root or translator). */
struct umsi_domain;
/* What a host driver binds to. */
struct umsi_device;
/* One message store of one device: up to UMSI_TABLE_MAX indices. */
struct umsi_table;

/*
 * A dense CPU number, 0 .. ncpus - 1, chosen by the host through the order of
 * umsi_config.cpus. It is neither a hart id nor an APIC id: those are
 * umsi_cpu_desc.hw_id and only roots look at them.
 */
typedef uint32_t umsi_cpu;
#define UMSI_CPU_NONE	UINT32_MAX

/* An inter-processor interrupt of a root: runs in the trap on the CPU it was sent to. */
typedef void (*umsi_ipi_handler)(void *arg, umsi_cpu cpu);

/*
 * An interrupt handle: record number and generation. 0 is never a valid
 * handle. A handle kept after its interrupt was freed is refused by every
 * call with UMSI_ENOENT; it never reaches somebody else's interrupt (2^24
 * generations of one record must pass before a number repeats).
 */
typedef uint64_t umsi_irq;
#define UMSI_IRQ_NONE	((umsi_irq)0)

/* Indices of one table: 0 .. UMSI_TABLE_MAX - 1. */
#define UMSI_TABLE_MAX	65536u

/*
 * A message: write data (32 bits) to address (a bus address as the device
 * must emit it, 4-byte aligned).
 */
struct umsi_msg {
	uint64_t address;
	uint32_t data;
};

/* How a source signals. Messages of a device are edges; wires may be anything. */
enum umsi_trigger {
	UMSI_TRIGGER_NONE = 0,		/* a message: an edge by nature */
	UMSI_TRIGGER_EDGE_RISING = 1,
	UMSI_TRIGGER_EDGE_FALLING = 2,
	UMSI_TRIGGER_LEVEL_HIGH = 3,
	UMSI_TRIGGER_LEVEL_LOW = 4,
};

/*
 * A set of CPUs: bit n of bits[n / 64] stands for CPU n; nbits is how many
 * bits are valid, bits beyond count as clear. Borrowed for the call only.
 */
struct umsi_cpuset {
	const uint64_t *bits;
	uint32_t nbits;
};

/* Where an interrupt may be delivered. Exactly one of the three forms. */
enum umsi_affinity_kind {
	UMSI_AFFINITY_ANY = 0,	/* every CPU that is online */
	UMSI_AFFINITY_CPU = 1,	/* .cpu only */
	UMSI_AFFINITY_SET = 2,	/* .set; the least loaded online member */
};

struct umsi_affinity {
	enum umsi_affinity_kind kind;
	umsi_cpu cpu;
	struct umsi_cpuset set;
};

/*
 * Locks the library needs are embedded in its objects; the host gives these
 * words their meaning (see <umsi/host.h>). All-zero bytes are the unlocked,
 * initialised state of both, so a host that needs more room keeps a pointer.
 */
struct umsi_lock {
	uint64_t word;
};

struct umsi_mutex {
	uint64_t word[2];
};

#endif
