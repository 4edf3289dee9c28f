/* SPDX-License-Identifier: MIT */
/* Every file of the corpus once, without libFuzzer. */
#include <string.h>

#include "fuzz.h"

#define BYTES_MAX	65536u

static size_t read_file(const char *path, uint8_t *room)
{
	FILE *f = fopen(path, "rb");
	size_t bytes;

	if (!f) {
		perror(path);
		exit(2);
	}
	bytes = fread(room, 1, BYTES_MAX, f);
	fclose(f);
	return bytes;
}

int main(int argc, char **argv)
{
	static uint8_t room[BYTES_MAX];

	for (int i = 1; i < argc; i++) {
		size_t bytes = read_file(argv[i], room);
		/* Of exactly its size, so that sanitizers see a read beyond. */
		uint8_t *copy = malloc(bytes ? bytes : 1);

		FUZZ_CHECK(copy);
		memcpy(copy, room, bytes);
		LLVMFuzzerTestOneInput(copy, bytes);
		free(copy);
	}
	printf("%d inputs replayed\n", argc - 1);
	return argc > 1 ? 0 : 1;
}
