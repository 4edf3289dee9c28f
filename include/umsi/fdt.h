/* SPDX-License-Identifier: MIT */
/*
 * Flattened device trees: a reader that believes nothing, and the finders that
 * turn nodes into the config structs a host could also fill by hand.
 * Pure: no hook is called, no memory allocated, nothing written but outputs.
 * Source: Devicetree Specification 0.4, "Flattened Devicetree (DTB) Format".
 */
#ifndef UMSI_FDT_H
#define UMSI_FDT_H

#include <umsi/aplic.h>
#include <umsi/gic.h>
#include <umsi/gicv3.h>
#include <umsi/imsic.h>
#include <umsi/its.h>
#include <umsi/status.h>
#include <umsi/types.h>
#include <umsi/umsi.h>

/* A tree whose header, blocks and nesting were checked by umsi_fdt_open(). */
struct umsi_fdt {
	const unsigned char *blob;
	uint32_t bytes;
	uint32_t struct_offset, struct_bytes;
	uint32_t strings_offset, strings_bytes;
};

/* Where and why a tree was refused. */
struct umsi_fdt_error {
	uint32_t offset;	/* bytes from the start of the blob */
	const char *what;	/* static text: the property, field or node; the status says what is wrong with it */
};

#define UMSI_FDT_DEPTH_MAX	32

/**
 * umsi_fdt_open() - check a blob from end to end
 * @blob: 8-byte aligned; must stay as it is while @out is used
 * @bytes: how many may be read; totalsize may be less, never more
 * @error: optional; written on failure
 *
 * Context: any. Return: UMSI_OK, UMSI_EINVAL, UMSI_EFW_MAGIC, UMSI_EFW_VERSION, UMSI_EFW_TRUNCATED,
 *   UMSI_EFW_BOUNDS, UMSI_EFW_STRUCTURE, UMSI_EFW_STRING, UMSI_EFW_DEPTH.
 */
int umsi_fdt_open(const void *blob, size_t bytes, struct umsi_fdt *out,
		  struct umsi_fdt_error *error);

/* A node, by the offset of its FDT_BEGIN_NODE token in the structure block; negative = none. */
typedef int32_t umsi_fdt_node;

struct umsi_fdt_property {
	const unsigned char *value;	/* big-endian cells, unaligned */
	uint32_t bytes;
};

umsi_fdt_node umsi_fdt_root(const struct umsi_fdt *fdt);
/* Depth first; @after = the root to start; negative at the end. */
umsi_fdt_node umsi_fdt_next(const struct umsi_fdt *fdt, umsi_fdt_node after);
umsi_fdt_node umsi_fdt_first_child(const struct umsi_fdt *fdt, umsi_fdt_node parent);
umsi_fdt_node umsi_fdt_next_sibling(const struct umsi_fdt *fdt, umsi_fdt_node node);
umsi_fdt_node umsi_fdt_parent(const struct umsi_fdt *fdt, umsi_fdt_node node);
/* "/soc/pci@30000000"; unit addresses may be left out where unique. */
umsi_fdt_node umsi_fdt_find_path(const struct umsi_fdt *fdt, const char *path);
umsi_fdt_node umsi_fdt_find_phandle(const struct umsi_fdt *fdt, uint32_t phandle);
/* The next node after @after (negative: from the start) whose compatible list holds @compatible. */
umsi_fdt_node umsi_fdt_find_compatible(const struct umsi_fdt *fdt, umsi_fdt_node after,
				       const char *compatible);
/* The node's name with its unit address. Never NULL for a valid node. */
const char *umsi_fdt_name(const struct umsi_fdt *fdt, umsi_fdt_node node);
bool umsi_fdt_get(const struct umsi_fdt *fdt, umsi_fdt_node node, const char *name,
		  struct umsi_fdt_property *out);
/*
 * Cell @index of a property of 32-bit cells.
 * UMSI_OK, UMSI_EINVAL, UMSI_EFW_MISSING, UMSI_EFW_VALUE (no such cell).
 */
