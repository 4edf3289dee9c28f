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

static uint32_t device_id(const struct umsi_its *its, uint32_t requester_id, bool *shared)
{
	for (uint32_t i = 0; i < its->maps; i++) {
		const struct umsi_its_map *map = &its->map[i];
		uint32_t id = looked_up(map, requester_id);

		if (id - map->first >= map->count)
			continue;
		*shared = *shared || (map->mask && ~map->mask);
		return map->device_id + (id - map->first);
	}
	return requester_id;
}

static bool has_id(const struct umsi_its_ids *ids, uint32_t id)
{
	for (uint32_t i = 0; i < ids->count; i++)
		if (ids->id[i] == id)
			return true;
	return false;
}

/*
 * The function's own number comes first. Phantom functions have its number with
 * the upper bits that no function of the device uses.
 * Source: PCI Express Base, "Device Capabilities Register", Phantom Functions Supported.
 */
void umsi_its_ids(const struct umsi_its *its, const struct umsi_device *dev, struct umsi_its_ids *out)
{
	uint32_t phantoms = UINT32_C(1) << dev->messages_as.phantom_bits, step = 8 / phantoms;
	uint32_t own = arrives_as(dev);

	*out = (struct umsi_its_ids){ .shared = dev->messages_as.kind != UMSI_REQUESTER_SELF };
	for (uint32_t n = 0; n < phantoms; n++) {
		uint32_t id = device_id(its, own ^ n * step, &out->shared);

		if (has_id(out, id))
			continue;
		out->requester_id[out->count] = dev->requester_id ^ n * step;
		out->id[out->count++] = id;
	}
}
