/* SPDX-License-Identifier: MIT */
/* A GICv3 with one or two ITSes on the machine in a box, and tables of devices that are just numbers. */
#ifndef ITS_RIG_H
#define ITS_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include <umsi/device.h>
#include <umsi/gicv3.h>
#include <umsi/irq.h>
#include <umsi/its.h>
#include <umsi/umsi.h>

#include "machine.h"

#define RIG_ITS_PHYS	UINT64_C(0x10080000)
#define RIG_DOORBELL	(RIG_ITS_PHYS + 0x10040)
#define RIG_CPUS_MAX	8u

struct rig {
	struct mach *m;
	struct umsi_storage storage;
	struct umsi *umsi;
	struct umsi_domain *root, *its;
	struct mach_its *hw;
	uint32_t cpus, max_irqs;
};

/* What a test changes before rig_start(); zeroed: one ITS as QEMU's, three CPUs. */
struct rig_config {
	uint32_t cpus, id_bits;
	uint32_t node_of[RIG_CPUS_MAX];
	bool redistributors_incoherent, lpis_stay;
	struct mach_its_config hw;
	struct umsi_its_config its;
	struct umsi_gicv3_mbi messages;	/* SPIs by message; spis 0: none */
	bool calm;			/* nothing waits, nothing is reordered */
	uint32_t slow_redistributors;	/* calm, but they take up to so many steps for what they are told */
	bool plain;			/* as machine.h's plain_memory */
};

/* Machine, library, root, CPUs online; then the ITS: its status. */
int rig_start(struct rig *r, uint64_t seed, const struct rig_config *config);
/* Runs what was added, and fails with the story if it was violated. */
void rig_run(struct rig *r);
/* Every CPU ends its traps, twice; what was freed is free. */
void rig_settle(struct rig *r);
/* ITS, root and machine go; nothing leaks. */
void rig_end(struct rig *r);
/* Nothing is mapped, owned or ending. */
void rig_expect_empty(struct rig *r);
/* rig_settle(), rig_expect_empty(), rig_end(). */
void rig_finish(struct rig *r);

/* A store that does nothing. */
extern const struct umsi_store_ops rig_store;
/* One whose indices share a message. */
extern const struct umsi_store_ops rig_block_store;

/* A device as @config says (its parent, unless named: the ITS) with a table of @vectors; none of it if one fails. An umsi_status. */
int rig_device_as(struct rig *r, struct umsi_device_config config, const struct umsi_store_ops *store, uint32_t vectors,
		  struct umsi_device **dev, struct umsi_table **table);
/* The same with a store that does nothing. */
int rig_device(struct rig *r, uint32_t requester_id, uint32_t vectors, struct umsi_device **dev,
	       struct umsi_table **table);

/* A handler whose argument is the counter it increments. */
enum umsi_handled rig_count_call(void *arg);
/* Allocates @index and requests it: *@calls counts. In a thread of the machine. */
umsi_irq rig_begin(struct rig *r, struct umsi_table *table, uint32_t index, uint64_t *calls);
/* Everything pending is taken. */
void rig_let_traps_happen(struct rig *r);
/* A thread: a device of five indices, two of which are raised and arrive. */
void rig_fire_two(void *rig);

#endif