int umsi_fdt_get_u32(const struct umsi_fdt *fdt, umsi_fdt_node node, const char *name,
		     uint32_t index, uint32_t *out);
/*
 * Entry @index of reg, by the parent's cells, as the parent's bus sees it (no ranges applied).
 * UMSI_OK, UMSI_EFW_MISSING (no reg, or fewer entries), UMSI_EFW_VALUE, UMSI_EFW_CELLS.
 */
int umsi_fdt_get_reg(const struct umsi_fdt *fdt, umsi_fdt_node node, uint32_t index,
		     uint64_t *out_address, uint64_t *out_bytes);

/**
 * umsi_fdt_cpus() - every enabled CPU of /cpus
 * @boot_hart: listed first, so that it becomes CPU 0
 * @cpus: room for @room; hw_id is the hart id
 * @out_count: how many there are; written with UMSI_OK and UMSI_EFW_ROOM, so that
 *   a call with no room asks
 *
 * Enabled: device_type "cpu", and no status or "okay". On failure what @cpus holds is undefined.
 * Context: any. Return: UMSI_OK, UMSI_EINVAL, UMSI_EFW_MISSING (also: @boot_hart is not among them),
 *   UMSI_EFW_VALUE, UMSI_EFW_CELLS, UMSI_EFW_ROOM.
 */
int umsi_fdt_cpus(const struct umsi_fdt *fdt, uint64_t boot_hart,
		  struct umsi_cpu_desc *cpus, uint32_t room, uint32_t *out_count,
		  struct umsi_fdt_error *error);

/**
 * umsi_fdt_imsic() - the supervisor-level IMSIC
 * @cpus, @ncpus: as from umsi_fdt_cpus()
 * @files: room for @ncpus; files[i].phys = 0 where CPU i has none
 * @out: files, num_ids and index widths filled in, the rest zeroed
 *
 * The node whose interrupts-extended leads to supervisor external interrupts (9) of the harts'
 * riscv,cpu-intc nodes; register sets with holes are followed as the binding says. Nodes with a
 * status other than "okay" are passed over. On failure what @files holds is undefined.
 *
 * Context: any. Return: UMSI_OK, UMSI_EINVAL, UMSI_EFW_MISSING (no such node, no number of ids, or no file for any CPU),
 *   UMSI_EFW_VALUE, UMSI_EFW_CELLS, UMSI_EFW_PHANDLE.
 * Source: Devicetree binding riscv,imsics; AIA, "Arrangement of the memory regions of multiple interrupt files".
 */
int umsi_fdt_imsic(const struct umsi_fdt *fdt, const struct umsi_cpu_desc *cpus,
		   uint32_t ncpus, struct umsi_imsic_file *files,
		   struct umsi_imsic_config *out, struct umsi_fdt_error *error);

/**
 * umsi_fdt_gic() - the GICv2, its message frames and the timer's interrupt
 * @out: written on success; the timer callback is left NULL
 *
 * Frames without arm,msi-base-spi and arm,msi-num-spis are left to be asked. timer_id is the
 * virtual timer's interrupt of arm,armv8-timer, 0 where there is none.
 *
 * Context: any. Return: UMSI_OK, UMSI_EINVAL, UMSI_EFW_MISSING (no GICv2), UMSI_EFW_VALUE,
 *   UMSI_EFW_CELLS, UMSI_EFW_ROOM (more than UMSI_GIC_FRAMES_MAX frames).
 * Source: Devicetree bindings arm,gic (GICv1 and v2), arm,arch_timer.
 */
int umsi_fdt_gic(const struct umsi_fdt *fdt, struct umsi_gic_config *out,
		 struct umsi_fdt_error *error);

