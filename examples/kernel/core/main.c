/* SPDX-License-Identifier: MIT */
/* From the first C instruction of the boot CPU to power off. */
#include "arch.h"
#include "core/count.h"
#include "core/cpu.h"
#include "core/crc32.h"
#include "core/disk.h"
#include "core/events.h"
#include "core/kernel.h"
#include "core/monitor.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/report.h"
#include "core/suspend.h"
#include "drivers/edu.h"
#include "drivers/pair.h"
#include "drivers/pci.h"
#include "drivers/xhci.h"

struct kernel kernel;

void boot_main(uint64_t boot_hw_id, const void *tree);

static void need(int status, const char *what)
{
	if (status != UMSI_OK)
		panic("%s: %s", what, umsi_status_text(status));
}

static void start_library(void)
{
	struct umsi_config config = {
		.cpus = kernel.platform.cpu,
		.ncpus = kernel.platform.cpus,
		.max_irqs = 65536,
	};

	need(umsi_init(&kernel.storage, NULL, &config, &kernel.m), "umsi_init");
	events_init();
	need(platform_root(&kernel.platform, kernel.m, &kernel.root), "root");
	need(platform_messages(&kernel.platform, kernel.m, kernel.root, &kernel.messages), "messages");
}

static uint64_t seconds_tenths(void)
{
	return time_ns() / 100000000ull;
}

static void phase(const char *name)
{
	uint64_t t = seconds_tenths();

	kprintf("[%3lu.%lu s] %s: %lu pages, %lu completions, %lu loaded moves, %lu lost\n", t / 10,
		t % 10, name, disk.pages_read, disk.nvme.counts.completions, disk.moves_loaded,
		disk.nvme.counts.lost);
}

static void read_whole_disk(void)
{
	disk_read_all();
	phase("whole disk read");
	kprintf("DISK crc32=%08x bytes=%lu\n", disk.whole_crc, disk.pages * PAGE);
	if (kernel.options.crc_known && kernel.options.crc != disk.whole_crc) {
		kprintf("the host says %08x\n", kernel.options.crc);
		disk.crc_errors++;
	}
}

/* At least half of the loaded moves, and all that are missing, with one command a queue. */
static void batch(void)
{
	uint64_t deep, goal = kernel.options.moves;

	read_whole_disk();
	deep = disk.moves_loaded;
	if (goal < 2 * deep)
		goal = 2 * deep;
	for (uint64_t step = 1; cpu_count() > 1 && step <= 4 && !disk_has_lost(); step++) {
		disk_read_single(deep + (goal - deep) * step / 4);
		phase("one command a queue");
	}
	for (uint64_t step = 1; step <= 4 && !disk_has_lost(); step++) {
		disk_dynamic(kernel.options.dynamic / 4 + (kernel.options.dynamic % 4 != 0));
		phase("queues created and deleted");
	}
	if (platform_cpus_stop() && cpu_count() > 1 && !disk_has_lost()) {
		disk_hotplug(kernel.options.hotplug);
		phase("cpus gone and come back");
	}
	suspend_and_wake(SUSPENDS);
	phase("suspended and woken");
	edu_fire(kernel.options.moves);
	phase("unmaskable message moved under fire");
	xhci_fire(kernel.options.moves);
	phase("16 messages that move together moved under fire");
	pair_init();	/* after platform_check(), which may have used the wires' controller */
	pair_fire(LEVEL_MOVES);
	phase("a wire of two devices moved under fire");
	report_dump();
	report_stats();
	report_interrupts();
}

void boot_main(uint64_t boot_hw_id, const void *tree)
{
	bool good = true;

	kprintf("\numsi example kernel, %s\n", ARCH_NAME);
	platform_discover(&kernel.platform, boot_hw_id, tree);
	options_parse(&kernel.options, kernel.platform.arguments);
	pages_init(kernel.platform.memory, kernel.platform.memory_bytes);
	kprintf("memory: %lu MiB at %lx\n", kernel.platform.memory_bytes >> 20,
		kernel.platform.memory);
	crc32_init();
	start_library();
	cpu_start_all();
	if (kernel.options.mode == MODE_COUNT || kernel.options.mode == MODE_COUNT_LOG)
		arch_power_off(count_hot_path(kernel.options.mode == MODE_COUNT));
	pci_init(&kernel.platform.pci);
	disk_init();
	edu_init();
	xhci_init();
	if (kernel.options.mode == MODE_MONITOR) {
		read_whole_disk();
		monitor();
	} else {
		good = platform_check(kernel.root);
		batch();
		events_print();
		good = report_result() && good;
	}
	arch_power_off(good);
}
