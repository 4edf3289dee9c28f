/* SPDX-License-Identifier: MIT */
#include "silence.h"

void silence_refuses_and_recovers(const struct fire_unit *unit)
{
	struct function *f = rig_function(0, NULL, NULL);
	umsi_cpu at;

	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	assert_int_equal(rig_irq(f, 1), UMSI_OK);
	at = umsi_irq_effective_cpu(rig.umsi, f->irq[0]);
	unit->stall(true);
	for (int i = 0; i < 3; i++)
		assert_int_equal(rig_move(f->irq[0], (at + 1) % RIG_CPUS), UMSI_ETIMEOUT);
	assert_int_equal(umsi_irq_effective_cpu(rig.umsi, f->irq[0]), at);
	assert_int_equal(mach_pci_target(f->pci, 0), at);
	assert_int_equal(rig_raise(f, 0), 1);
	assert_int_equal(mach_logged(rig.m, UMSI_LOG_ERROR), 1);
	mach_entry_live(f->pci, 1, false);
	assert_int_equal(umsi_irq_free(rig.umsi, f->irq[1]), UMSI_OK);
	unit->stall(false);
	rig_run();
	assert_int_equal(rig_move(f->irq[0], (at + 1) % RIG_CPUS), UMSI_OK);
	assert_int_equal(rig_raise(f, 0), 1);
	assert_int_equal(rig.last_cpu, (at + 1) % RIG_CPUS);
}

static struct {
	const struct fire_unit *unit;
	struct function *f;
	int status;
} slow;

static void move_once(void *arg)
{
	umsi_irq irq = slow.f->irq[0];

	(void)arg;
	slow.status = rig_move(irq, (umsi_irq_effective_cpu(rig.umsi, irq) + 1) % RIG_CPUS);
}

static void resume_once(void *arg)
{
	(void)arg;
	slow.status = slow.unit->resume(rig.unit);
}

void silence_before_a_slow_resume(void (*begin)(uint64_t seed, const struct mach_chaos *chaos),
				  const struct fire_unit *unit)
{
	struct mach_chaos chaos = mach_chaos_none;

	chaos.message_now = 0;
	chaos.message_max = 3000;
	slow.unit = unit;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		begin(seed, &chaos);
		slow.f = rig_function(0, NULL, NULL);
		assert_int_equal(rig_irq(slow.f, 0), UMSI_OK);
		unit->stall(true);
		mach_thread(rig.m, 0, move_once, NULL);
		rig_run();
		assert_int_equal(slow.status, UMSI_ETIMEOUT);
		unit->power_cycle();
		unit->stall(false);
		mach_thread(rig.m, 0, resume_once, NULL);
		rig_run();
		assert_int_equal(slow.status, UMSI_OK);
		assert_int_equal(rig_raise(slow.f, 0), 1);
		rig_end();
	}
}

void silence_after_a_refusal(const struct fire_unit *unit, uint32_t nth)
{
	struct function *f = rig_function(0, NULL, NULL);

	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	unit->refuse(nth);
	for (umsi_cpu i = 1; i < 5; i++) {
		assert_int_equal(rig_raise(f, 0), 1);
		assert_int_equal(rig_move(f->irq[0], i % RIG_CPUS), UMSI_OK);
		assert_int_equal(rig_raise(f, 0), 1);
		assert_int_equal(rig.last_cpu, i % RIG_CPUS);
	}
}
