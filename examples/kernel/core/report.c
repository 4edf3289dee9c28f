/* SPDX-License-Identifier: MIT */
#include "core/report.h"

#include <umsi/dump.h>
#include <umsi/irq.h>

#include "arch.h"
#include "core/disk.h"
#include "core/kernel.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/suspend.h"
#include "drivers/edu.h"
#include "drivers/pair.h"
#include "drivers/xhci.h"

static void interrupt_line(const struct nvme_queue *q)
{
	struct umsi_irq_stats s;

	if (umsi_irq_stats_read(kernel.m, q->irq, &s) != UMSI_OK)
		return;
	kprintf("%9lx %-11s %10u %4u %9lu %9lu %8lu %7lu %7lu %9lu\n", (unsigned long)q->irq, q->name,
		q->msix_index, umsi_irq_effective_cpu(kernel.m, q->irq), (unsigned long)s.handled,
		(unsigned long)s.merged, (unsigned long)s.not_mine, (unsigned long)q->late, (unsigned long)s.moves,
		(unsigned long)q->completed);
}

void report_interrupts(void)
{
	kprintf("%9s %-11s %10s %4s %9s %9s %8s %7s %7s %9s\n", "irq", "name", "msix_index", "cpu",
		"handled", "merged", "not_mine", "late", "moves", "completed");
	interrupt_line(&disk.nvme.admin);
	for (uint32_t i = 0; i < cpu_count(); i++)
		interrupt_line(&disk.queue[i]);
	for (uint32_t i = 0; i < cpu_count(); i++)
		interrupt_line(&disk.spare[i]);
}

void report_stats(void)
{
	struct nvme_counts *c = &disk.nvme.counts;
	struct umsi_stats s;
	uint64_t wakes = 0;

	pair_count();
	umsi_stats_read(kernel.m, &s);
	for (uint32_t i = 0; i < cpu_count(); i++)
		wakes += cpu_at(i)->wakes_sent;
	kprintf("umsi: claimed %lu handled %lu merged %lu unowned %lu dead %lu not_mine %lu quarantined %lu handovers %lu\n",
		s.claimed, s.handled, s.merged, s.unowned, s.dead, s.not_mine, s.quarantined, s.handovers);
	kprintf("umsi: moves %lu refused %lu drains %lu revived %lu reaped %lu retiring %u irqs %u records %u\n",
		s.moves, s.moves_refused, s.drains, s.revived, s.reaped, s.retiring, s.irqs, s.records);
	kprintf("nvme: late %lu errors %lu stray %lu looks_outside_handler %lu overlaps %lu calls_after_end %lu wire_empty %lu\n",
		c->late, c->errors, c->stray, c->looks_outside, c->overlaps, c->calls_after_end, c->wire_empty);
	fire_print("level", &kernel.level);
	fire_print("hpet", &kernel.hpet);
	fire_print("edu", &edu.fire);
	fire_print("xhci", &xhci.fire);
	fire_print("shared", &pair.fire);
	kprintf("kernel: move_errors %lu failures %lu wakes %lu bytes %lu\n", disk.move_errors,
		disk.failures, wakes, memory_in_use());
}

static void dump_line(void *arg, const char *line)
{
	(void)arg;
	kprintf("%s\n", line);
}

void report_dump(void)
{
	umsi_dump(kernel.m, dump_line, NULL);
}

/* All of it under fire: @least moves, nothing lost, no more empty calls than there were reasons for one. */
static bool fired(const struct fire *f, uint64_t least, uint64_t empty)
{
	return !f->lost && !f->failures && f->empty <= empty && (cpu_count() == 1 || f->moves >= least);
}

/* Each raise and each move may cost a level handler one empty call; a storm calls without end. */
static bool level_good(void)
{
	const struct fire *f = &kernel.level;

	return !f->raised || (fired(f, LEVEL_MOVES, f->raised + f->moves) && f->seen == f->raised);
}

static bool shared_good(void)
{
	const struct fire *f = &pair.fire;

	return !pair.present || (fired(f, LEVEL_MOVES, f->raised + f->moves) && f->seen == f->raised);
}

/* QEMU lets a comparator whose time has passed fire once more when a move enables it again. */
static bool hpet_good(uint64_t retriggers)
{
	const struct fire *f = &kernel.hpet;

	return !f->raised || fired(f, HPET_EVENTS, retriggers + f->moves);
}

bool report_result(void)
{
	const struct nvme_counts *c = &disk.nvme.counts;
	struct umsi_stats s;
	uint64_t spurious;

	pair_count();
	umsi_stats_read(kernel.m, &s);
	/* A move may cost the two devices of a wire a call that is for neither; see shared_good(). */
	spurious = s.unowned + s.not_mine - pair.fire.empty;
	kprintf("RESULT isa=%s cpus=%u blocks=%lu crc_errors=%lu completions=%lu lost=%lu spurious=%lu moves=%lu moves_loaded=%lu dynamic=%lu hotplug=%lu ipis_for_moves=%lu device_writes_for_moves=%lu retriggers=%lu drains=%lu retiring_max=%u edu_moves=%lu edu_lost=%lu xhci_moves=%lu xhci_lost=%lu level_moves=%lu level_lost=%lu hpet=%lu hpet_moves=%lu hpet_lost=%lu shared_moves=%lu shared_lost=%lu suspends=%lu ir=%s foreign=%lu foreign_arrived=%lu\n",
		ARCH_NAME, cpu_count(), disk.pages_read, disk.crc_errors, c->completions, c->lost,
		spurious, s.moves, disk.moves_loaded, disk.rounds, disk.trips,
		s.ipis_for_moves, s.device_writes_for_moves, s.retriggers, s.drains, s.retiring_max,
		edu.fire.moves, edu.fire.lost, xhci.fire.moves, xhci.fire.lost,
		kernel.level.moves, kernel.level.lost, kernel.hpet.seen, kernel.hpet.moves,
		kernel.hpet.lost, pair.fire.moves, pair.fire.lost, kernel.suspends, kernel.translator ? kernel.translator : "none", kernel.foreign,
		kernel.foreign_arrived);
	return !c->lost && !c->errors && !c->stray && !c->looks_outside && !c->overlaps &&
	       !c->calls_after_end && !disk.crc_errors && !disk.failures && !disk.move_errors &&
	       !spurious && !s.ipis_for_moves && level_good() &&
	       hpet_good(s.retriggers) && shared_good() &&
	       (kernel.platform.wires_only || cpu_count() < 2 || kernel.suspends == SUSPENDS) &&
	       (!edu.present || fired(&edu.fire, kernel.options.moves,
				      edu.wired ? edu.fire.raised + edu.fire.moves : s.retriggers)) &&
	       c->wire_empty <= c->completions + s.moves &&
	       (!xhci.present || fired(&xhci.fire, kernel.options.moves, s.retriggers)) && !xhci_errors() &&
	       (cpu_count() == 1 || disk.moves_loaded >= kernel.options.moves) &&
	       disk.rounds >= kernel.options.dynamic &&
	       (!platform_cpus_stop() ||
		disk.trips == (uint64_t)kernel.options.hotplug * (cpu_count() - 1));
}
