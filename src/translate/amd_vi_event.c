/* SPDX-License-Identifier: MIT */
/*
 * What the unit logged.
 * Source: AMD IOMMU Specification, "Event Logging", "IO_PAGE_FAULT Event".
 */
#include "translate/amd_vi.h"

static const char *text_of(uint64_t low)
{
	switch (umsi_amd_event_code(low)) {
	case AMD_EVENT_DEVICE_ENTRY: return "a reserved field of a device table entry is set";
	case AMD_EVENT_PAGE_FAULT:
		return umsi_amd_event_is_interrupt(low) ? "a message that belongs to no requested interrupt"
							: "an access that was not permitted";
	case AMD_EVENT_DEVICE_TABLE_HW: return "the device table could not be read";
	case AMD_EVENT_PAGE_TABLE_HW: return "a table of a device could not be read";
	case AMD_EVENT_ILLEGAL_COMMAND: return "a command was refused, and the command buffer stands";
	case AMD_EVENT_COMMAND_HW: return "a command could not be read";
	case AMD_EVENT_IOTLB_TIMEOUT: return "a device did not answer an invalidation";
	case AMD_EVENT_INVALID_REQUEST: return "a request that no device may make";
	default: return "an event of unknown kind";
	}
}

static bool take_locked(struct umsi_unit *u, struct umsi_amd_vi_event *out)
{
	struct umsi_amd_vi *v = umsi_amd_vi_of(u);
	const umsi_atomic64 *event = ((struct umsi_amd_rings *)u->ring)->event;
	uint32_t tail = umsi_unit_read32(u, AMD_EVENT_TAIL) / AMD_EVENT_BYTES % AMD_EVENTS;
	uint64_t low, address;

	if (tail == v->event_head)
		return false;
	/* The record is in memory before the tail says so. */
	umsi_barrier_flush_to_stamp();
	low = umsi_load64(&event[2 * v->event_head]);
	address = umsi_load64(&event[2 * v->event_head + 1]);
	v->event_head = (v->event_head + 1) % AMD_EVENTS;
	umsi_unit_write32(u, AMD_EVENT_HEAD, v->event_head * AMD_EVENT_BYTES);
	*out = (struct umsi_amd_vi_event){
		.requester_id = umsi_amd_event_device(low), .code = (uint8_t)umsi_amd_event_code(low),
		.interrupt = umsi_amd_event_is_interrupt(low), .address = address, .what = text_of(low),
	};
	u->events++;
	return true;
}

/* A full log stops: what it holds is kept, and logging starts again behind it. */
static void restart_locked(struct umsi_unit *u)
{
	uint64_t control = umsi_unit_read64(u, AMD_CONTROL);

	u->overflows++;
	umsi_unit_write32(u, AMD_CONTROL, (uint32_t)(control & ~AMD_CONTROL_EVENTS));
	umsi_unit_write32(u, AMD_STATUS, AMD_STATUS_OVERFLOW);
	umsi_unit_write32(u, AMD_CONTROL, (uint32_t)control);
}

int umsi_amd_vi_event_take(struct umsi_domain *domain, struct umsi_amd_vi_event *out)
{
	struct umsi_unit *u = umsi_unit_of(domain, &umsi_amd_vi_ops);
	uintptr_t state;
	bool found;

	if (!u || !out)
		return UMSI_EINVAL;
	state = umsi_lock(domain->m, &u->lock);
	found = take_locked(u, out);
	if (!found && umsi_unit_read32(u, AMD_STATUS) & AMD_STATUS_OVERFLOW)
		restart_locked(u);
	umsi_unit_read32(u, AMD_STATUS);
	umsi_barrier_flush_to_stamp();
	umsi_unlock(domain->m, &u->lock, state);
	return found ? UMSI_OK : UMSI_ENOENT;
}
