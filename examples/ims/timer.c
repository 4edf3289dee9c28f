/* SPDX-License-Identifier: MIT */
/* One register set of 96 bits, which the timer may read between any two writes, and a run bit. */
#include <umsi/host.h>

#include "ims.h"
#include "io.h"

#define RUN	1u

struct registers {
	uint32_t address_low, address_high, data, control;
};

struct timer {
	void *host;
	volatile struct registers *reg;
};

/* The library asks for the words that differ, in an order that never makes a message of nobody's. */
static int write_words(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg, unsigned int which)
{
	volatile struct registers *r = ((struct timer *)store)->reg;
	int writes = 0;

	(void)index;
	(void)cookie;
	if (which & UMSI_WORD_ADDRESS_LOW)
		writes++, io_write(&r->address_low, (uint32_t)msg->address);
	if (which & UMSI_WORD_ADDRESS_HIGH)
		writes++, io_write(&r->address_high, (uint32_t)(msg->address >> 32));
	if (which & UMSI_WORD_DATA)
		writes++, io_write(&r->data, msg->data);
	return writes;
}

static int write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	return write_words(store, index, cookie, msg,
			   UMSI_WORD_ADDRESS_LOW | UMSI_WORD_ADDRESS_HIGH | UMSI_WORD_DATA);
}

static int start(void *store)
{
	io_write(&((struct timer *)store)->reg->control, RUN);
	return 1;
}

static int stop(void *store)
{
	io_write(&((struct timer *)store)->reg->control, 0);
	return 1;
}

static int settle(void *store, uint32_t index, uint64_t cookie)
{
	uint32_t control = io_read(&((struct timer *)store)->reg->control);

	(void)index;
	(void)cookie;
	io_answered();
	return control == UINT32_MAX ? UMSI_EGONE : UMSI_OK;
}

static void destroy(void *store)
{
	struct timer *t = store;

	umsi_host_mmio_unmap(t->host, (void *)t->reg, sizeof(*t->reg));
	umsi_host_free(t->host, t, sizeof(*t));
}

static const struct umsi_store_ops ops = {
	.name = "timer", .number_name = "timer", .write = write, .write_words = write_words, .start = start,
	.stop = stop, .settle = settle, .destroy = destroy,
};

int timer_create(struct umsi_device *dev, void *host, uint64_t phys, struct umsi_table **out)
{
	struct umsi_table_config config = { .size = 1 };
	struct timer *t = umsi_host_alloc(host, sizeof(*t));
	int status = UMSI_ENOMEM;

	if (!t)
		return UMSI_ENOMEM;
	t->host = host;
	t->reg = umsi_host_mmio_map(host, phys, sizeof(*t->reg));
	if (t->reg) {
		status = umsi_table_create(dev, &ops, t, &config, out);
		if (status == UMSI_OK)
			return UMSI_OK;
		umsi_host_mmio_unmap(host, (void *)t->reg, sizeof(*t->reg));
	}
	umsi_host_free(host, t, sizeof(*t));
	return status;
}
