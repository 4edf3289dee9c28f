/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"

static void put32(unsigned char *at, uint32_t value)
{
	at[0] = value >> 24;
	at[1] = value >> 16;
	at[2] = value >> 8;
	at[3] = value;
}

void tree_start(struct tree *tree)
{
	memset(tree, 0, sizeof(*tree));
	tree->reservation_words = 2;
}

void tree_word(struct tree *tree, uint32_t word)
{
	assert(tree->structure_bytes + 4 <= TREE_BLOCK_MAX);
	put32(tree->structure + tree->structure_bytes, word);
	tree->structure_bytes += 4;
}

static void put_padded(struct tree *tree, const void *from, uint32_t bytes)
{
	uint32_t padded = (bytes + 3) & ~3u;

	assert(tree->structure_bytes + padded <= TREE_BLOCK_MAX);
	memset(tree->structure + tree->structure_bytes, 0, padded);
	if (bytes)
		memcpy(tree->structure + tree->structure_bytes, from, bytes);
	tree->structure_bytes += padded;
}

void tree_begin(struct tree *tree, const char *name)
{
	tree_word(tree, 1);
	put_padded(tree, name, (uint32_t)strlen(name) + 1);
}

void tree_end(struct tree *tree)
{
	tree_word(tree, 2);
}

void tree_finish(struct tree *tree)
{
	tree_word(tree, 9);
}

void tree_bytes(struct tree *tree, const char *name, const void *value, uint32_t bytes)
{
	uint32_t length = (uint32_t)strlen(name) + 1;

	assert(tree->strings_bytes + length <= TREE_BLOCK_MAX);
	tree_word(tree, 3);
	tree_word(tree, bytes);
	tree_word(tree, tree->strings_bytes);
	put_padded(tree, value, bytes);
	memcpy(tree->strings + tree->strings_bytes, name, length);
	tree->strings_bytes += length;
}

void tree_text(struct tree *tree, const char *name, const char *text)
{
	tree_bytes(tree, name, text, (uint32_t)strlen(text) + 1);
}

void tree_cells(struct tree *tree, const char *name, const uint32_t *cells, uint32_t count)
{
	unsigned char value[1024];

	assert(count <= sizeof(value) / 4);
	for (uint32_t i = 0; i < count; i++)
		put32(value + 4 * i, cells[i]);
	tree_bytes(tree, name, value, 4 * count);
}

void tree_spoil(struct tree *tree, uint32_t index, uint32_t value)
{
	assert(tree->spoils < 4);
	tree->spoilt[tree->spoils].index = index;
	tree->spoilt[tree->spoils].value = value;
	tree->spoils++;
}

void *tree_blob(const struct tree *tree, size_t *out_bytes)
{
	uint32_t rsvmap_bytes = 8 * tree->reservation_words;
	uint32_t structure = TREE_RSVMAP + rsvmap_bytes;
	uint32_t strings = structure + tree->structure_bytes;
	uint32_t total = strings + tree->strings_bytes;
	uint32_t header[H_WORDS] = {
		[H_MAGIC] = 0xd00dfeed, [H_TOTALSIZE] = total,
		[H_OFF_STRUCT] = structure, [H_OFF_STRINGS] = strings,
		[H_OFF_RSVMAP] = TREE_RSVMAP, [H_VERSION] = 17, [H_LAST_COMP] = 16,
		[H_SIZE_STRINGS] = tree->strings_bytes, [H_SIZE_STRUCT] = tree->structure_bytes,
	};
	unsigned char *blob = malloc(total);

	assert(blob);
	for (uint32_t i = 0; i < tree->spoils; i++)
		header[tree->spoilt[i].index] = tree->spoilt[i].value;
	for (uint32_t i = 0; i < H_WORDS; i++)
		put32(blob + 4 * i, header[i]);
	for (uint32_t i = 0; i < tree->reservation_words; i++) {
		put32(blob + TREE_RSVMAP + 8 * i, tree->reservations[i] >> 32);
		put32(blob + TREE_RSVMAP + 8 * i + 4, (uint32_t)tree->reservations[i]);
	}
	memcpy(blob + structure, tree->structure, tree->structure_bytes);
	memcpy(blob + strings, tree->strings, tree->strings_bytes);
	*out_bytes = total;
	return blob;
}

/* ---- QEMU ---- */

static void *read_whole(const char *path, size_t *out_bytes)
{
	FILE *file = fopen(path, "rb");
	unsigned char head[8];
	unsigned char *blob;

	assert(file);
	assert(fread(head, 1, 8, file) == 8);
	/* The dump is as long as QEMU's buffer; the tree says how much is in use. */
	*out_bytes = (size_t)head[4] << 24 | head[5] << 16 | head[6] << 8 | head[7];
	blob = malloc(*out_bytes);
	assert(blob);
	rewind(file);
	assert(fread(blob, 1, *out_bytes, file) == *out_bytes);
	fclose(file);
	return blob;
}

/*
 * 32 random bytes in /chosen would make every run different. They are the
 * value of the property whose name is at the offset of "rng-seed"; QEMU
 * writes each name once.
 */
static void blank_seed(unsigned char *blob, size_t bytes)
{
	size_t strings = (size_t)blob[12] << 24 | blob[13] << 16 | blob[14] << 8 | blob[15];
	const unsigned char *name = memmem(blob + strings, bytes - strings, "\0rng-seed", 10);
	unsigned char tag[12] = { 0, 0, 0, 3, 0, 0, 0, 32 };
	unsigned char *property;

	if (!name)
		return;
	put32(tag + 8, (uint32_t)(name + 1 - blob - strings));
	property = memmem(blob, strings, tag, 12);
	assert(property);
	memset(property + 12, 0, 32);
}

void *tree_of_qemu(const char *isa, const char *name, const char *options, size_t *out_bytes)
{
	char path[256], command[1024];
	void *blob;

	snprintf(command, sizeof(command), "command -v qemu-system-%s >/dev/null", isa);
	if (system(command))
		return NULL;
	mkdir("build", 0777);
	mkdir("build/fw-trees", 0777);
	snprintf(path, sizeof(path), "build/fw-trees/%s.%ld.dtb", name, (long)getpid());
	snprintf(command, sizeof(command),
		 "qemu-system-%s -display none -m 256M -M virt,dumpdtb=%s%s >/dev/null 2>&1",
		 isa, path, options);
	if (system(command)) {
		fprintf(stderr, "failed: %s\n", command);
		abort();
	}
	blob = read_whole(path, out_bytes);
	remove(path);
	blank_seed(blob, *out_bytes);
	return blob;
}
