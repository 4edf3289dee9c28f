/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <umsi/device.h>
#include <umsi/imsic.h>
#include <umsi/irq.h>
#include <umsi/pci.h>
#include <umsi/umsi.h>

#include "command.h"
#include "machine/machine.h"

#define ENTRIES		2048u		/* of each function */
#define THREADS_MAX	64u
#define IDS		2047u
#define INTERRUPTS_MAX	4000000u

enum { KEY_JSON = 256 };

static const char doc[] =
	"A large machine: every interrupt is allocated and requested, fires once and is freed, by threads on up to 64 CPUs, "
	"each with functions of 2,048 MSI-X entries of its own. CPUs switch when one waits; memory is plain, nothing is late.\v"
	"Prints what a phase took for each interrupt, in steps of the machine (hooks, atomics, barriers, register and device accesses "
	"of the library, and the machine's own), and what came of it:\n\n"
	"  RESULT scale interrupts=N cpus=N handled=N lost=0 bytes=N process=N setup=N fire=N free=N\n\n"
	"bytes: what the library asked of its host's allocator, at most; process: all memory, the machine's models included.\n\n"
	"Exit status: 0 clean, 1 violated, 2 wrong usage.";

static const struct argp_option options[] = {
	{ "interrupts", 'n', "N", 0, "so many (default 1000000)", 0 },
	{ "cpus", 'c', "N", 0, "on so many CPUs (default 4096)", 0 },
	{ "json", KEY_JSON, NULL, 0, "the result as one object", 0 },
	{ 0 },
};

struct function;

struct source {
	struct function *function;
	uint32_t index;
	umsi_irq irq;
};

struct function {
	struct scale *s;
	struct mach_pci *pci;
	struct umsi_pci_function fn;
	struct umsi_device *dev;
	struct umsi_table *table;
	struct source *source;
	uint32_t count;
};

struct worker {
	struct scale *s;
	uint32_t number;
	void (*work)(struct scale *s, struct function *f);
};

struct scale {
	uint32_t interrupts, ncpus;
	bool json;
	uint32_t functions, threads;
	struct mach *m;
	struct umsi_storage storage;
	struct umsi *umsi;
	struct umsi_domain *root;
	struct function *function;
	struct worker worker[THREADS_MAX];
	uint64_t handled;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct scale *s = state->input;
	unsigned long n = arg ? strtoul(arg, NULL, 0) : 0;

