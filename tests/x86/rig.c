/* SPDX-License-Identifier: MIT */
#include "rig.h"

struct rig rig;

static void on_trap(void *arg, umsi_cpu cpu)
{
	(void)arg;
	umsi_lapic_trap(rig.root, cpu, mach_lapic_vector(rig.m));
}

void rig_timer(void *host, umsi_cpu cpu)
{
	(void)host;
	(void)cpu;
	rig.timer_calls++;
}

int rig_begin(uint64_t seed, struct mach_config config, const struct umsi_lapic_config *lapic)
{
	static const struct umsi_lapic_config defaults = { .timer = rig_timer };
	struct umsi_config uc = { .cpus = rig.cpus, .min_age_ns = 1700000 };

	memset(&rig, 0, sizeof(rig));
	config.kind = MACH_X86;
	config.trap = on_trap;
	if (!config.ncpus)
		config.ncpus = RIG_CPUS;
	uc.ncpus = config.ncpus;
	for (uint32_t i = 0; i < config.ncpus; i++)
		rig.cpus[i].hw_id = config.apic_id ? config.apic_id[i] : i;
	rig.m = mach_create(seed, &config);
	mach_baseline(rig.m);
	assert_int_equal(umsi_init(&rig.storage, rig.m, &uc, &rig.umsi), UMSI_OK);
	return umsi_lapic_create(rig.umsi, lapic ? lapic : &defaults, &rig.root);
}

static void cpu_up(void *arg)
{
	umsi_cpu cpu = mach_cpu(rig.m);

	(void)arg;
	mach_irq_off(rig.m);
	rig.online[cpu] = umsi_cpu_online(rig.umsi, cpu);
	mach_irq_on(rig.m);
}

void rig_online(void)
{
	for (umsi_cpu i = 0; i < RIG_CPUS; i++)
		mach_thread(rig.m, i, cpu_up, NULL);
	rig_run();
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
	if (rig.root)
		assert_int_equal(umsi_lapic_destroy(rig.root), UMSI_OK);
	rig.root = NULL;
	assert_int_equal(umsi_destroy(rig.umsi), UMSI_OK);
	assert_true(mach_check_leaks(rig.m));
	mach_destroy(rig.m);
}
