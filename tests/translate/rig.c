/* SPDX-License-Identifier: MIT */
#include "rig.h"

struct rig rig;
uint32_t rig_cpus = RIG_CPUS;

static void on_trap(void *arg, umsi_cpu cpu)
{
	(void)arg;
	umsi_lapic_trap(rig.root, cpu, mach_lapic_vector(rig.m));
}

void rig_machine(uint64_t seed, const struct mach_chaos *chaos, bool x2apic, const uint32_t *apic_id)
{
	struct mach_config config = {
		.kind = MACH_X86, .ncpus = rig_cpus, .max_steps = 100000000, .trap = on_trap, .chaos = chaos, .apic_id = apic_id,
	};
	struct umsi_config uc = { .cpus = rig.cpus, .ncpus = rig_cpus, .min_age_ns = 1700000 };
	struct umsi_lapic_config lapic = { .x2apic = x2apic, .remapped = true };

	memset(&rig, 0, sizeof(rig));
	for (uint32_t i = 0; i < rig_cpus; i++)
		rig.cpus[i].hw_id = apic_id ? apic_id[i] : i;
	rig.m = mach_create(seed, &config);
	mach_baseline(rig.m);
	assert_int_equal(umsi_init(&rig.storage, rig.m, &uc, &rig.umsi), UMSI_OK);
	assert_int_equal(umsi_lapic_create(rig.umsi, &lapic, &rig.root), UMSI_OK);
}

static void cpu_up(void *arg)
{
	(void)arg;
	mach_irq_off(rig.m);
	MACH_CHECK(rig.m, umsi_cpu_online(rig.umsi, mach_cpu(rig.m)) == UMSI_OK, "I-API", "online");
	mach_irq_on(rig.m);
}

void rig_online(void)
{
	for (umsi_cpu i = 0; i < rig_cpus; i++)
		mach_thread(rig.m, i, cpu_up, NULL);
	rig_run();
}

int rig_vtd(const struct mach_vtd_config *unit, const struct umsi_vtd_config *config)
{
	struct mach_vtd_config u = unit ? *unit : (struct mach_vtd_config){ 0 };
	struct umsi_vtd_config c = config ? *config : (struct umsi_vtd_config){ .entries = 256 };

	if (!rig.vtd) {
		u.phys = RIG_VTD_PHYS;	/* whatever @unit says */
		rig.vtd = mach_vtd_add(rig.m, &u);
	}
	if (!c.phys)
		c.phys = RIG_VTD_PHYS;
	return umsi_vtd_create(rig.root, &c, &rig.unit);
}

void rig_begin_vtd(uint64_t seed, const struct mach_chaos *chaos)
{
	rig_machine(seed, chaos, false, NULL);
	assert_int_equal(rig_vtd(NULL, NULL), UMSI_OK);
	assert_true(mach_vtd_enabled(rig.vtd));
	rig_online();
}

int rig_amd(const struct mach_amd_vi_config *unit, const struct umsi_amd_vi_config *config)
{
	struct mach_amd_vi_config u = unit ? *unit : (struct mach_amd_vi_config){ 0 };
	struct umsi_amd_vi_config c = config ? *config : (struct umsi_amd_vi_config){ .last_bus = 15 };

	if (!rig.amd) {
		u.phys = RIG_AMD_PHYS;
		rig.amd = mach_amd_vi_add(rig.m, &u);
	}
	if (!c.phys)
		c.phys = RIG_AMD_PHYS;
	return umsi_amd_vi_create(rig.root, &c, &rig.unit);
}

void rig_begin_amd(uint64_t seed, const struct mach_chaos *chaos, bool wide_entries)
{
	struct umsi_amd_vi_config c = { .last_bus = 15, .wide_entries = wide_entries };

	rig_machine(seed, chaos, false, NULL);
	assert_int_equal(rig_amd(NULL, &c), UMSI_OK);
	assert_true(mach_amd_vi_enabled(rig.amd));
	rig_online();
}

enum umsi_handled rig_handler(void *arg)
{
	struct call *c = arg;

