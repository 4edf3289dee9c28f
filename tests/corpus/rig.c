/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include "vector/vector.h"

struct rig rig;

static void on_trap(void *arg, umsi_cpu cpu)
{
	(void)arg;
	if (rig.root)
		umsi_imsic_trap(rig.root, cpu);
}

static void on_timer(void *host, umsi_cpu cpu)
{
	(void)host;
	mach_timer_quieten(mach_current(), cpu);
}

static void come_online(void *arg)
{
	(void)arg;
	mach_irq_off(rig.m);
	MACH_CHECK(rig.m, umsi_cpu_online(rig.umsi, mach_cpu(rig.m)) == UMSI_OK, "I-API", "online");
	mach_irq_on(rig.m);
}

void rig_run(void)
{
	mach_run(rig.m);
	if (mach_violated(rig.m)) {
		mach_report(rig.m, stderr, 60);
		fail_msg("seed %llu", (unsigned long long)mach_seed(rig.m));
	}
}

static void library_up(const struct rig_config *c)
{
	static struct umsi_imsic_file files[RIG_CPUS_MAX];
	static struct umsi_cpu_desc cpus[RIG_CPUS_MAX];
	const struct umsi_config config = { .cpus = cpus, .ncpus = rig.cpus };
	struct umsi_imsic_config imsic = {
		.files = files, .num_ids = rig.ids, .system_ids = RIG_SYSTEM_IDS, .timer = on_timer,
	};

	while (UINT32_C(1) << imsic.hart_index_bits < rig.cpus)
		imsic.hart_index_bits++;
	for (umsi_cpu i = 0; i < rig.cpus; i++) {
		files[i].phys = mach_imsic_phys(rig.m, i);
		cpus[i] = (struct umsi_cpu_desc){ .hw_id = 10 + i, .node = c->node ? c->node[i] : 0 };
	}
	assert_int_equal(umsi_init(&rig.storage, rig.m, &config, &rig.umsi), UMSI_OK);
	assert_int_equal(umsi_imsic_create(rig.umsi, &imsic, &rig.root), UMSI_OK);
	for (umsi_cpu i = 0; i < rig.cpus; i++)
		if (!(c->offline >> i & 1))
			mach_thread(rig.m, i, come_online, NULL);
	rig_run();
}

void rig_begin(const struct rig_config *c)
{
	struct mach_config config = {
		.ncpus = c->cpus ? c->cpus : 4, .num_ids = c->ids ? c->ids : 63, .max_steps = c->max_steps,
		.strict_route = c->strict_route,
		.chaos = c->chaos ? c->chaos : c->wild ? NULL : &mach_chaos_none, .trap = on_trap,
	};

	memset(&rig, 0, sizeof(rig));
	rig.cpus = config.ncpus;
	rig.ids = config.num_ids;
	rig.m = mach_create(c->seed, &config);
	mach_baseline(rig.m);
	library_up(c);
}

/* ---- Functions and their interrupts ---- */

struct function *rig_function(uint32_t n, const struct mach_pci_config *config)
{
	struct function *f = &rig.f[n];
	struct umsi_device_config dc = { .name = "dev", .parent = rig.root };
	struct mach_pci_config pc = *config;

	if (!pc.requester_id)
		pc.requester_id = 0x100 + 8 * n;
	f->pci = mach_pci_add(rig.m, &pc);
	f->fn.requester_id = dc.requester_id = pc.requester_id;
	for (unsigned int bar = 0; bar < 6; bar++) {
		mach_pci_bar(f->pci, bar, &f->fn.bar[bar].phys, &f->fn.bar[bar].bytes);
		f->fn.bar[bar].io = config->bar[bar].io;
	}
	for (uint32_t i = 0; i < RIG_LINES; i++)
		f->line[i] = (struct line){ .f = f, .index = i };
	assert_int_equal(umsi_device_add(rig.umsi, &dc, &f->dev), UMSI_OK);
	return f;
}