/**
 * umsi_fdt_gic_interrupt() - entry @index of a node's interrupts, as a GIC's binding writes it
 * @out_id: the interrupt id: 16 upwards private, 32 upwards shared
 * @out_trigger: enum umsi_trigger
 *
 * Context: any. Return: UMSI_OK, UMSI_EINVAL, UMSI_EFW_MISSING (no such entry), UMSI_EFW_VALUE.
 */
int umsi_fdt_gic_interrupt(const struct umsi_fdt *fdt, umsi_fdt_node node, uint32_t index,
			   uint32_t *out_id, uint8_t *out_trigger);

/**
 * umsi_fdt_gicv3() - the GICv3, its redistributors, SPIs by message and the timer's interrupt
 * @region: room for @room regions; @out points to them
 * @out: written on success; the timer callback is left NULL
 *
 * Context: any. Return: UMSI_OK, UMSI_EINVAL, UMSI_EFW_MISSING (no GICv3), UMSI_EFW_VALUE,
 *   UMSI_EFW_CELLS, UMSI_EFW_ROOM (more than @room regions, or more than UMSI_GICV3_MBIS_MAX ranges).
 * Source: Devicetree binding arm,gic-v3.
 */
int umsi_fdt_gicv3(const struct umsi_fdt *fdt, struct umsi_gicv3_region *region, uint32_t room,
		   struct umsi_gicv3_config *out, struct umsi_fdt_error *error);

/**
 * umsi_fdt_its() - the first ITS after @after (negative: from the start) that is not disabled
 * @out_node: hand it back as @after to find the next
 * @out: phys and node; no maps yet
 *
 * Context: any. Return: UMSI_OK, UMSI_EINVAL, UMSI_EFW_MISSING (no more), UMSI_EFW_VALUE, UMSI_EFW_CELLS.
 */
int umsi_fdt_its(const struct umsi_fdt *fdt, umsi_fdt_node after, umsi_fdt_node *out_node,
		 struct umsi_its_config *out, struct umsi_fdt_error *error);

/**
 * umsi_fdt_its_map() - which DeviceIDs the functions behind @bridge have at @its
 * @segment: of their requester ids
 * @config: entries are added to its map; none where the bridge leads elsewhere
 *
 * From msi-map and msi-map-mask, or msi-parent.
 * Context: any. Return: UMSI_OK, UMSI_EINVAL, UMSI_EFW_VALUE, UMSI_EFW_PHANDLE, UMSI_EFW_ROOM. On
 *   failure @config may have got some of the entries.
 * Source: Devicetree binding pci-msi.
 */
int umsi_fdt_its_map(const struct umsi_fdt *fdt, umsi_fdt_node bridge, uint32_t segment, umsi_fdt_node its,
		     struct umsi_its_config *config, struct umsi_fdt_error *error);

/* ---- Interrupts as a tree writes them ---- */

#define UMSI_FDT_INTERRUPT_CELLS	4

/* One interrupt of the controller with that phandle, in its binding's cells. */
struct umsi_fdt_interrupt {
	uint32_t controller;
	uint32_t cells;
	uint32_t cell[UMSI_FDT_INTERRUPT_CELLS];
};

/**
 * umsi_fdt_interrupt() - entry @index of a node's interrupts
 *
 * Its controller is what interrupt-parent says, here or in the nearest node above.
 * Context: any. Return: UMSI_OK, UMSI_EINVAL, UMSI_EFW_MISSING (no such entry), UMSI_EFW_PHANDLE (no
 *   interrupt-parent), UMSI_EFW_CELLS (the controller's #interrupt-cells, 1 to 4), UMSI_EFW_VALUE.
 */
int umsi_fdt_interrupt(const struct umsi_fdt *fdt, umsi_fdt_node node, uint32_t index,
		       struct umsi_fdt_interrupt *out);

