/* SPDX-License-Identifier: MIT */
/*
 * disk-image make FILE MIB   writes MIB mebibytes of pseudo-random content
 * disk-image crc FILE        prints the file's CRC-32 and its size
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char chunk[1 << 16];

static int fail(const char *what)
{
	perror(what);
	return 1;
}

/* Marsaglia's xorshift, 64 bits, little-endian: the same file everywhere. */
static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static int make(const char *path, unsigned long mib)
{
	uint64_t state = 0x756d7369u;
	FILE *f = fopen(path, "wb");

	if (!f)
		return fail(path);
	for (unsigned long n = 0; n < mib * 16; n++) {
		for (size_t i = 0; i < sizeof(chunk); i += 8) {
			uint64_t v = next(&state);

			for (int byte = 0; byte < 8; byte++)
				chunk[i + (size_t)byte] = (unsigned char)(v >> 8 * byte);
		}
		if (fwrite(chunk, sizeof(chunk), 1, f) != 1)
			return fail(path);
	}
	return fclose(f) ? fail(path) : 0;
}

/* Bit by bit on purpose: the kernel's table-driven one is checked against it. */
static uint32_t crc_byte(uint32_t crc, unsigned char byte)
{
	crc ^= byte;
	for (int bit = 0; bit < 8; bit++)
		crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	return crc;
}

static int crc(const char *path)
{
	FILE *f = fopen(path, "rb");
	unsigned long long bytes = 0;
	uint32_t v = 0xffffffff;
	size_t n;

	if (!f)
		return fail(path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0) {
		for (size_t i = 0; i < n; i++)
			v = crc_byte(v, chunk[i]);
		bytes += n;
	}
	if (ferror(f))
		return fail(path);
	fclose(f);
	printf("%08x %llu\n", (unsigned int)~v, bytes);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "make"))
		return make(argv[2], strtoul(argv[3], NULL, 10));
	if (argc == 3 && !strcmp(argv[1], "crc"))
		return crc(argv[2]);
	fprintf(stderr, "usage: disk-image make FILE MIB | crc FILE\n");
	return 2;
}
