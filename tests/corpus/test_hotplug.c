/* SPDX-License-Identifier: MIT */
/* Rows of the corpus about CPUs that go and come. */
#include "rig.h"

static const struct mach_pci_config plain_msix = { .entries = 64 };

/* Allocated on CPU 2 and never requested: it is freed while that CPU is away, or after it came back. */
static void dormant(bool freed_while_down)
{
	struct function *f;

	rig_begin(&(struct rig_config){ 0 });
	f = rig_function(0, &plain_msix);
	assert_int_equal(rig_msix(f), UMSI_OK);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(rig_alloc(f, i, 2), UMSI_OK);
	assert_int_equal(rig_down(2), UMSI_OK);
	if (!freed_while_down)
		rig_up(2);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(rig_free(&f->line[i]), UMSI_OK);
	if (freed_while_down)
		rig_up(2);
	rig_drain();
	for (umsi_cpu cpu = 0; cpu < rig.cpus; cpu++)
		assert_int_equal(rig_free_slots(cpu), rig.ids - RIG_SYSTEM_IDS);
	rig_end();
}

static void P_34_dormant_slots_survive_offline(void **state)
{
	(void)state;
	dormant(true);
	dormant(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_34_dormant_slots_survive_offline),
	};

	return cmocka_run_group_tests_name("corpus: hotplug", tests, NULL, NULL);
}
