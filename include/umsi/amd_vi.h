/* SPDX-License-Identifier: MIT */
/*
 * AMD-Vi interrupt remapping as a translator: one domain per unit, between the
 * local APICs and the devices in its scope. Each device has a table of its
 * own; functions whose messages carry one requester id share theirs.
 * Source: AMD I/O Virtualization Technology (IOMMU) Specification.
 */
#ifndef UMSI_AMD_VI_H
#define UMSI_AMD_VI_H

#include <umsi/status.h>
#include <umsi/types.h>

struct umsi_amd_vi_config {
	uint64_t phys;			/* of its registers, 16 KiB aligned */
	uint8_t last_bus;		/* the highest in its scope; 0 = 255. Its device table takes 8 KiB a bus */
	bool x2apic;			/* the CPUs' APICs are, or will be, in x2APIC mode: 32-bit ids */
	bool wide_entries;		/* 128-bit entries; always so with x2apic */
};

/**
 * umsi_amd_vi_create() - a translator over one unit, enabled when this returns
 * @parent: the local APIC root; give it umsi_lapic_config.remapped
 *
 * Replaces firmware's device table: DMA passes untranslated, and no function
 * of the unit's scope can send an interrupt that was not requested through the
 * library. With @x2apic it must come before the first umsi_cpu_online().
 *
 * Devices name it as their parent. A table of a device has as many entries as
 * its first table has indices, or umsi_device_config.max_irqs, at least 32;
 * one that is shared has 512. A move changes an entry; the device keeps its message.
 * Of umsi_device_config.messages_as, UMSI_REQUESTER_BUSES means the device's own
 * id and first_bus:00.0, which is what such bridges send as.
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL (NULL, alignment), UMSI_EGONE (registers
 *   read all-ones), UMSI_ENOTSUP (128-bit entries or 32-bit ids asked for, and unit or CPU
 *   cannot), UMSI_ESTATE (x2apic, and a CPU is online), UMSI_ENOMEM, UMSI_ETIMEOUT (its
 *   command buffer does not run or answer; a line of the log says so).
 */
int umsi_amd_vi_create(struct umsi_domain *parent, const struct umsi_amd_vi_config *config,
		       struct umsi_domain **out);

/**
 * umsi_amd_vi_destroy() - disable the unit, give the memory back
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL, UMSI_EBUSY (a device uses it; nothing was
 *   changed), UMSI_ETIMEOUT (the unit does not stop: its memory is kept, and lost).
 */
int umsi_amd_vi_destroy(struct umsi_domain *unit);

/* As umsi_vtd_resume(). Return: UMSI_OK, UMSI_EINVAL, UMSI_ETIMEOUT. */
int umsi_amd_vi_resume(struct umsi_domain *unit);

/* System interrupts that bypass remapping for one requester id: bits as in IVRS device entries. */
enum umsi_amd_vi_pass {
	UMSI_AMD_VI_INIT = 1 << 0,
	UMSI_AMD_VI_EXTINT = 1 << 1,
	UMSI_AMD_VI_NMI = 1 << 2,
	UMSI_AMD_VI_LINT0 = 1 << 6,
	UMSI_AMD_VI_LINT1 = 1 << 7,
};

/*
 * Lets them pass (umsi_acpi_ivrs_device.settings; other bits do not matter).
 * Sleepable. Return: UMSI_OK, UMSI_EINVAL, UMSI_ERANGE (beyond last_bus), UMSI_ETIMEOUT.
 */
int umsi_amd_vi_pass(struct umsi_domain *unit, uint16_t requester_id, uint8_t settings);

/* What the unit logged: a message that was blocked, or a fault of its own. */
struct umsi_amd_vi_event {
	uint16_t requester_id;		/* 0 where it concerns none */
	uint8_t code;			/* 1 .. 15 */
	bool interrupt;			/* a message was blocked */
	uint64_t address;		/* of the access, or of the command */
	const char *what;		/* static text for the code */
};

/**
 * umsi_amd_vi_event_take() - the next logged event, if there is one
 *
 * Context: any but NMI. Return: UMSI_OK, UMSI_ENOENT (none), UMSI_EINVAL.
 */
int umsi_amd_vi_event_take(struct umsi_domain *unit, struct umsi_amd_vi_event *out);

struct umsi_amd_vi_stats {
	uint32_t tables;		/* of devices */
	uint32_t entries, used;		/* in them */
	uint32_t lost;			/* entries out of use: their invalidation was never confirmed */
	uint64_t invalidations;		/* waited for */
	uint64_t timeouts;		/* waits that ended without an answer */
	uint64_t events, overflows;	/* taken from the unit; times that its log was full */
};

/* Context: sleepable. Return: UMSI_OK, UMSI_EINVAL. */
int umsi_amd_vi_stats_read(struct umsi_domain *unit, struct umsi_amd_vi_stats *out);

#endif
