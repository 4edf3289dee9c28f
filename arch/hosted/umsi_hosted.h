/* SPDX-License-Identifier: MIT */
/*
 * The seam between the library in a hosted build and whatever plays the
 * machine: one call per atomic, barrier, device access and register access.
 * Declared here, defined by machine/ (or by anybody else who wants to play).
 */
#ifndef UMSI_HOSTED_H
#define UMSI_HOSTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum umsi_hosted_order {
	UMSI_HOSTED_RELAXED = 0,
	UMSI_HOSTED_ACQUIRE = 1,
	UMSI_HOSTED_RELEASE = 2,
	UMSI_HOSTED_ACQ_REL = 3,
};

enum umsi_hosted_op {
	UMSI_HOSTED_ADD = 0,
	UMSI_HOSTED_OR = 1,
	UMSI_HOSTED_AND = 2,
	UMSI_HOSTED_XCHG = 3,
};

/*
 * The named barriers, in the order of the table in DESIGN.md ("Ordering").
 * Each is named for the two accesses it keeps apart.
 */
enum umsi_hosted_barrier {
	UMSI_BARRIER_PUBLISH_TO_MESSAGE = 0,	/* table store -> message write to a device (R1) */
	UMSI_BARRIER_CLAIM_TO_HANDLER = 1,	/* claim -> table load, handler's loads */
	UMSI_BARRIER_FLUSH_TO_STAMP = 2,	/* flush read returned -> stamp, DEAD, reuse (R4, R13) */
	UMSI_BARRIER_REQ_TO_MARKER = 3,		/* read of req -> store of the marker (R7) */
	UMSI_BARRIER_LOOK_TO_DONE = 4,		/* look at the controller -> store of done (R6) */
	UMSI_BARRIER_LINK_TO_KICK = 5,		/* inbox link -> kick (R9), memory -> IPI */
	UMSI_BARRIER_REQ_TO_LOOK = 6,		/* read of req -> look at the controller, where there is no marker (R6) */
	UMSI_BARRIERS
};

/* size is 4 or 8; addresses are naturally aligned. */
uint64_t umsi_hosted_load(const void *p, unsigned int size, enum umsi_hosted_order order);
void umsi_hosted_store(void *p, unsigned int size, uint64_t value, enum umsi_hosted_order order);
/* Strong compare-and-swap; *expected is updated on failure. */
bool umsi_hosted_cas(void *p, unsigned int size, uint64_t *expected, uint64_t desired,
		     enum umsi_hosted_order order);
/* Returns the value before. */
uint64_t umsi_hosted_rmw(void *p, unsigned int size, enum umsi_hosted_op op,
			 uint64_t operand, enum umsi_hosted_order order);
/* Both halves of 16 aligned bytes in one moment, after every memory store of this CPU before it. */
void umsi_hosted_store128(void *p, uint64_t low, uint64_t high);
void umsi_hosted_barrier(enum umsi_hosted_barrier which);

/* width is 1, 2, 4 or 8 bytes; address as umsi_host_mmio_map() returned it, plus an offset. */
uint64_t umsi_hosted_mmio_read(const volatile void *address, unsigned int width);
void umsi_hosted_mmio_write(volatile void *address, unsigned int width, uint64_t value);

/* Local interrupts of the running CPU: off, returning the old state; and back. */
uintptr_t umsi_hosted_irq_save(void);
void umsi_hosted_irq_restore(uintptr_t state);

/* AIA, supervisor level, of the running hart. csr numbers as in the AIA specification. */
uint64_t umsi_hosted_csr_read(unsigned int csr);
uint64_t umsi_hosted_csr_swap(unsigned int csr, uint64_t value);
void umsi_hosted_csr_set(unsigned int csr, uint64_t bits);
void umsi_hosted_csr_clear(unsigned int csr, uint64_t bits);

/* x86: model-specific registers of the running CPU (x2APIC), by number. */
uint64_t umsi_hosted_msr_read(uint32_t msr);
void umsi_hosted_msr_write(uint32_t msr, uint64_t value);

/* AArch64: the GICv3 CPU interface registers of the running CPU. */
enum umsi_hosted_sysreg {
	UMSI_ICC_IAR1_EL1, UMSI_ICC_EOIR1_EL1, UMSI_ICC_DIR_EL1, UMSI_ICC_RPR_EL1,
	UMSI_ICC_HPPIR1_EL1, UMSI_ICC_SGI1R_EL1, UMSI_ICC_PMR_EL1, UMSI_ICC_BPR1_EL1,
	UMSI_ICC_CTLR_EL1, UMSI_ICC_SRE_EL1, UMSI_ICC_IGRPEN1_EL1,
	UMSI_HOSTED_SYSREGS
};
uint64_t umsi_hosted_sysreg_read(enum umsi_hosted_sysreg reg);
void umsi_hosted_sysreg_write(enum umsi_hosted_sysreg reg, uint64_t value);

#endif