int rig_msix(struct function *f)
{
	return umsi_pci_msix_create(f->dev, &f->fn, &f->table);
}

int rig_msi(struct function *f, uint32_t messages)
{
	return umsi_pci_msi_create(f->dev, &f->fn, messages, &f->table);
}

enum umsi_handled rig_handler(void *arg)
{
	struct line *l = arg;

	mach_handler_begin(l->f->pci, l->index);
	l->calls++;
	l->last_cpu = mach_cpu(rig.m);
	mach_handler_end(l->f->pci, l->index);
	return UMSI_HANDLED;
}

int rig_alloc_at(struct function *f, uint32_t index, const struct umsi_affinity *affinity, enum umsi_irq_kind kind)
{
	struct umsi_irq_request_at at = { .first = index, .last = index, .kind = (uint8_t)kind };

	if (affinity)
		at.affinity = *affinity;
	return umsi_irq_alloc(f->table, &at, &f->line[index].irq);
}

int rig_alloc(struct function *f, uint32_t index, umsi_cpu cpu)
{
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = cpu };

	return rig_alloc_at(f, index, cpu == UMSI_CPU_NONE ? NULL : &to, UMSI_IRQ_REGULAR);
}

int rig_request(struct line *l)
{
	mach_entry_reborn(l->f->pci, l->index);
	mach_entry_live(l->f->pci, l->index, true);
	return umsi_irq_request(rig.umsi, l->irq, rig_handler, l, "rig");
}

struct line *rig_open(struct function *f, uint32_t index, umsi_cpu cpu)
{
	struct line *l = &f->line[index];
	int status = rig_alloc(f, index, cpu);

	if (!status)
		status = rig_request(l);
	MACH_CHECK(rig.m, !status, "I-API", "open: %s", umsi_status_text(status));
	return l;
}

int rig_free(struct line *l)
{
	int status;

	mach_entry_live(l->f->pci, l->index, false);
	status = umsi_irq_free(rig.umsi, l->irq);
	if (!status)
		mach_entry_freed(l->f->pci, l->index);
	return status;
}

int rig_move(const struct line *l, umsi_cpu cpu)
{
	return umsi_irq_set_affinity(rig.umsi, l->irq, &(struct umsi_affinity){ .kind = UMSI_AFFINITY_CPU, .cpu = cpu });
}

umsi_cpu rig_target(const struct line *l)
{
	return umsi_irq_effective_cpu(rig.umsi, l->irq);
}

uint32_t rig_raise(struct line *l)
{
	uint32_t before = l->calls;

	assert_true(mach_pci_raise(l->f->pci, l->index));
	rig_run();
	return l->calls - before;
}

/* ---- CPUs that go and come ---- */

static void die(void *arg)
{
	(void)arg;
	mach_irq_off(rig.m);
	MACH_CHECK(rig.m, umsi_cpu_dead(rig.umsi, mach_cpu(rig.m)) == UMSI_OK, "I-API", "dead");
	mach_cpu_down(rig.m);
}

int rig_down(umsi_cpu cpu)
{
	int status = umsi_cpu_leave(rig.umsi, cpu);

	if (status)
		return status;
	mach_thread(rig.m, cpu, die, NULL);
	rig_run();
	assert_false(umsi_cpu_is_online(rig.umsi, cpu));
	return UMSI_OK;
}

void rig_up(umsi_cpu cpu)
{
	if (mach_cpu_is_up(rig.m, cpu))
		mach_thread(rig.m, cpu, come_online, NULL);
	else
		mach_cpu_up(rig.m, cpu, come_online, NULL);
	rig_run();
	assert_true(umsi_cpu_is_online(rig.umsi, cpu));
}

/* ---- A store that holds nothing, to fill slots with ---- */

static int void_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return 1;
}

static int void_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static const struct umsi_store_ops void_ops = {
	.name = "void", .number_name = "n", .write = void_write, .settle = void_settle,
};

