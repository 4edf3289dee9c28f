/* SPDX-License-Identifier: MIT */
/* libfdt as an oracle: it walks the same blob by code that shares nothing with ours. */
#ifndef TESTS_FW_AGAINST_LIBFDT_H
#define TESTS_FW_AGAINST_LIBFDT_H

#include <umsi/fdt.h>

/* What was compared. */
struct same_tree {
	uint32_t nodes, properties;
};

/*
 * Walks @blob, which umsi_fdt_open() accepted as @fdt, with both readers, node
 * by node and property by property: offsets, names, values, parents. NULL when
 * they agree, else what differs. @thorough: also asks for each property by
 * name, each node by path and by phandle, and each list of children.
 */
const char *differs_from_libfdt(const void *blob, const struct umsi_fdt *fdt,
				bool thorough, struct same_tree *out);

#endif
