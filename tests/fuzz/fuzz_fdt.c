/* SPDX-License-Identifier: MIT */
/*
 * Coverage-guided blobs for the device-tree reader. Build with clang's
 * -fsanitize=fuzzer,address,undefined together with tests/fw/read_all.c and
 * the sources of [fdt]; seed it with trees that QEMU or dtc wrote.
 */
#include <stdlib.h>
#include <string.h>

#include "fw/fdt_read.h"
#include "read_all.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Every name, every property, every step in every direction. */
static void walk(const struct umsi_fdt *fdt)
{
	umsi_fdt_node steps = 0;

	for (umsi_fdt_node node = umsi_fdt_root(fdt); node >= 0; node = umsi_fdt_next(fdt, node)) {
		struct umsi_fdt_property property;
		const char *name;
		uint32_t cursor = 0;
		uint64_t address;

		if (!umsi_fdt_name(fdt, node))
			abort();
		while (umsi_fdt_property_next(fdt, node, &cursor, &name, &property)) {
			if (property.bytes && property.value + property.bytes > fdt->blob + fdt->bytes)
				abort();
			if (!umsi_fdt_get(fdt, node, name, &property))
				abort();
		}
		umsi_fdt_get_reg(fdt, node, 0, &address, NULL);
		/* Steps that look from the root: a few are enough. */
		if (steps++ < 8) {
			umsi_fdt_node child = umsi_fdt_first_child(fdt, node);

			if (child >= 0 && umsi_fdt_parent(fdt, child) != node)
				abort();
			umsi_fdt_next_sibling(fdt, node);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	unsigned char *blob = malloc(bytes ? bytes : 1);
	struct umsi_fdt_error error = { 0 };
	struct umsi_fdt fdt;

	if (!blob)
		return 0;
	memcpy(blob, data, bytes);
	if (umsi_fdt_open(blob, bytes, &fdt, &error) == UMSI_OK) {
		walk(&fdt);
		if (find_everything(&fdt))
			abort();
	} else if (!error.what || error.offset > bytes) {
		abort();
	}
	free(blob);
	return 0;
}
