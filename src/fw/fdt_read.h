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
/* A number of @cells (0, 1 or 2) 32-bit cells, most significant first, at *at; *at moves past it. */
uint64_t umsi_fdt_take(const unsigned char **at, uint32_t cells);

/*
 * Who reads one node. The first refusal stays, and what was read after it is
 * not used: a finder reads all it wants and looks at @status then.
 */
struct umsi_fdt_reader {
	const struct umsi_fdt *fdt;
	umsi_fdt_node node;
	struct umsi_fdt_error *error;	/* NULL: nobody wants to know where and why */
	int status;
};

/* At the first byte of the node. @what: which property, or what there should be. Returns the reader's status. */
int umsi_fdt_refuse(struct umsi_fdt_reader *r, const char *what, int status);

struct umsi_fdt_token {
	uint32_t kind;			/* FDT_* */
	uint32_t next;			/* where the token after it starts, bytes into the block */
	const unsigned char *data;	/* FDT_BEGIN_NODE: name; FDT_PROP: value */
	uint32_t bytes;			/* of data, without a name's NUL */
	uint32_t name_offset;		/* FDT_PROP: into the strings block, unchecked */
};

/*
 * The token at @offset of the structure block. UMSI_OK, or what is wrong with
 * it: UMSI_EFW_TRUNCATED, UMSI_EFW_STRUCTURE, UMSI_EFW_STRING, UMSI_EFW_BOUNDS.
 */
int umsi_fdt_token_read(const struct umsi_fdt *fdt, uint32_t offset,
			struct umsi_fdt_token *out);

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

/* 0: it has none. */
uint32_t umsi_fdt_phandle(const struct umsi_fdt *fdt, umsi_fdt_node node);

/* No status, or "okay" (or "ok", which older trees say). */
bool umsi_fdt_is_okay(const struct umsi_fdt *fdt, umsi_fdt_node node);

/* umsi_fdt_find_compatible(), of those whose status is okay. */
umsi_fdt_node umsi_fdt_next_okay(const struct umsi_fdt *fdt, umsi_fdt_node after, const char *compatible);

/*
 * Moves the reader there. UMSI_EFW_MISSING: there is none; UMSI_EINVAL: the reader has
 * no tree, because an argument of the caller's is NULL.
 */
int umsi_fdt_seek(struct umsi_fdt_reader *r, umsi_fdt_node after, const char *compatible);

/*
 * A one-cell property, or @fallback without it. Refused, and @least then: UMSI_EFW_VALUE
 * (not one cell, not within the limits), UMSI_EFW_MISSING (absent, and @fallback is not either).
 */
uint32_t umsi_fdt_cell(struct umsi_fdt_reader *r, const char *name, uint32_t fallback,
		       uint32_t least, uint32_t most);

/* As above, of a property that counts cells. Refused: UMSI_EFW_CELLS. */
uint32_t umsi_fdt_cell_count(struct umsi_fdt_reader *r, const char *name, uint32_t fallback,
			     uint32_t least, uint32_t most);

/*
 * A property that is rows of @cells cells: how many, and the first of them. 0: it
 * is absent; or refused, UMSI_EFW_VALUE, because it is empty or not whole rows.
 */
uint32_t umsi_fdt_rows(struct umsi_fdt_reader *r, const char *name, uint32_t cells,
		       const unsigned char **out_first);

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

/* The reg of one node, and the buses between it and the CPUs. */
struct umsi_fdt_regs {
	const unsigned char *first;		/* entry of reg */
	uint32_t count;
	struct umsi_fdt_cells cells;
	umsi_fdt_node path[UMSI_FDT_DEPTH_MAX];	/* root .. the node's parent */
	uint32_t depth;				/* of path, >= 1 */
};

/* Refused: UMSI_EFW_MISSING, UMSI_EFW_VALUE, UMSI_EFW_CELLS. Returns the reader's status. */
int umsi_fdt_regs_of(struct umsi_fdt_reader *r, struct umsi_fdt_regs *out);

/*
 * Entry @index (below count) as the node's own bus sees it. False when it
 * runs past the end of the 64-bit address space.
 */
bool umsi_fdt_regs_entry(const struct umsi_fdt_regs *regs, uint32_t index,
			 uint64_t *out_address, uint64_t *out_bytes);

/*
 * What the CPUs see at [address, address + bytes) of the bus that the node of
 * @regs sits on: through the ranges of every bus up to the root. Refused, as the reader's
 * reg: UMSI_EFW_VALUE (no range covers it, or ranges is malformed), UMSI_EFW_CELLS.
 */
uint64_t umsi_fdt_to_cpu(struct umsi_fdt_reader *r, const struct umsi_fdt_regs *regs,
			 uint64_t address, uint64_t bytes);

/* Entry @index as the CPUs see it. Refused: as above, UMSI_EFW_MISSING (no such entry). */
uint64_t umsi_fdt_region(struct umsi_fdt_reader *r, const struct umsi_fdt_regs *regs,
			 uint32_t index, uint64_t *out_bytes);

/*
 * The flags of an interrupt, as most bindings write them. UMSI_EFW_VALUE: none of those.
 * Source: Devicetree binding interrupt-controller, "interrupts", "two cells".
 */
int umsi_fdt_trigger(uint32_t flags, uint8_t *out_trigger);

/* A child of /cpus that is a CPU, usable or not. */
bool umsi_fdt_is_cpu(const struct umsi_fdt *fdt, umsi_fdt_node node);

/* Moves the reader to /cpus: how many cells a CPU's number has. Refused: UMSI_EFW_MISSING, UMSI_EFW_CELLS. */
uint32_t umsi_fdt_seek_cpus(struct umsi_fdt_reader *r);

/* The number of the CPU that the reader is at. Refused: UMSI_EFW_MISSING, UMSI_EFW_VALUE. */
uint64_t umsi_fdt_cpu_id(struct umsi_fdt_reader *r, uint32_t cells);

#endif
