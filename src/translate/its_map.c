/* SPDX-License-Identifier: MIT */
/*
 * From a requester id to the DeviceID that its messages carry at the ITS.
 * Source: Devicetree binding pci-msi, "msi-map", "msi-map-mask"; Arm IORT
 * (DEN 0049), "ID mapping format".
 */
#include "translate/its.h"

static uint32_t looked_up(const struct umsi_its_map *map, uint32_t requester_id)
{
	return map->mask ? requester_id & map->mask : requester_id;
}

/* Shared: other requester ids come under the same DeviceID. */
uint32_t umsi_its_device_id(const struct umsi_its *its, uint32_t requester_id, bool *out_shared)
{
	*out_shared = false;
	for (uint32_t i = 0; i < its->maps; i++) {
		const struct umsi_its_map *map = &its->map[i];
		uint32_t id = looked_up(map, requester_id);

		if (id - map->first >= map->count)
			continue;
		*out_shared = map->mask && (uint32_t)~map->mask;
		return map->device_id + (id - map->first);
	}
	return requester_id;
}
