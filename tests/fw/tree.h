/* SPDX-License-Identifier: MIT */
/*
 * Trees to test with: written word by word here, so that they can also be
 * wrong in any chosen way, or dumped by QEMU.
 */
#ifndef TESTS_FW_TREE_H
#define TESTS_FW_TREE_H

#include <stddef.h>
#include <stdint.h>

#define TREE_BLOCK_MAX	16384

/* A tree being written. The three blocks are put together by tree_blob(). */
struct tree {
	unsigned char structure[TREE_BLOCK_MAX];
	unsigned char strings[TREE_BLOCK_MAX];
	uint64_t reservations[8];	/* pairs; as many as reservation_words says */
	uint32_t structure_bytes, strings_bytes, reservation_words;
	/* Header words that differ from what they should be: index and value. */
	struct {
		uint32_t index, value;
	} spoilt[4];
	uint32_t spoils;
};

/* Header words, by index. */
enum {
	H_MAGIC, H_TOTALSIZE, H_OFF_STRUCT, H_OFF_STRINGS, H_OFF_RSVMAP, H_VERSION,
	H_LAST_COMP, H_BOOT_CPU, H_SIZE_STRINGS, H_SIZE_STRUCT, H_WORDS,
};

/* Where tree_blob() puts things. */
#define TREE_RSVMAP	40u

void tree_start(struct tree *tree);
void tree_word(struct tree *tree, uint32_t word);
void tree_begin(struct tree *tree, const char *name);
void tree_end(struct tree *tree);
void tree_finish(struct tree *tree);		/* FDT_END */
void tree_bytes(struct tree *tree, const char *name, const void *value, uint32_t bytes);
void tree_text(struct tree *tree, const char *name, const char *text);
void tree_cells(struct tree *tree, const char *name, const uint32_t *cells, uint32_t count);
#define tree_cell(tree, name, ...) \
	tree_cells(tree, name, (const uint32_t[]){ __VA_ARGS__ }, \
		   sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4)
void tree_spoil(struct tree *tree, uint32_t index, uint32_t value);

/*
 * The whole blob, in memory of exactly *out_bytes, so that a sanitizer sees
 * the first byte read beyond it. The caller frees it.
 */
void *tree_blob(const struct tree *tree, size_t *out_bytes);

/*
 * The tree QEMU gives a machine, dumped into build/ and cut to its totalsize,
 * its random seed blanked. NULL if this emulator is not installed. The caller
 * frees it.
 */
void *tree_of_qemu(const char *isa, const char *name, const char *options, size_t *out_bytes);

#endif
