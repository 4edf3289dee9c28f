/* SPDX-License-Identifier: MIT */
/*
 * What the device-tree finders share: big-endian cells, tokens, properties,
 * and addresses as the buses above a node see them. Nothing here writes
 * anything but its outputs, and nothing reads outside the two blocks that
 * umsi_fdt_open() accepted, whatever offset it is given.
 * Source: Devicetree Specification 0.4, "Flattened Devicetree (DTB) Format".
 */
#ifndef FW_FDT_READ_H
#define FW_FDT_READ_H

#include <umsi/fdt.h>

/* Structure block tokens. Source: as above, "Lexical structure". */
#define UMSI_FDT_BEGIN_NODE	1u
#define UMSI_FDT_END_NODE	2u
#define UMSI_FDT_PROP		3u
#define UMSI_FDT_NOP		4u
#define UMSI_FDT_END		9u

uint32_t umsi_fdt_be32(const unsigned char *at);
/* A number of @cells (0, 1 or 2) 32-bit cells, most significant first. */
uint64_t umsi_fdt_number(const unsigned char *at, uint32_t cells);

/* Fills @error where the caller gave one, and hands @status on. */
int umsi_fdt_refuse(struct umsi_fdt_error *error, uint32_t offset,
		    const char *what, int status);

/* As above, at the first byte of @node. */
int umsi_fdt_refuse_node(struct umsi_fdt_error *error, const struct umsi_fdt *fdt,
			 umsi_fdt_node node, const char *what, int status);

/* Who reads one node, and where complaints go. */
struct umsi_fdt_reader {
	const struct umsi_fdt *fdt;
	umsi_fdt_node node;
	struct umsi_fdt_error *error;
};

int umsi_fdt_refuse_here(const struct umsi_fdt_reader *r, const char *what, int status);

struct umsi_fdt_token {
	uint32_t kind;			/* FDT_* */
	uint32_t next;			/* where the token after it starts, bytes into the block */
	const unsigned char *data;	/* FDT_BEGIN_NODE: name; FDT_PROP: value */
	uint32_t bytes;			/* of data, without a name's NUL */
	uint32_t name_offset;		/* FDT_PROP: into the strings block, unchecked */
};

/*
 * The token at @offset of the structure block. UMSI_OK, or what is wrong with
 * it: UMSI_EFW_TRUNCATED, UMSI_EFW_STRUCTURE, UMSI_EFW_STRING, UMSI_EFW_BOUNDS,
 * with static text in @what (may be NULL).
 */
int umsi_fdt_token_read(const struct umsi_fdt *fdt, uint32_t offset,
			struct umsi_fdt_token *out, const char **what);

/*
 * The properties of @node in order: *cursor 0 starts, false ends. @out_name
 * points into the strings block, terminated.
 */
bool umsi_fdt_property_next(const struct umsi_fdt *fdt, umsi_fdt_node node,
			    uint32_t *cursor, const char **out_name,
			    struct umsi_fdt_property *out);

/* The property is exactly the string @text with its NUL. */
bool umsi_fdt_is_text(const struct umsi_fdt_property *property, const char *text);

/* The compatible list of @node holds @compatible. */
bool umsi_fdt_is_compatible(const struct umsi_fdt *fdt, umsi_fdt_node node,
			    const char *compatible);

/* No status, or "okay" (or "ok", which older trees say). */
bool umsi_fdt_is_okay(const struct umsi_fdt *fdt, umsi_fdt_node node);

/* umsi_fdt_find_compatible(), of those whose status is okay. */
umsi_fdt_node umsi_fdt_next_okay(const struct umsi_fdt *fdt, umsi_fdt_node after, const char *compatible);

/* A one-cell property, or @fallback without it. UMSI_OK, UMSI_EFW_VALUE (not one cell). */
int umsi_fdt_u32_or(const struct umsi_fdt *fdt, umsi_fdt_node node,
		    const char *name, uint32_t fallback, uint32_t *out);

/*
 * The nodes from the root down to @node: out[0] is the root, out[result - 1]
 * is @node. 0 when @node is none of this tree's.
 */
uint32_t umsi_fdt_path_to(const struct umsi_fdt *fdt, umsi_fdt_node node,
			  umsi_fdt_node out[UMSI_FDT_DEPTH_MAX]);

/* How the addresses of one node's children are written. */
struct umsi_fdt_cells {
	uint32_t address, size;		/* cells: 1 or 2, 0 to 2 */
};

/* UMSI_OK, UMSI_EFW_CELLS (not in the ranges above). */
int umsi_fdt_cells_of(const struct umsi_fdt *fdt, umsi_fdt_node bus,
		      struct umsi_fdt_cells *out);

/* The reg of one node, and the buses between it and the CPUs. */
struct umsi_fdt_regs {
	struct umsi_fdt_property reg;
	struct umsi_fdt_cells cells;
	uint32_t count;
	umsi_fdt_node path[UMSI_FDT_DEPTH_MAX];	/* root .. the node's parent */
	uint32_t depth;				/* of path, >= 1 */
};

/* UMSI_OK, UMSI_EFW_MISSING, UMSI_EFW_VALUE, UMSI_EFW_CELLS. */
int umsi_fdt_regs_of(const struct umsi_fdt *fdt, umsi_fdt_node node,
		     struct umsi_fdt_regs *out);

/*
 * Entry @index (below count) as the node's own bus sees it. False when it
 * runs past the end of the 64-bit address space.
 */
bool umsi_fdt_regs_entry(const struct umsi_fdt_regs *regs, uint32_t index,
			 uint64_t *out_address, uint64_t *out_bytes);

/*
 * What the CPUs see at [address, address + bytes) of the bus that the node of
 * @regs sits on: through the ranges of every bus up to the root.
 * UMSI_OK, UMSI_EFW_VALUE (no range covers it, or ranges is malformed), UMSI_EFW_CELLS.
 */
int umsi_fdt_to_cpu(const struct umsi_fdt *fdt, const struct umsi_fdt_regs *regs,
		    uint64_t address, uint64_t bytes, uint64_t *out_phys);

/* A child of /cpus that is a CPU, usable or not. */
bool umsi_fdt_is_cpu(const struct umsi_fdt *fdt, umsi_fdt_node node);

/* How many cells a CPU's number has. UMSI_OK, UMSI_EFW_CELLS. */
int umsi_fdt_cpus_cells(const struct umsi_fdt *fdt, umsi_fdt_node cpus,
			uint32_t *out_cells, struct umsi_fdt_error *error);

/* The number of @cpu. UMSI_OK, UMSI_EFW_MISSING, UMSI_EFW_VALUE. */
int umsi_fdt_cpu_id(const struct umsi_fdt *fdt, umsi_fdt_node cpu, uint32_t cells,
		    uint64_t *out_id, struct umsi_fdt_error *error);

#endif
