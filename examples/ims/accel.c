/* SPDX-License-Identifier: MIT */
/* Slots of 16 bytes: address low, address high, data, control (bit 0 mask, bit 1 pending, bits 31:12 PASID). */
#include <umsi/host.h>

#include "ims.h"
#include "io.h"

#define MASK	1u
#define PENDING	2u

struct slot {
	uint32_t address_low, address_high, data, control;
};

struct accel {
	void *host;
	volatile struct slot *slot;
	uint32_t slots;
};

static volatile struct slot *slot_of(void *store, uint32_t index)
{
	return &((struct accel *)store)->slot[index];
}

static int write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	volatile struct slot *s = slot_of(store, index);

	(void)cookie;
	io_write(&s->address_low, (uint32_t)msg->address);
	io_write(&s->address_high, (uint32_t)(msg->address >> 32));
	io_write(&s->data, msg->data);
	return 3;
}

static int mask(void *store, uint32_t index, uint64_t pasid)
{
	io_write(&slot_of(store, index)->control, (uint32_t)pasid << 12 | MASK);
	return 1;
}

static int unmask(void *store, uint32_t index, uint64_t pasid)
{
	io_write(&slot_of(store, index)->control, (uint32_t)pasid << 12);
	return 1;
}

/* A read of the function pushes what it has sent before. All-ones: it is gone. */
static int settle(void *store, uint32_t index, uint64_t pasid)
{
	uint32_t control = io_read(&slot_of(store, index)->control);

	(void)pasid;
	io_answered();
	return control == UINT32_MAX ? UMSI_EGONE : UMSI_OK;
}

static bool pending(void *store, uint32_t index, uint64_t pasid)
{
	(void)pasid;
	return io_read(&slot_of(store, index)->control) & PENDING;
}

static int restore(void *store)
{
	struct accel *a = store;

	for (uint32_t i = 0; i < a->slots; i++)
		io_write(&a->slot[i].control, MASK);
	return UMSI_OK;
}

static void destroy(void *store)
{
	struct accel *a = store;

	umsi_host_mmio_unmap(a->host, (void *)a->slot, a->slots * sizeof(*a->slot));
	umsi_host_free(a->host, a, sizeof(*a));
}

static const struct umsi_store_ops ops = {
	.name = "accel", .number_name = "slot", .write = write, .mask = mask, .unmask = unmask,
	.settle = settle, .pending = pending, .restore = restore, .destroy = destroy,
};

int accel_create(struct umsi_device *dev, void *host, uint64_t phys, uint32_t slots, struct umsi_table **out)
{
	struct umsi_table_config config = { .size = slots };
	struct accel *a = umsi_host_alloc(host, sizeof(*a));
	int status = UMSI_ENOMEM;

	if (!a)
		return UMSI_ENOMEM;
	*a = (struct accel){ .host = host, .slots = slots };
	a->slot = umsi_host_mmio_map(host, phys, slots * sizeof(*a->slot));
	if (a->slot) {
		restore(a);
		status = umsi_table_create(dev, &ops, a, &config, out);
		if (status == UMSI_OK)
			return UMSI_OK;
		umsi_host_mmio_unmap(host, (void *)a->slot, slots * sizeof(*a->slot));
	}
	umsi_host_free(host, a, sizeof(*a));
	return status;
}