	switch (key) {
	case 'n':
		if (!n || n > INTERRUPTS_MAX)
			argp_error(state, "interrupts: from 1 to %u", INTERRUPTS_MAX);
		s->interrupts = (uint32_t)n;
		break;
	case 'c':
		if (!n || n > MACH_CPUS_MAX)
			argp_error(state, "cpus: from 1 to %u", MACH_CPUS_MAX);
		s->ncpus = (uint32_t)n;
		break;
	case KEY_JSON: s->json = true; break;
	case ARGP_KEY_END:
		if (s->interrupts > (uint64_t)s->ncpus * (IDS - 16))
			argp_error(state, "%u CPUs have no room for %u interrupts", s->ncpus, s->interrupts);
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp parser = { .options = options, .parser = parse, .doc = doc };

static void need(struct scale *s, int status, const char *what)
{
	MACH_CHECK(s->m, status == UMSI_OK, "I-API", "%s: %s", what, umsi_status_text(status));
}

/* ---- The three phases, of one function ---- */

static enum umsi_handled handle(void *arg)
{
	struct source *at = arg;

	mach_handler_begin(at->function->pci, at->index);
	at->function->s->handled++;
	mach_handler_end(at->function->pci, at->index);
	return UMSI_HANDLED;
}

static void set_up(struct scale *s, struct function *f)
{
	struct umsi_device_config c = { .name = "function", .requester_id = f->fn.requester_id, .parent = s->root };
	struct umsi_irq_request_at any = { .last = UMSI_INDEX_LAST };

	need(s, umsi_device_add(s->umsi, &c, &f->dev), "add");
	need(s, umsi_pci_msix_create(f->dev, &f->fn, &f->table), "table");
	for (uint32_t i = 0; i < f->count; i++) {
		struct source *at = &f->source[i];

		need(s, umsi_irq_alloc(f->table, &any, &at->irq), "alloc");
		need(s, umsi_irq_index(s->umsi, at->irq, &at->index), "index");
		need(s, umsi_irq_request(s->umsi, at->irq, handle, at, "queue"), "request");
		mach_entry_live(f->pci, at->index, true);
	}
}

static void fire(struct scale *s, struct function *f)
{
	for (uint32_t i = 0; i < f->count; i++)
		MACH_CHECK(s->m, mach_pci_raise(f->pci, i), "I-API", "an event that is none");
}

static void end(struct scale *s, struct function *f)
{
	for (uint32_t i = 0; i < f->count; i++) {
		need(s, umsi_irq_free(s->umsi, f->source[i].irq), "free");
		mach_entry_freed(f->pci, f->source[i].index);
	}
	need(s, umsi_device_remove(f->dev), "remove");
}

/* ---- A phase: threads with functions of their own ---- */

static void worker(void *arg)
{
	struct worker *w = arg;

	for (uint32_t i = w->number; i < w->s->functions; i += w->s->threads)
		w->work(w->s, &w->s->function[i]);
}

/* Steps for each interrupt. */
static double phase(struct scale *s, void (*work)(struct scale *, struct function *))
{
	uint64_t from = mach_steps(s->m);

	for (uint32_t i = 0; i < s->threads; i++) {
		s->worker[i] = (struct worker){ s, i, work };
		mach_thread(s->m, (umsi_cpu)((uint64_t)i * s->ncpus / s->threads), worker, &s->worker[i]);
	}
	mach_run(s->m);
	return (double)(mach_steps(s->m) - from) / s->interrupts;
}

/* ---- The machine ---- */

static void trap(void *arg, umsi_cpu cpu)
{
	struct scale *s = arg;

	umsi_imsic_trap(s->root, cpu);
}

static void cpu_online(void *arg)
{
	struct scale *s = arg;

	mach_irq_off(s->m);
	need(s, umsi_cpu_online(s->umsi, mach_cpu(s->m)), "online");
	mach_irq_on(s->m);
}

static void build(struct scale *s)
{
	struct mach_config config = {
		.ncpus = s->ncpus, .num_ids = IDS, .max_steps = UINT64_MAX, .chaos = &mach_chaos_none, .plain_memory = true,
	};
	struct umsi_cpu_desc *cpus = calloc(s->ncpus, sizeof(*cpus));
	struct umsi_imsic_file *files = calloc(s->ncpus, sizeof(*files));
	struct umsi_config umsi = { .cpus = cpus, .ncpus = s->ncpus, .max_irqs = s->interrupts };
	struct umsi_imsic_config imsic = { .files = files, .num_ids = IDS, .hart_index_bits = 12 };

	s->m = mach_create(1, &config);
	mach_set_trap(s->m, trap, s);
	if (!cpus || !files)
		abort();
	for (uint32_t i = 0; i < s->ncpus; i++) {
		cpus[i].hw_id = i;
		files[i].phys = mach_imsic_phys(s->m, i);
	}
	need(s, umsi_init(&s->storage, s->m, &umsi, &s->umsi), "init");
	need(s, umsi_imsic_create(s->umsi, &imsic, &s->root), "root");
	free(cpus);
	free(files);
	for (uint32_t i = 0; i < s->ncpus; i++)
		mach_thread(s->m, i, cpu_online, s);
	mach_run(s->m);
}

static void build_functions(struct scale *s)
{
	s->functions = (s->interrupts + ENTRIES - 1) / ENTRIES;
	s->threads = s->functions < THREADS_MAX ? s->functions : THREADS_MAX;
	if (s->threads > s->ncpus)
		s->threads = s->ncpus;
	s->function = calloc(s->functions, sizeof(*s->function));
	for (uint32_t n = 0; s->function && n < s->functions; n++) {
		struct function *f = &s->function[n];
		struct mach_pci_config c = { .requester_id = 0x100 + n, .entries = ENTRIES };

		f->s = s;
		f->count = s->interrupts - n * ENTRIES < ENTRIES ? s->interrupts - n * ENTRIES : ENTRIES;
		f->source = calloc(f->count, sizeof(*f->source));
		f->pci = mach_pci_add(s->m, &c);
		f->fn.requester_id = c.requester_id;
		for (unsigned int i = 0; i < 6; i++)
			mach_pci_bar(f->pci, i, &f->fn.bar[i].phys, &f->fn.bar[i].bytes);
		for (uint32_t i = 0; f->source && i < f->count; i++)
			f->source[i].function = f;
	}
}

static void give_back(struct scale *s)
{
	need(s, umsi_imsic_destroy(s->root), "root's end");
	need(s, umsi_destroy(s->umsi), "machine's end");
	mach_check_leaks(s->m);
}

#define FORM(begin, name, end) \
	begin name("interrupts") "%u" name("cpus") "%u" name("handled") "%" PRIu64 name("lost") "%" PRIu64 \
	name("bytes") "%zu" name("process") "%ld" name("setup") "%.1f" name("fire") "%.1f" name("free") "%.1f" end
#define TEXT_NAME(n)	" " n "="
#define JSON_NAME(n)	",\"" n "\":"

static const char text_form[] = FORM("RESULT scale", TEXT_NAME, "\n");
static const char json_form[] = FORM("{\"result\":\"scale\"", JSON_NAME, "}\n");

static int run_scale(int argc, char **argv)
{
	struct scale *s = calloc(1, sizeof(*s));
	double setup, fired, freed;
	struct rusage usage;
	bool clean;

	if (!s)
		return STATUS_SYSTEM;
	s->interrupts = 1000000;
	s->ncpus = 4096;
	argp_parse(&parser, argc, argv, 0, NULL, s);
	build(s);
	build_functions(s);
	setup = phase(s, set_up);
	fired = phase(s, fire);
	MACH_CHECK(s->m, s->handled == s->interrupts, "I-CONS", "%llu handler calls", (unsigned long long)s->handled);
	freed = phase(s, end);
	mach_check_quiet(s->m);
	if (!mach_violated(s->m))
		give_back(s);
	getrusage(RUSAGE_SELF, &usage);
	clean = !mach_violated(s->m);
	if (!clean)
		mach_report(s->m, stdout, 20);
	printf(s->json ? json_form : text_form, s->interrupts, s->ncpus, s->handled, s->interrupts - s->handled, mach_most_bytes(s->m),
	       usage.ru_maxrss * 1024L, setup, fired, freed);
	for (uint32_t n = 0; n < s->functions; n++)
		free(s->function[n].source);
	free(s->function);
	mach_destroy(s->m);
	free(s);
	return clean ? STATUS_CLEAN : STATUS_VIOLATED;
}

const struct command command_scale = {
	.name = "scale",
	.does = "a million interrupts on four thousand CPUs: allocate, fire, free",
	.run = run_scale,
};