	mach_handler_begin(c->f->pci, c->index);
	c->f->calls[c->index]++;
	rig.last_cpu = mach_cpu(rig.m);
	mach_handler_end(c->f->pci, c->index);
	return UMSI_HANDLED;
}

struct function *rig_function(uint32_t n, const struct mach_pci_config *config,
			      const struct umsi_requester *as)
{
	struct function *f = &rig.f[n];
	struct mach_pci_config c = config ? *config : (struct mach_pci_config){ 0 };
	struct umsi_device_config dc = { .name = "dev", .parent = rig.unit };

	if (!c.requester_id)
		c.requester_id = 0x100 + 8 * n;
	if (!c.entries && !c.msi.present)
		c.entries = RIG_ENTRIES;
	if (!f->pci)
		f->pci = mach_pci_add(rig.m, &c);
	f->fn.requester_id = c.requester_id;
	for (unsigned int i = 0; i < 6; i++)
		mach_pci_bar(f->pci, i, &f->fn.bar[i].phys, &f->fn.bar[i].bytes);
	dc.requester_id = c.requester_id;
	if (as)
		dc.messages_as = *as;
	assert_int_equal(umsi_device_add(rig.umsi, &dc, &f->dev), UMSI_OK);
	if (c.msi.present)
		assert_int_equal(umsi_pci_msi_create(f->dev, &f->fn, UINT32_C(1) << c.msi.messages_log2,
						     &f->table), UMSI_OK);
	else
		assert_int_equal(umsi_pci_msix_create(f->dev, &f->fn, &f->table), UMSI_OK);
	return f;
}

int rig_irq(struct function *f, uint32_t index)
{
	struct umsi_irq_request_at at = { .first = index, .last = index };
	struct call *c = &rig.call[f - rig.f][index];
	int status;

	*c = (struct call){ f, index };
	status = umsi_irq_alloc(f->table, &at, &f->irq[index]);
	if (status)
		return status;
	mach_entry_reborn(f->pci, index);
	status = umsi_irq_request(rig.umsi, f->irq[index], rig_handler, c, "rig");
	if (!status)
		mach_entry_live(f->pci, index, true);
	return status;
}

int rig_move(umsi_irq irq, umsi_cpu cpu)
{
	return umsi_irq_set_affinity(rig.umsi, irq, &(struct umsi_affinity){
		.kind = UMSI_AFFINITY_CPU, .cpu = cpu });
}

uint32_t rig_raise(struct function *f, uint32_t index)
{
	uint32_t before = f->calls[index];

	mach_pci_raise(f->pci, index);
	rig_run();
	return f->calls[index] - before;
}

/* ---- A level-triggered pin ---- */

#define IOAPIC_PHYS	0xfec00000u
#define IOAPIC_ID	0x00a0u
#define PIN		5u

static struct mach_ioapic *ioapic;
static uint32_t pin_calls;
static bool pin_later;

static enum umsi_handled pin_handler(void *arg)
{
	(void)arg;
	pin_calls++;
	rig.last_cpu = mach_cpu(rig.m);
	if (pin_later)
		return UMSI_LATER;
	mach_ioapic_line(ioapic, PIN, false);
	return UMSI_HANDLED;
}

static void pin_up(uint32_t calls)
{
	uint32_t before = pin_calls;

	mach_ioapic_line(ioapic, PIN, true);
	rig_run();
	assert_int_equal(pin_calls - before, calls);
}

/* Its end is told by the pin's own number, so no entry has to wait for one, and no line goes dead. */
static void move_while_held(umsi_irq irq, umsi_cpu to)
{
	uint64_t entry = mach_ioapic_entry(ioapic, PIN);

	pin_later = true;
	pin_up(1);
	assert_int_equal(rig_move(irq, to), UMSI_OK);
	pin_later = false;
	mach_ioapic_line(ioapic, PIN, false);
	assert_int_equal(umsi_irq_done(rig.umsi, irq), UMSI_OK);
	rig_run();
	assert_int_equal(mach_ioapic_entry(ioapic, PIN), entry);
	pin_up(1);
	assert_int_equal(rig.last_cpu, to);
}

