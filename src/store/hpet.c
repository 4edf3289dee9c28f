/* SPDX-License-Identifier: MIT */
/*
 * Comparators as a message store. A comparator is masked by its interrupt
 * enable, never by the bit that chooses messages: without that one it would
 * raise a wire. The library alone writes configuration and route; drivers
 * write the comparator value, another register.
 */
#include <umsi/hpet.h>

#include "codec/hpet.h"
#include "msi/device.h"
#include "umsi_arch.h"

#define GONE32	UINT32_MAX

/* The specification does not say when a comparator that was written counts; known parts take up to two ticks. */
#define LATE_TICKS	2u

struct hpet {
	struct umsi *m;
	unsigned char *block;
	uint32_t timers, period_fs;
	uint32_t config[32];		/* by comparator, interrupts off; 0: sends no messages */
};

static uint32_t read_reg(const struct hpet *h, uint32_t offset)
{
	return umsi_mmio_read32(h->block + offset);
}

static void write_reg(const struct hpet *h, uint32_t offset, uint32_t value)
{
	umsi_mmio_write32(h->block + offset, value);
}

/* ---- Ops ---- */

static int hpet_mask(void *store, uint32_t index, uint64_t cookie)
{
	struct hpet *h = store;

	(void)cookie;
	if (!h->config[index])
		return 0;
	write_reg(h, HPET_TIMER(index), h->config[index]);
	return 1;
}

static int hpet_unmask(void *store, uint32_t index, uint64_t cookie)
{
	struct hpet *h = store;

	(void)cookie;
	write_reg(h, HPET_TIMER(index), h->config[index] | HPET_TIMER_INTERRUPTS);
	return 1;
}

static int hpet_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	struct hpet *h = store;

	(void)cookie;
	if (!h->config[index] || msg->address >> 32)
		return UMSI_ENOTSUP;
	write_reg(h, HPET_TIMER(index) + HPET_TIMER_ROUTE_DATA, msg->data);
	write_reg(h, HPET_TIMER(index) + HPET_TIMER_ROUTE_ADDRESS, (uint32_t)msg->address);
	return 2;
}

/* A read of the block pushes what the block has sent. */
static int hpet_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	return read_reg(store, HPET_TIMER(index)) == GONE32 ? UMSI_EGONE : UMSI_OK;
}

static void hpet_destroy(void *store)
{
	struct hpet *h = store;
	void *host = h->m->host;

	umsi_host_mmio_unmap(host, h->block, HPET_BYTES);
	umsi_host_free(host, h, sizeof(*h));
}

static int take_timers(struct hpet *h);

/* Firmware may have made its first timers the legacy ones again. */
static int hpet_restore(void *store)
{
	struct hpet *h = store;

	return read_reg(h, HPET_PERIOD) == h->period_fs ? take_timers(h) : UMSI_EGONE;
}

static const struct umsi_store_ops hpet_ops = {
	.name = "hpet",
	.number_name = "comparator",
	.mask_loses = true,
	.write = hpet_write,
	.mask = hpet_mask,
	.unmask = hpet_unmask,
	.settle = hpet_settle,
	.restore = UMSI_FOR_SLEEP(hpet_restore),
	.destroy = hpet_destroy,
};

/* ---- Creation ---- */

/* UMSI_ENOTSUP: none of them sends messages. */
static int take_timers(struct hpet *h)
{
	int status = UMSI_ENOTSUP;

	for (uint32_t n = 0; n < h->timers; n++) {
		uint32_t found = read_reg(h, HPET_TIMER(n));

		if (!(found & HPET_TIMER_CAN_FSB))
			continue;
		h->config[n] = umsi_hpet_config(found);
		write_reg(h, HPET_TIMER(n), h->config[n]);
		status = UMSI_OK;
	}
	if (status == UMSI_OK)
		write_reg(h, HPET_CONFIG, read_reg(h, HPET_CONFIG) & ~HPET_CONFIG_LEGACY);
	return status;
}

static int look_at(struct hpet *h)
{
	uint32_t capabilities = read_reg(h, HPET_CAPABILITIES);

	h->period_fs = read_reg(h, HPET_PERIOD);
	h->timers = umsi_hpet_timers(capabilities);
	if (capabilities == GONE32 && h->period_fs == GONE32)
		return UMSI_EGONE;
	return h->period_fs && h->period_fs <= HPET_PERIOD_MAX ? UMSI_OK : UMSI_EREFUSED;
}

static struct hpet *new_hpet(struct umsi *m, uint64_t phys)
{
	struct hpet *h = umsi_host_alloc(m->host, sizeof(*h));

	if (!h)
		return NULL;
	h->m = m;
	h->block = umsi_host_mmio_map(m->host, phys, HPET_BYTES);
	if (h->block)
		return h;
	umsi_host_free(m->host, h, sizeof(*h));
	return NULL;
}

int umsi_hpet_create(struct umsi_device *dev, const struct umsi_hpet_config *config,
		     struct umsi_table **out)
{
	struct umsi_table_config table = { .name = "hpet" };
	struct hpet *h;
	int status;

	if (!dev || !config || !out || !config->phys || config->phys % HPET_BYTES)
		return UMSI_EINVAL;
	h = new_hpet(umsi_device_machine(dev), config->phys);
	if (!h)
		return UMSI_ENOMEM;
	status = look_at(h);
	if (!status)
		status = take_timers(h);
	table.size = h->timers;
	if (!status)
		status = umsi_table_create(dev, &hpet_ops, h, &table, out);
	if (status)
		hpet_destroy(h);
	return status;
}

/* ---- For drivers ---- */

static struct hpet *hpet_of(const struct umsi_table *table)
{
	return table && table->ops == &hpet_ops ? table->store : NULL;
}

int umsi_hpet_start(struct umsi_table *table)
{
	struct hpet *h = hpet_of(table);

	if (!h)
		return UMSI_EINVAL;
	write_reg(h, HPET_CONFIG, read_reg(h, HPET_CONFIG) | HPET_CONFIG_ENABLE);
	return UMSI_OK;
}

uint32_t umsi_hpet_period_fs(const struct umsi_table *table)
{
	const struct hpet *h = hpet_of(table);

	return h ? h->period_fs : 0;
}

/*
 * The comparator fires when the counter equals it, so one that the counter has
 * passed, or passes before the write counts, waits for a whole turn. The
 * counter is read once more to know.
 */
int umsi_hpet_arm(struct umsi_table *table, uint32_t index, uint32_t ticks)
{
	struct hpet *h = hpet_of(table);
	uint32_t from, passed;

	if (!h)
		return UMSI_EINVAL;
	if (index >= h->timers || !ticks || ticks > UINT32_C(1) << 31)
		return UMSI_ERANGE;
	from = read_reg(h, HPET_COUNTER);
	write_reg(h, HPET_TIMER(index) + HPET_TIMER_COMPARATOR, from + ticks);
	passed = read_reg(h, HPET_COUNTER) - from;
	return passed < ticks && ticks - passed > LATE_TICKS ? UMSI_OK : UMSI_EAGAIN;
}