struct umsi_table *rig_void(void)
{
	const struct umsi_device_config dc = { .name = "filler", .requester_id = 0xff00, .parent = rig.root };
	const struct umsi_table_config tc = { .size = UMSI_TABLE_MAX };

	if (!rig.filler) {
		assert_int_equal(umsi_device_add(rig.umsi, &dc, &rig.filler), UMSI_OK);
		assert_int_equal(umsi_table_create(rig.filler, &void_ops, NULL, &tc, &rig.filling), UMSI_OK);
	}
	return rig.filling;
}

uint32_t rig_fill(umsi_cpu cpu, uint32_t count)
{
	const struct umsi_irq_request_at at = {
		.last = UMSI_INDEX_LAST, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = cpu },
	};
	uint32_t n = 0;
	umsi_irq irq;

	while (n < count && umsi_irq_alloc(rig_void(), &at, &irq) == UMSI_OK)
		n++;
	return n;
}

void rig_unfill(void)
{
	if (rig.filler)
		assert_int_equal(umsi_device_remove(rig.filler), UMSI_OK);
	rig.filler = NULL;
}

uint32_t rig_free_slots(umsi_cpu cpu)
{
	return umsi_ids_free_count(&umsi_vec_of(rig.root)->cpu[cpu]->ids);
}

struct umsi_stats rig_stats(void)
{
	struct umsi_stats st;

	umsi_stats_read(rig.umsi, &st);
	return st;
}

/* ---- The end ---- */

static void drain(void *arg)
{
	(void)arg;
	mach_irq_off(rig.m);
	umsi_drain_point(rig.umsi);
	mach_irq_on(rig.m);
	mach_delay(rig.m, 600);	/* what has to age gets older, too */
}

void rig_drain(void)
{
	for (unsigned int turn = 0; turn < 6; turn++) {
		for (umsi_cpu cpu = 0; cpu < rig.cpus; cpu++)
			if (umsi_cpu_is_online(rig.umsi, cpu))
				mach_thread(rig.m, cpu, drain, NULL);
		rig_run();
		umsi_reap(rig.umsi);
	}
}

static void no_more_events(struct function *f)
{
	for (uint32_t i = 0; i < RIG_LINES; i++)
		if (f->line[i].irq)
			mach_entry_live(f->pci, i, false);
}

void rig_end(void)
{
	struct umsi_stats st;

	if (!mach_check_quiet(rig.m)) {
		mach_report(rig.m, stderr, 60);
		fail_msg("seed %llu", (unsigned long long)mach_seed(rig.m));
	}
	rig_unfill();
	for (uint32_t n = 0; n < RIG_FUNCTIONS; n++) {
		if (!rig.f[n].dev)
			continue;
		no_more_events(&rig.f[n]);
		assert_int_equal(umsi_device_remove(rig.f[n].dev), UMSI_OK);
	}
	rig_drain();
	st = rig_stats();
	assert_int_equal(st.irqs, 0);
	assert_int_equal(st.records, 0);
	assert_int_equal(st.retiring, 0);
	for (umsi_cpu cpu = 0; cpu < rig.cpus; cpu++)
		assert_int_equal(rig_free_slots(cpu), rig.ids - RIG_SYSTEM_IDS);
	assert_int_equal(umsi_imsic_destroy(rig.root), UMSI_OK);
	rig.root = NULL;
	assert_int_equal(umsi_destroy(rig.umsi), UMSI_OK);
	if (!mach_check_leaks(rig.m)) {
		mach_report(rig.m, stderr, 0);
		fail_msg("leak");
	}
	mach_destroy(rig.m);
}

void rig_expect_free(umsi_cpu cpu, uint32_t slots)
{
	assert_int_equal(rig_free_slots(cpu), slots);
}

struct function *rig_begin_msix(uint16_t entries, const struct rig_config *config)
{
	const struct mach_pci_config table = { .entries = entries };
	struct function *f;

	rig_begin(config);
	f = rig_function(0, &table);
	assert_int_equal(rig_msix(f), UMSI_OK);
	return f;
}
