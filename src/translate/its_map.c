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

/*
 * The requester id its messages carry. A bridge to conventional PCI that takes
 * ownership of what comes from behind it says its secondary bus, device 0.
 * Source: PCI Express to PCI/PCI-X Bridge Specification, "Requester ID and tag
 * assignment".
 */
static uint32_t arrives_as(const struct umsi_device *dev)
{
	uint32_t segment = dev->requester_id & UINT32_C(0xffff0000);

	switch (dev->messages_as.kind) {
	case UMSI_REQUESTER_ALIAS:
		return segment | dev->messages_as.alias;
	case UMSI_REQUESTER_BUSES:
		return segment | (uint32_t)dev->messages_as.first_bus << 8;
	case UMSI_REQUESTER_SELF:
		break;
	}
	return dev->requester_id;
}

int umsi_its_device_id(const struct umsi_its *its, const struct umsi_device *dev, uint32_t *out, bool *out_shared)
{
	uint32_t requester_id = arrives_as(dev);

	/* A DeviceID for each number a phantom function takes, and one table of events: not foreseen. */
	if (dev->messages_as.phantom_bits)
		return UMSI_ENOTSUP;
	*out = requester_id;
	*out_shared = dev->messages_as.kind != UMSI_REQUESTER_SELF;
	for (uint32_t i = 0; i < its->maps; i++) {
		const struct umsi_its_map *map = &its->map[i];
		uint32_t id = looked_up(map, requester_id);

		if (id - map->first >= map->count)
			continue;
		*out = map->device_id + (id - map->first);
		*out_shared = *out_shared || (map->mask && ~map->mask);
		break;
	}
	return UMSI_OK;
}
