/* SPDX-License-Identifier: MIT */
#include <libfdt.h>
#include <string.h>

#include "against_libfdt.h"
#include "fw/fdt_read.h"

static const char *compare_properties(const void *blob, const struct umsi_fdt *fdt,
				      int node, uint32_t *count)
{
	uint32_t cursor = 0;
	int at;

	fdt_for_each_property_offset(at, blob, node) {
		struct umsi_fdt_property ours;
		const char *name, *our_name;
		const void *value;
		int bytes;

		value = fdt_getprop_by_offset(blob, at, &name, &bytes);
		if (!value)
			return "libfdt has no such property";
		if (!umsi_fdt_property_next(fdt, node, &cursor, &our_name, &ours))
			return "a property is missing";
		if (our_name != name || ours.value != value || ours.bytes != (uint32_t)bytes)
			return "a property differs";
		++*count;
	}
	if (umsi_fdt_property_next(fdt, node, &cursor, &(const char *){ NULL },
				   &(struct umsi_fdt_property){ 0 }))
		return "one property too many";
	return NULL;
}

/* The first property of a name is the one both find. */
static const char *compare_by_name(const void *blob, const struct umsi_fdt *fdt, int node)
{
	int at;

	fdt_for_each_property_offset(at, blob, node) {
		struct umsi_fdt_property ours;
		const char *name;
		const void *value;
		int bytes;

		fdt_getprop_by_offset(blob, at, &name, NULL);
		value = fdt_getprop(blob, node, name, &bytes);
		if (!umsi_fdt_get(fdt, node, name, &ours) || ours.value != value ||
		    ours.bytes != (uint32_t)bytes)
			return "a property by name differs";
	}
	return NULL;
}

static const char *compare_family(const void *blob, const struct umsi_fdt *fdt, int node)
{
	umsi_fdt_node child = umsi_fdt_first_child(fdt, node);
	int theirs = fdt_first_subnode(blob, node);
	int parent = fdt_parent_offset(blob, node);
	uint32_t phandle = fdt_get_phandle(blob, node);
	char path[1024];

	while (child >= 0 && child == theirs) {
		child = umsi_fdt_next_sibling(fdt, child);
		theirs = fdt_next_subnode(blob, theirs);
	}
	if (child >= 0 || theirs >= 0)
		return "children differ";
	if (umsi_fdt_parent(fdt, node) != (parent < 0 ? -1 : parent))
		return "parents differ";
	if (phandle && umsi_fdt_find_phandle(fdt, phandle) !=
		       fdt_node_offset_by_phandle(blob, phandle))
		return "phandles differ";
	if (fdt_get_path(blob, node, path, sizeof(path)) == 0 &&
	    umsi_fdt_find_path(fdt, path) != node)
		return "a node is not found by its path";
	return NULL;
}

const char *differs_from_libfdt(const void *blob, const struct umsi_fdt *fdt,
				bool thorough, struct same_tree *out)
{
	umsi_fdt_node ours = umsi_fdt_root(fdt);
	int node = fdt_next_node(blob, -1, NULL);
	const char *difference = NULL;

	*out = (struct same_tree){ 0 };
	while (node >= 0 && !difference) {
		const char *name = fdt_get_name(blob, node, NULL);

		if (ours != node)
			return "a node is missing";
		if (umsi_fdt_name(fdt, ours) != name)
			return "a node's name differs";
		out->nodes++;
		difference = compare_properties(blob, fdt, node, &out->properties);
		if (!difference && thorough)
			difference = compare_by_name(blob, fdt, node);
		if (!difference && thorough)
			difference = compare_family(blob, fdt, node);
		node = fdt_next_node(blob, node, NULL);
		ours = umsi_fdt_next(fdt, ours);
	}
	if (!difference && ours >= 0)
		return "one node too many";
	return difference;
}