/**
 * umsi_fdt_pci_interrupt() - where pin @pin (1 to 4: INTA to INTD) of a function is wired
 * @host: of umsi_fdt_pci_host(); the function is on its first bus
 *
 * Through the bridge's interrupt-map. On failure what @out holds is undefined.
 * Context: any. Return: UMSI_OK, UMSI_EINVAL, UMSI_EFW_MISSING (no map, or no row for it),
 *   UMSI_EFW_VALUE, UMSI_EFW_CELLS, UMSI_EFW_PHANDLE.
 */
int umsi_fdt_pci_interrupt(const struct umsi_fdt *fdt, umsi_fdt_node host, uint32_t requester_id,
			   uint32_t pin, struct umsi_fdt_interrupt *out);

/* ---- APLIC ---- */

/* An interrupt domain at supervisor level. */
struct umsi_fdt_aplic {
	umsi_fdt_node node;		/* hand it back as @after to find the next */
	uint32_t phandle;		/* 0 = none: nothing is wired to it */
	uint32_t children;		/* domains that it may delegate sources to */
	bool messages;			/* it sends to an IMSIC; else it delivers directly */
	struct umsi_aplic_config config;/* hart_index is the caller's array */
};

/**
 * umsi_fdt_aplic() - the first such domain after @after (negative: from the start)
 * @cpus, @ncpus: as from umsi_fdt_cpus()
 * @hart_index: room for @ncpus; where the domain delivers directly, each CPU's index in it, or
 *   UMSI_APLIC_NO_HART; all of these otherwise
 *
 * Nodes with a status other than "okay" are passed over. A domain with msi-parent
 * sends messages, whatever else it says. On failure what @hart_index holds is undefined.
 *
 * Context: any. Return: UMSI_OK, UMSI_EINVAL, UMSI_EFW_MISSING (no such domain, no number of sources, or no CPU
 *   is a target), UMSI_EFW_VALUE, UMSI_EFW_CELLS, UMSI_EFW_PHANDLE.
 * Source: Devicetree binding riscv,aplic.
 */
int umsi_fdt_aplic(const struct umsi_fdt *fdt, umsi_fdt_node after, const struct umsi_cpu_desc *cpus,
		   uint32_t ncpus, uint32_t *hart_index, struct umsi_fdt_aplic *out,
		   struct umsi_fdt_error *error);

/* Does the domain at @node say that it gives @source to a child? (riscv,delegation; riscv,delegate) */
bool umsi_fdt_aplic_delegates(const struct umsi_fdt *fdt, umsi_fdt_node node, uint32_t source);

/**
 * umsi_fdt_aplic_source() - an interrupt of an APLIC
 * @out_trigger: enum umsi_trigger
 *
 * Context: any. Return: UMSI_OK, UMSI_EINVAL, UMSI_EFW_CELLS (not two), UMSI_EFW_VALUE (source, trigger).
 */
int umsi_fdt_aplic_source(const struct umsi_fdt_interrupt *interrupt, uint32_t *out_source,
			  uint8_t *out_trigger);

/* A host bridge with memory-mapped configuration space (pci-host-ecam-generic). */
struct umsi_pci_host {
	umsi_fdt_node node;			/* hand it back as @after to find the next */
	uint64_t ecam_phys, ecam_bytes;		/* starts with the space of first_bus */
	uint32_t segment, first_bus, last_bus;
	struct {
		uint64_t pci, phys, bytes;	/* one window of ranges */
		bool io, prefetchable, wide;	/* wide: 64-bit space */
	} window[8];
	uint32_t windows;
	uint32_t msi_parent;		/* phandle, 0 = none said */
};

/*
 * The first such bridge after @after (negative: from the start) that is not disabled; phys are
 * addresses as the CPUs see them.
 * UMSI_OK, UMSI_EINVAL, UMSI_EFW_MISSING, UMSI_EFW_VALUE, UMSI_EFW_CELLS, UMSI_EFW_ROOM.
 */
int umsi_fdt_pci_host(const struct umsi_fdt *fdt, umsi_fdt_node after,
		      struct umsi_pci_host *out, struct umsi_fdt_error *error);

#endif
