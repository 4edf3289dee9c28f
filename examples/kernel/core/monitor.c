/* SPDX-License-Identifier: MIT */
#include "core/monitor.h"

#include <umsi/device.h>
#include <umsi/irq.h>

#include "arch.h"
#include "core/disk.h"
#include "core/kernel.h"
#include "core/print.h"
#include "core/report.h"
#include "core/suspend.h"
#include "core/text.h"

#define LINE_MAX	80
#define ALLOCATED_MAX	256
#define POLL_NS		20000000ull

static umsi_irq allocated[ALLOCATED_MAX];

static enum umsi_handled idle_handler(void *arg)
{
	(void)arg;
	return UMSI_HANDLED;
}

static bool never(const void *arg)
{
	(void)arg;
	return false;
}

static void read_line(char *line)
{
	unsigned int n = 0;

	kprintf("umsi> ");
	for (;;) {
		int c = arch_getchar();

		if (c < 0) {
			cpu_wait(never, NULL, time_ns() + POLL_NS);
			continue;
		}
		if (c == '\r' || c == '\n')
			break;
		if ((c == 8 || c == 127) && n) {
			n--;
			kprintf("\b \b");
		} else if (c >= ' ' && c < 127 && n < LINE_MAX - 1) {
			line[n++] = (char)c;
			kprintf("%c", c);
		}
	}
	line[n] = 0;
	kprintf("\n");
}

/* The word after @s's first, or its end. */
static const char *next_word(const char *s)
{
	while (*s && *s != ' ')
		s++;
	while (*s == ' ')
		s++;
	return s;
}

static void show(int status)
{
	kprintf("%s\n", umsi_status_text(status));
}

static void command_affinity(const char *args)
{
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU };
	umsi_irq irq = text_number(args, 16);

	to.cpu = (umsi_cpu)text_number(next_word(args), 10);
	show(umsi_irq_set_affinity(kernel.m, irq, &to));
}

/* N interrupts on spare entries, requested, each on any CPU. */
static void command_alloc(const char *args)
{
	struct umsi_irq_request_at at = { .first = disk.spare_first, .last = disk.spare_last };
	uint64_t n = text_number(args, 10);

	for (uint32_t i = 0; i < ALLOCATED_MAX && n; i++) {
		int status;

		if (allocated[i])
			continue;
		status = umsi_irq_alloc(disk.nvme.table, &at, &allocated[i]);
		if (status == UMSI_OK)
			status = umsi_irq_request(kernel.m, allocated[i], idle_handler, NULL, "monitor");
		if (status != UMSI_OK) {
			allocated[i] = UMSI_IRQ_NONE;
			show(status);
			return;
		}
		kprintf("irq %lx on cpu %u\n", (unsigned long)allocated[i],
			umsi_irq_effective_cpu(kernel.m, allocated[i]));
		n--;
	}
}

/* Only what alloc gave: the disk's own interrupts have running drivers. */
static void command_free(const char *args)
{
	umsi_irq irq = text_number(args, 16);

	for (uint32_t i = 0; i < ALLOCATED_MAX; i++) {
		if (!irq || allocated[i] != irq)
			continue;
		show(umsi_irq_free(kernel.m, irq));
		allocated[i] = UMSI_IRQ_NONE;
		return;
	}
	kprintf("not one that alloc gave\n");
}

static void command_read(const char *args)
{
	uint64_t moves = text_number(args, 10);

	disk_read_single(disk.moves_loaded + (cpu_random_up(&boot_cpu, 0) ? moves : 0));
	kprintf("%lu pages read, %lu loaded moves, %lu lost, %lu CRC errors\n", disk.pages_read,
		disk.moves_loaded, disk.nvme.counts.lost, disk.crc_errors);
}

static struct cpu *named_cpu(const char *args)
{
	uint64_t n = text_number(args, 10);

	if (n < cpu_count())
		return cpu_at((uint32_t)n);
	kprintf("cpus are 0 to %u\n", cpu_count() - 1);
	return NULL;
}

static void command_offline(const char *args)
{
	struct cpu *cpu = named_cpu(args);

	if (cpu)
		show(cpu_take_down(cpu));
}

static void command_online(const char *args)
{
	struct cpu *cpu = named_cpu(args);

	if (cpu)
		show(cpu_bring_back(cpu));
}

static void command_suspend(const char *args)
{
	uint64_t before = kernel.suspends;

	(void)args;
	suspend_and_wake(1);
	kprintf(kernel.suspends > before ? "slept, and was woken by the disk\n" : "did not sleep\n");
}

static void command_interrupts(const char *args)
{
	(void)args;
	report_interrupts();
}

static void command_stats(const char *args)
{
	(void)args;
	report_stats();
}

static void command_dump(const char *args)
{
	(void)args;
	report_dump();
}

static void command_help(const char *args);

static const struct {
	const char *name;
	void (*run)(const char *args);
	const char *text;
} commands[] = {
	{ "interrupts", command_interrupts, "         the disk's interrupts and their counts" },
	{ "affinity", command_affinity, " IRQ CPU   deliver IRQ (as interrupts prints it) to CPU" },
	{ "alloc", command_alloc, " N            take N spare MSI-X entries" },
	{ "free", command_free, " IRQ           give one of those back" },
	{ "read", command_read, " N             read from all CPUs until N moves under load" },
	{ "offline", command_offline, " N          CPU N leaves and stops" },
	{ "online", command_online, " N           it comes back" },
	{ "suspend", command_suspend, "            the machine sleeps until the disk wakes it" },
	{ "stats", command_stats, "              counters" },
	{ "dump", command_dump, "               every slot class, path and move under way" },
	{ "help", command_help, "               this" },
};

static void command_help(const char *args)
{
	(void)args;
	for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		kprintf("  %s%s\n", commands[i].name, commands[i].text);
	kprintf("  quit               power off\n");
}

static bool is_word(const char *line, const char *word)
{
	char end;

	if (!text_starts(line, word))
		return false;
	end = line[text_length(word)];
	return !end || end == ' ';
}

static void run_line(const char *line)
{
	for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!is_word(line, commands[i].name))
			continue;
		commands[i].run(next_word(line));
		return;
	}
	kprintf("help lists the commands\n");
}

void monitor(void)
{
	char line[LINE_MAX];

	kprintf("monitor: help lists the commands\n");
	for (;;) {
		read_line(line);
		if (is_word(line, "quit"))
			return;
		if (line[0])
			run_line(line);
	}
}
