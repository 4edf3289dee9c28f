/* SPDX-License-Identifier: MIT */
#include "core/count.h"

#include <umsi/device.h>
#include <umsi/irq.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/print.h"

#define RUNS	64	/* the last one is printed; all but the first must agree */

/* A store in memory: the device is this kernel. */
static int store_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)index;
	(void)cookie;
	*(struct umsi_msg *)store = *msg;
	return 1;
}

/* Whatever this CPU stored to its own file before is ordered by the fence. */
static int store_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store;
	(void)index;
	(void)cookie;
	arch_fence();
	return UMSI_OK;
}

static const struct umsi_store_ops store_ops = {
	.name = "memory",
	.number_name = "word",
	.write = store_write,
	.settle = store_settle,
};

static volatile uint64_t handler_began;
static volatile uint32_t calls;

static enum umsi_handled counting_handler(void *arg)
{
	handler_began = arch_instructions();
	(void)arg;
	calls = calls + 1;
	return UMSI_HANDLED;
}

/* One message to the own file with interrupts on; all numbers are counter differences. */
struct run {
	uint64_t to_trap, to_handler, to_return;
};

static struct run run_once(const struct umsi_msg *msg)
{
	uint32_t before = calls;
	uint64_t sent, returned;

	sent = arch_instructions();
	mmio_write32((uintptr_t)msg->address, msg->data);
	while (calls == before)
		arch_pause();
	returned = arch_instructions();
	return (struct run){
		.to_trap = this_cpu()->trap_instret - sent,
		.to_handler = handler_began - this_cpu()->trap_instret,
		.to_return = returned - handler_began,
	};
}

static void need(int status, const char *what)
{
	if (status != UMSI_OK)
		panic("%s: %s", what, umsi_status_text(status));
}

bool count_hot_path(bool by_counter)
{
	static struct umsi_msg msg;
	struct umsi_device_config device_config = { .name = "self", .parent = kernel.messages };
	struct umsi_table_config table_config = { .size = 1 };
	struct umsi_irq_request_at at = { .last = 0 };
	struct umsi_device *device;
	struct umsi_table *table;
	struct run run[RUNS];
	bool same = true;
	umsi_irq irq;

	need(umsi_device_add(kernel.m, &device_config, &device), "device");
	need(umsi_table_create(device, &store_ops, &msg, &table_config, &table), "table");
	need(umsi_irq_alloc(table, &at, &irq), "alloc");
	need(umsi_irq_request(kernel.m, irq, counting_handler, NULL, "count"), "request");
	if (by_counter)
		arch_trap_counting(true);
	for (int i = 0; i < RUNS; i++)
		run[i] = run_once(&msg);
	if (!by_counter)
		return true;
	arch_trap_counting(false);
	for (int i = 2; i < RUNS; i++)
		same = same && run[i].to_handler == run[1].to_handler;
	kprintf("message stored to first trap instruction: %lu\n", run[RUNS - 1].to_trap);
	kprintf("first trap instruction to first of the handler: %lu\n",
		run[RUNS - 1].to_handler);
	kprintf("handler to the interrupted code again: %lu\n", run[RUNS - 1].to_return);
	kprintf("COUNT trap_to_handler=%lu first_run=%lu runs=%u all_equal=%s\n",
		run[RUNS - 1].to_handler, run[0].to_handler, RUNS, same ? "yes" : "no");
	return same;
}
