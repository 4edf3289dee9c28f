/* SPDX-License-Identifier: MIT */
/*
 * What each kind of source does with each level of its line (P-62), and which
 * hart a number of the APLIC's stands for (P-66), both ways of delivery.
 * Source: RISC-V AIA 1.0, "Precise effects on interrupt-pending bits".
 */
#include "rig.h"

#define SOURCE	9u

static struct umsi_table *table;
static umsi_irq irq;
static uint32_t calls, falls_after;	/* the line is as in rest from this call on */
static bool rest;			/* the level of the line in rest */
static umsi_cpu last_cpu;

static enum umsi_handled handler(void *arg)
{
	(void)arg;
	last_cpu = mach_cpu(rig.m);
	if (++calls >= falls_after)
		mach_aplic_line(rig.aplic, SOURCE, rest);
	return UMSI_HANDLED;
}

static void listen(unsigned int trigger)
{
	struct umsi_irq_request_at at = { .first = SOURCE, .last = SOURCE, .trigger = (uint8_t)trigger };

	assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(rig.umsi, irq, handler, NULL, "rule"), UMSI_OK);
	rig_run();
}

static void begin(bool direct)
{
	rig_begin(1, direct, false, &mach_chaos_none);
	assert_int_equal(direct ? umsi_aplic_direct_wires(rig.dev, &table)
				: umsi_aplic_messages_create(rig.dev, &rig_config, &table), UMSI_OK);
	calls = 0;
	falls_after = 1;
}

static void line(bool high, uint32_t calls_until_now)
{
	mach_aplic_line(rig.aplic, SOURCE, high);
	rig_run();
	assert_int_equal(calls, calls_until_now);
}

/* ---- P-62 ---- */

static const struct {
	unsigned int trigger;
	bool level, active;
} kinds[] = {
	{ UMSI_TRIGGER_LEVEL_HIGH, true, true }, { UMSI_TRIGGER_LEVEL_LOW, true, false },
	{ UMSI_TRIGGER_EDGE_RISING, false, true }, { UMSI_TRIGGER_EDGE_FALLING, false, false },
};

/*
 * Whether anything is heard of a line that is @high when its source is opened. "Source configurations": a new mode in
 * which the input is active may set the pending bit, of an edge as well.
 */
static void opened_with_its_line(uint32_t k, bool high)
{
	rest = !kinds[k].active;
	mach_aplic_line(rig.aplic, SOURCE, high);
	listen(kinds[k].trigger);
	if (kinds[k].level || high != kinds[k].active)
		assert_int_equal(calls, high == kinds[k].active);
	else
		assert_in_range(calls, 0, 1);
	assert_false(mach_aplic_pending(rig.aplic, SOURCE));
	line(rest, calls);
}

/* Each way to the active level is one event, the way back none. */
static void goes_up_and_down(uint32_t k)
{
	uint32_t before = calls;

	falls_after = UINT32_MAX;
	for (uint32_t i = 1; i <= 3; i++) {
		falls_after = kinds[k].level ? calls + 1 : UINT32_MAX;
		line(!rest, before + i);
		line(rest, before + i);
		assert_false(mach_aplic_pending(rig.aplic, SOURCE));
	}
}

/* Sent is not served: a level that stays up is looked at again after each handler, an edge never. */
static void stays_up(uint32_t k)
{
	uint32_t before = calls;

	falls_after = calls + 5;
	line(!rest, before + (kinds[k].level ? 5 : 1));
	assert_false(mach_aplic_pending(rig.aplic, SOURCE));
	falls_after = calls + 1;
	line(rest, calls);
}

/* What comes while it is disabled: an edge is remembered, a level only as long as it lasts. */
static void behind_a_disable(uint32_t k, bool stays)
{
	uint32_t before = calls;

	falls_after = calls + 1;
	assert_int_equal(umsi_irq_disable(rig.umsi, irq), UMSI_OK);
	line(!rest, before);
	if (!stays)
		line(rest, before);
	assert_int_equal(umsi_irq_enable(rig.umsi, irq), UMSI_OK);
	rig_run();
	assert_int_equal(calls, before + (stays || !kinds[k].level));
	line(rest, calls);
	assert_false(mach_aplic_pending(rig.aplic, SOURCE));
}

static void P_62_pending_bits_of_each_kind_of_source(void **state)
{
	(void)state;
	for (uint32_t direct = 0; direct < 2; direct++) {
		for (uint32_t k = 0; k < 4; k++) {
			for (uint32_t high = 0; high < 2; high++) {
				begin(direct);
				opened_with_its_line(k, high);
				goes_up_and_down(k);
				stays_up(k);
				behind_a_disable(k, true);
				behind_a_disable(k, false);
				goes_up_and_down(k);
				rig_end();
			}
		}
	}
}

/* ---- P-66 ---- */

/* As they come, reversed, in pairs, with holes: CPU n is hart index maps[][n]. */
static void P_66_a_hart_index_is_no_cpu_number(void **state)
{
	static const uint32_t maps[][RIG_CPUS] = { { 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 1, 0, 3, 2 }, { 6, 0, 5, 2 } };
	const uint32_t *usual = rig_hart_index;

	(void)state;
	for (uint32_t n = 0; n < 8; n++) {
		rig_hart_index = maps[n / 2];
		begin(n & 1);
		rest = false;
		listen(UMSI_TRIGGER_LEVEL_HIGH);
		for (umsi_cpu i = 1; i <= 2 * RIG_CPUS; i++) {
			umsi_cpu cpu = i % RIG_CPUS;

			falls_after = calls + 1;
			assert_int_equal(umsi_irq_set_affinity(rig.umsi, irq, &(struct umsi_affinity){
				.kind = UMSI_AFFINITY_CPU, .cpu = cpu }), UMSI_OK);
			assert_int_equal(mach_aplic_target(rig.aplic, SOURCE) >> 18, maps[n / 2][cpu]);
			line(true, i);
			assert_int_equal(last_cpu, cpu);
		}
		rig_end();
	}
	rig_hart_index = usual;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_62_pending_bits_of_each_kind_of_source),
		cmocka_unit_test(P_66_a_hart_index_is_no_cpu_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
