/* SPDX-License-Identifier: MIT */
/* Message stores in memory: a plain one, and a PCI function with MSI-X. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#include <umsi/host.h>
#include <umsi/pci.h>
#include <umsi/store.h>

#define REQUESTER_ID	0x0100u
#define CAP_AT		0x40u
#define BAR_BYTES	0x10000u
#define PBA_AT		0x8000u

uint64_t bench_calls;

enum umsi_handled bench_handler(void *arg)
{
	(void)arg;
	bench_calls++;
	return UMSI_HANDLED;
}

/* ---- Memory ---- */

static int bench_store_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	struct bench_store *s = store;

	(void)cookie;
	s->message[index] = *msg;
	return 1;
}

static int bench_store_mask(void *store, uint32_t index, uint64_t cookie)
{
	(void)store;
	(void)index;
	(void)cookie;
	return 1;
}

static int bench_store_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store;
	(void)index;
	(void)cookie;
	return UMSI_OK;
}

static const struct umsi_store_ops store_ops = {
	.name = "memory",
	.number_name = "word",
	.write = bench_store_write,
	.mask = bench_store_mask,
	.unmask = bench_store_mask,
	.settle = bench_store_settle,
};

void bench_store_new(struct bench_machine *b, struct bench_store *s, uint32_t size)
{
	struct umsi_device_config device = { .name = "memory", .parent = b->root };
	struct umsi_table_config table = { .size = size };

	s->size = size;
	s->message = calloc(size, sizeof(*s->message));
	bench_need(umsi_device_add(b->m, &device, &s->device), "device");
	bench_need(umsi_table_create(s->device, &store_ops, s, &table, &s->table), "table");
}

void bench_store_end(struct bench_store *s)
{
	bench_need(umsi_device_remove(s->device), "device remove");
	free(s->message);
}

/* ---- A PCI function. PCI Local Bus 3.0, "MSI-X Capability and Table Structure". ---- */

static uint8_t config[4096];
static uint8_t *bar;

uint32_t umsi_host_pci_read(void *host, uint32_t requester_id, uint16_t offset, unsigned int width)
{
	uint32_t value = 0;

	(void)host;
	if (requester_id != REQUESTER_ID)
		return ~0u >> (32 - 8 * width);
	/* No memcpy(): what the library copies is counted. */
	for (unsigned int i = 0; i < width; i++)
		value |= (uint32_t)config[offset + i] << (8 * i);
	return value;
}

void umsi_host_pci_write(void *host, uint32_t requester_id, uint16_t offset, unsigned int width,
			 uint32_t value)
{
	(void)host;
	if (requester_id == REQUESTER_ID)
		memcpy(config + offset, &value, width);
}

static void set_config(uint32_t at, uint32_t value, unsigned int width)
{
	memcpy(config + at, &value, width);
}

static void make_function(uint32_t entries)
{
	memset(config, 0, sizeof(config));
	set_config(0x00, 0x12341af4, 4);
	set_config(0x04, 0x0002, 2);		/* memory decoding */
	set_config(0x06, 0x0010, 2);		/* has a capability list */
	set_config(0x34, CAP_AT, 1);
	set_config(CAP_AT, 0x0011, 2);		/* MSI-X, last of the list */
	set_config(CAP_AT + 2, entries - 1, 2);
	set_config(CAP_AT + 4, 0, 4);		/* table at 0 of BAR 0 */
	set_config(CAP_AT + 8, PBA_AT, 4);
	bar = aligned_alloc(4096, BAR_BYTES);
	memset(bar, 0, BAR_BYTES);
	for (uint32_t i = 0; i < entries; i++)
		bar[i * 16 + 12] = 1;		/* masked, as after a reset */
}

struct umsi_table *bench_msix_new(struct bench_machine *b, uint32_t entries, struct umsi_device **device)
{
	struct umsi_device_config device_config = {
		.name = "function", .parent = b->root, .requester_id = REQUESTER_ID,
	};
	struct umsi_pci_function function = { .requester_id = REQUESTER_ID };
	struct umsi_table *table;

	make_function(entries);
	function.bar[0] = (struct umsi_pci_bar){ .phys = (uintptr_t)bar, .bytes = BAR_BYTES };
	bench_need(umsi_device_add(b->m, &device_config, device), "device");
	bench_need(umsi_pci_msix_create(*device, &function, &table), "msix");
	return table;
}

void bench_msix_end(struct umsi_device *device)
{
	bench_need(umsi_device_remove(device), "device remove");
	free(bar);
}
