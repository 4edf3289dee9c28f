/* SPDX-License-Identifier: MIT */
#include "tests/msi/box.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct box box;

static void on_trap(void *arg, umsi_cpu cpu)
{
	(void)arg;
	if (box.root)
		umsi_imsic_trap(box.root, cpu);
}

static void on_timer(void *host, umsi_cpu cpu)
{
	(void)host;
	mach_timer_quieten(mach_current(), cpu);
}

static void cpu_up(void *arg)
{
	(void)arg;
	mach_irq_off(box.m);
	MACH_CHECK(box.m, umsi_cpu_online(box.umsi, mach_cpu(box.m)) == UMSI_OK, "test", "online");
	mach_irq_on(box.m);
}

void box_run(void)
{
	if (!mach_run(box.m)) {
		mach_report(box.m, stderr, 60);
		fail_msg("seed %llu", (unsigned long long)mach_seed(box.m));
	}
}

static void library_up(const struct box_config *c)
{
	static const struct umsi_cpu_desc cpus[BOX_CPUS] = { { .hw_id = 0 }, { .hw_id = 1 },
							     { .hw_id = 2 }, { .hw_id = 3 } };
	const struct umsi_config config = {
		.cpus = cpus, .ncpus = BOX_CPUS, .max_repeats = 3, .min_age_ns = 20000000,
	};
	struct umsi_imsic_file files[BOX_CPUS];
	const struct umsi_imsic_config imsic = {
		.files = files, .num_ids = BOX_IDS, .system_ids = c->system_ids ? c->system_ids : 8,
		.hart_index_bits = c->groups ? 1 : 2,
		.group_index_bits = c->groups ? 1 : 0, .group_index_shift = c->groups ? 36 : 0,
		.timer = on_timer,
	};

	for (umsi_cpu i = 0; i < BOX_CPUS; i++)
		files[i].phys = mach_imsic_phys(box.m, i);
	assert_int_equal(umsi_init(&box.storage, box.m, &config, &box.umsi), UMSI_OK);
	assert_int_equal(umsi_imsic_create(box.umsi, &imsic, &box.root), UMSI_OK);
	for (umsi_cpu i = 0; i < BOX_CPUS; i++)
		mach_thread(box.m, i, cpu_up, NULL);
	box_run();
}

static struct mach_pci *function(const struct mach_pci_config *pc, struct umsi_pci_function *fn,
				 struct umsi_device **dev)
{
	const struct umsi_device_config dc = {
		.name = pc->msi.present ? "plain" : "other", .requester_id = pc->requester_id,
		.parent = box.root,
	};
	struct mach_pci *d = mach_pci_add(box.m, pc);

	fn->requester_id = pc->requester_id;
	for (unsigned int i = 0; i < 6; i++)
		mach_pci_bar(d, i, &fn->bar[i].phys, &fn->bar[i].bytes);
	assert_int_equal(umsi_device_add(box.umsi, &dc, dev), UMSI_OK);
	return d;
}

void box_begin(const struct box_config *c)
{
	const struct mach_config mc = {
		.ncpus = BOX_CPUS, .num_ids = BOX_IDS, .trap = on_trap, .chaos = c->chaos,
		.imsic_base = c->imsic_base, .hart_bits = c->groups ? 1 : 2,
		.group_bits = c->groups ? 1 : 0, .group_shift = 36, .tick_steps = 400,
	};
	struct mach_pci_config pc = {
		.requester_id = BOX_ID, .entries = c->entries, .sampling = c->sampling, .msi = c->msi,
	};
	const struct mach_pci_config other = { .requester_id = BOX_ID + 8, .entries = BOX_OTHERS };

	box = (struct box){ 0 };
	box.m = mach_create(c->seed, &mc);
	mach_baseline(box.m);
	library_up(c);
	pc.msi.present = true;
	box.pci = function(&pc, &box.fn, &box.dev);
	box.other = function(&other, &box.other_fn, &box.other_dev);
}

enum umsi_handled box_handler(void *arg)
{
	uint32_t index = (uint32_t)(uintptr_t)arg;

	mach_handler_begin(box.pci, index);
	box.calls[index]++;
	box.last_cpu = mach_cpu(box.m);
	mach_handler_end(box.pci, index);
	return UMSI_HANDLED;
}

int box_alloc(umsi_cpu cpu)
{
	const struct umsi_irq_request_at at = {
		.last = UMSI_INDEX_LAST,
		.affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = cpu },
	};

	if (box.messages == 1)
		return umsi_irq_alloc(box.table, &at, &box.irq[0]);
	return umsi_irq_alloc_block(box.table, &at, box.messages, box.irq);
}

static void request_all(void *arg)
{
	int status = box_alloc(1);

	(void)arg;
	for (uint32_t i = 0; i < box.messages && !status; i++) {
		mach_entry_live(box.pci, i, true);
		status = umsi_irq_request(box.umsi, box.irq[i], box_handler, (void *)(uintptr_t)i, "msi");
	}
	MACH_CHECK(box.m, status == UMSI_OK, "test", "open: %s", umsi_status_text(status));
}

void box_open(uint32_t messages)
{
	assert_int_equal(umsi_pci_msi_create(box.dev, &box.fn, messages, &box.table), UMSI_OK);
	box.messages = messages;
	mach_thread(box.m, 0, request_all, NULL);
	box_run();
}

int box_move(umsi_irq irq, umsi_cpu cpu)
{
	return umsi_irq_set_affinity_wait(box.umsi, irq, &(struct umsi_affinity){
		.kind = UMSI_AFFINITY_CPU, .cpu = cpu });
}

uint32_t box_control(void)
{
	return mach_pci_peek(box.pci, BOX_CAP + 2, 2);
}

static void remove_devices(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < box.messages; i++)
		mach_entry_live(box.pci, i, false);
	for (uint32_t i = 0; i < BOX_OTHERS; i++)
		mach_entry_live(box.other, i, false);
	MACH_CHECK(box.m, umsi_device_remove(box.dev) == UMSI_OK, "test", "remove");
	MACH_CHECK(box.m, umsi_device_remove(box.other_dev) == UMSI_OK, "test", "remove");
}

static void drain(void *arg)
{
	struct umsi_stats st;

	(void)arg;
	for (unsigned int turn = 0; turn < 400; turn++) {
		mach_irq_off(box.m);
		umsi_drain_point(box.umsi);
		mach_irq_on(box.m);
		mach_delay(box.m, 100);
		umsi_reap(box.umsi);
		umsi_stats_read(box.umsi, &st);
		if (!st.retiring)
			return;
	}
}

void box_end(void)
{
	struct umsi_stats st;

	mach_thread(box.m, 0, remove_devices, NULL);
	box_run();
	for (umsi_cpu i = 0; i < BOX_CPUS; i++)
		mach_thread(box.m, i, drain, NULL);
	box_run();
	umsi_stats_read(box.umsi, &st);
	assert_int_equal(st.irqs, 0);
	assert_int_equal(st.records, 0);
	assert_int_equal(umsi_imsic_destroy(box.root), UMSI_OK);
	box.root = NULL;
	assert_int_equal(umsi_destroy(box.umsi), UMSI_OK);
	if (!mach_check_leaks(box.m)) {
		mach_report(box.m, stderr, 0);
		fail_msg("leak");
	}
	mach_destroy(box.m);
}