void rig_level_pin(void)
{
	struct umsi_device_config dc = { .name = "ioapic", .parent = rig.unit, .requester_id = IOAPIC_ID };
	struct umsi_ioapic_config config = { .phys = IOAPIC_PHYS };
	struct umsi_irq_request_at at = { .first = PIN, .last = PIN, .trigger = UMSI_TRIGGER_LEVEL_HIGH };
	struct umsi_device *dev;
	struct umsi_table *table;
	umsi_irq irq;

	pin_calls = 0;
	ioapic = mach_ioapic_add(rig.m, IOAPIC_PHYS, 24, 0x20);
	mach_ioapic_source(ioapic, IOAPIC_ID);
	assert_int_equal(umsi_device_add(rig.umsi, &dc, &dev), UMSI_OK);
	assert_int_equal(umsi_ioapic_create(dev, &config, &table), UMSI_EINVAL);
	config.directed_eoi = true;
	assert_int_equal(umsi_ioapic_create(dev, &config, &table), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(rig.umsi, irq, pin_handler, NULL, "pin"), UMSI_OK);
	for (umsi_cpu i = 0; i < 3 * rig_cpus; i++) {
		pin_up(1);
		move_while_held(irq, i % rig_cpus);
		assert_int_equal(rig_move(irq, (i + 1) % rig_cpus), UMSI_OK);
	}
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
}

/* ---- A timer that sends messages ---- */

#define HPET_PHYS	0xfed00000u
#define HPET_ID		0x007fu

static uint32_t timer_fired;

static enum umsi_handled timer_handler(void *arg)
{
	(void)arg;
	timer_fired++;
	rig.last_cpu = mach_cpu(rig.m);
	return UMSI_HANDLED;
}

static void wait_a_while(void *arg)
{
	(void)arg;
	mach_delay(rig.m, 300);
}

static void fire_timer(struct umsi_table *table, umsi_cpu cpu)
{
	uint32_t before = timer_fired;

	assert_int_equal(umsi_hpet_arm(table, 0, 100), UMSI_OK);
	mach_thread(rig.m, 0, wait_a_while, NULL);
	rig_run();
	assert_int_equal(timer_fired - before, 1);
	assert_int_equal(rig.last_cpu, cpu);
}

void rig_hpet(void)
{
	struct umsi_device_config dc = { .name = "hpet", .parent = rig.unit, .requester_id = HPET_ID };
	struct umsi_hpet_config config = { .phys = HPET_PHYS };
	struct umsi_irq_request_at at = { 0 };
	struct umsi_device *dev;
	struct umsi_table *table;
	umsi_irq irq;

	mach_hpet_source(mach_hpet_add(rig.m, HPET_PHYS, 3), HPET_ID);
	assert_int_equal(umsi_device_add(rig.umsi, &dc, &dev), UMSI_OK);
	assert_int_equal(umsi_hpet_create(dev, &config, &table), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(rig.umsi, irq, timer_handler, NULL, "timer"), UMSI_OK);
	assert_int_equal(umsi_hpet_start(table), UMSI_OK);
	for (umsi_cpu i = 1; i < 3 * rig_cpus; i++) {
		assert_int_equal(rig_move(irq, i % rig_cpus), UMSI_OK);
		fire_timer(table, i % rig_cpus);
	}
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
}

void rig_run(void)
{
	if (mach_run(rig.m))
		return;
	mach_report(rig.m, stderr, 60);
	fail_msg("seed %llu", (unsigned long long)mach_seed(rig.m));
}

void rig_end(void)
{
	for (uint32_t i = 0; i < RIG_FUNCTIONS; i++)
		if (rig.f[i].dev)
			assert_int_equal(umsi_device_remove(rig.f[i].dev), UMSI_OK);
	if (rig.unit)
		assert_int_equal(rig.amd ? umsi_amd_vi_destroy(rig.unit) : umsi_vtd_destroy(rig.unit), UMSI_OK);
	assert_int_equal(umsi_lapic_destroy(rig.root), UMSI_OK);
	assert_int_equal(umsi_destroy(rig.umsi), UMSI_OK);
	if (!mach_check_leaks(rig.m))
		mach_report(rig.m, stderr, 40);
	assert_null(mach_violated(rig.m));
	mach_destroy(rig.m);
}
