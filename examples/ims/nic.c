/* SPDX-License-Identifier: MIT */
/*
 * A message in each queue's context, in memory. The NIC works from a copy: it
 * reads a context again when the doorbell names its queue, and is busy until it has.
 * So changes are gathered in memory, and settle, which may sleep, hands them over.
 */
#include <umsi/host.h>

#include "ims.h"
#include "io.h"

#define BUSY		1u
#define ENABLE		1u
#define ALIGN		64u

struct context {
	uint32_t address_low, address_high, data, control;
};

struct registers {
	uint32_t base_low, base_high, doorbell, status;
};

struct nic {
	void *host;
	volatile struct registers *reg;
	struct context *context;
	uint64_t bus;			/* address of the contexts, to the NIC */
	size_t bytes;
};

static int write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	struct context *c = &((struct nic *)store)->context[index];

	(void)cookie;
	io_store(&c->address_low, (uint32_t)msg->address);
	io_store(&c->address_high, (uint32_t)(msg->address >> 32));
	io_store(&c->data, msg->data);
	return 0;
}

static int mask(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	io_store(&((struct nic *)store)->context[index].control, 0);
	return 0;
}

static int unmask(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	io_store(&((struct nic *)store)->context[index].control, ENABLE);
	return 0;
}

/* The last read finds it idle, and pushes what was sent from the old copy. All-ones: it is gone. */
static int settle(void *store, uint32_t index, uint64_t cookie)
{
	struct nic *n = store;
	uint32_t status;

	(void)cookie;
	io_stored();
	io_write(&n->reg->doorbell, index);
	while ((status = io_read(&n->reg->status)) == BUSY)
		umsi_host_relax(n->host);
	io_answered();
	return status ? UMSI_EGONE : UMSI_OK;
}

static int restore(void *store)
{
	struct nic *n = store;

	io_write(&n->reg->base_low, (uint32_t)n->bus);
	io_write(&n->reg->base_high, (uint32_t)(n->bus >> 32));
	return UMSI_OK;
}

static void destroy(void *store)
{
	struct nic *n = store;

	if (n->context)
		umsi_host_dma_free(n->host, n->context, n->bytes, ALIGN);
	if (n->reg)
		umsi_host_mmio_unmap(n->host, (void *)n->reg, sizeof(*n->reg));
	umsi_host_free(n->host, n, sizeof(*n));
}

static const struct umsi_store_ops ops = {
	.name = "nic", .number_name = "queue", .write = write, .mask = mask, .unmask = unmask,
	.settle = settle, .settle_sleeps = true, .restore = restore, .destroy = destroy,
};

int nic_create(struct umsi_device *dev, void *host, uint64_t phys, uint32_t queues, struct umsi_table **out)
{
	struct umsi_table_config config = { .size = queues };
	struct nic *n = umsi_host_alloc(host, sizeof(*n));
	int status = UMSI_ENOMEM;

	if (!n)
		return UMSI_ENOMEM;
	*n = (struct nic){ .host = host, .bytes = queues * sizeof(*n->context) };
	n->reg = umsi_host_mmio_map(host, phys, sizeof(*n->reg));
	n->context = umsi_host_dma_alloc(host, n->bytes, ALIGN, &n->bus);
	if (n->reg && n->context) {
		for (uint32_t i = 0; i < queues; i++)
			io_store(&n->context[i].control, 0);
		restore(n);
		status = umsi_table_create(dev, &ops, n, &config, out);
	}
	if (status)
		destroy(n);
	return status;
}
