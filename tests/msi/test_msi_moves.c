/* SPDX-License-Identifier: MIT */
/*
 * Plain MSI moved under fire (P-47, P-48): nothing may be lost, nobody else be
 * called for good, whatever order the device reads the words in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/msi/box.h"

#define MOVES	12
#define LIVES	2	/* entries of the other function that come and go; the rest only takes slots */
#define RUN	16	/* neighbouring slots, an aligned block of eight among them */

/* Runs of each test; SEEDS=n in the environment: more. */
static uint64_t seeds(void)
{
	const char *n = getenv("SEEDS");

	return n ? strtoull(n, NULL, 0) : 40;
}

static uint64_t moved[3];	/* by the order of sampling */

static void mover(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < MOVES; i++) {
		umsi_irq irq = box.irq[mach_random(box.m, box.messages)];
		int status = box_move(irq, (umsi_cpu)mach_random(box.m, BOX_CPUS));

		MACH_CHECK(box.m, status == UMSI_OK || status == UMSI_ENOSLOT, "test", "move: %s",
			   umsi_status_text(status));
		mach_delay(box.m, mach_random(box.m, 80));
	}
	box.working--;
}

/* ---- The other function: takes every slot that is given back, and must not miss a call either ---- */

static enum umsi_handled other_handler(void *arg)
{
	uint32_t index = (uint32_t)(uintptr_t)arg;

	mach_handler_begin(box.other, index);
	mach_handler_end(box.other, index);
	return UMSI_HANDLED;
}

static void one_life(uint32_t index)
{
	const struct umsi_irq_request_at at = {
		.first = index, .last = index,
		.affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = (umsi_cpu)mach_random(box.m, BOX_CPUS) },
	};
	umsi_irq irq;

	if (umsi_irq_alloc(box.other_table, &at, &irq))
		return;		/* no slot there just now */
	mach_entry_reborn(box.other, index);
	mach_entry_live(box.other, index, true);
	MACH_CHECK(box.m, umsi_irq_request(box.umsi, irq, other_handler, (void *)(uintptr_t)index,
					   "other") == UMSI_OK, "test", "request");
	for (unsigned int i = 0; i < 4; i++) {
		mach_pci_raise(box.other, index);
		mach_delay(box.m, mach_random(box.m, 60));
	}
	while (mach_entry_owed(box.other, index))
		mach_delay(box.m, 20);
	mach_entry_live(box.other, index, false);
	MACH_CHECK(box.m, umsi_irq_free(box.umsi, irq) == UMSI_OK, "test", "free");
	mach_entry_freed(box.other, index);
}

static void neighbour(void *arg)
{
	uint32_t index = (uint32_t)(uintptr_t)arg;

	while (box.working)
		one_life(index);
}

/*
 * Takes every slot of each CPU and gives some back, by runs of @run: how many,
 * and whether the same ones on all CPUs, decides which way of R3 a move finds.
 */
static void take_slots(uint32_t run)
{
	umsi_irq irq[BOX_OTHERS];
	uint32_t index = LIVES, n;

	for (umsi_cpu cpu = 0; cpu < BOX_CPUS; cpu++) {
		uint32_t keep = 0;

		for (n = 0; index + n < BOX_OTHERS; n++) {
			const struct umsi_irq_request_at at = {
				.first = index + n, .last = index + n,
				.affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = cpu },
			};

			if (umsi_irq_alloc(box.other_table, &at, &irq[n]))
				break;
		}
		for (uint32_t i = 0; i < n; i++) {
			if (i % run == 0)
				keep = (uint32_t)mach_random(box.m, 8);
			if (keep < 4)
				umsi_irq_free(box.umsi, irq[i]);
		}
		index += n;
	}
}

static void take_slots_one(void *arg)
{
	(void)arg;
	take_slots(1);
}

static void take_slots_run(void *arg)
{
	(void)arg;
	take_slots(RUN);
}

static void move_under_fire(const struct box_config *config, uint32_t messages)
{
	struct umsi_stats st;

	box_begin(config);
	assert_int_equal(umsi_pci_msix_create(box.other_dev, &box.other_fn, &box.other_table), UMSI_OK);
	box_open(messages);
	if (config->system_ids) {
		mach_thread(box.m, 0, messages > 1 ? take_slots_run : take_slots_one, NULL);
		box_run();
	}
	box.working = 1;
	mach_pci_traffic(box.pci, 150, 6);
	mach_thread(box.m, 3, mover, NULL);
	mach_thread(box.m, 2, neighbour, (void *)(uintptr_t)0);
	mach_thread(box.m, 0, neighbour, (void *)(uintptr_t)1);
	box_run();
	if (!mach_check_quiet(box.m)) {
		mach_report(box.m, stderr, 60);
		fail_msg("seed %llu", (unsigned long long)mach_seed(box.m));
	}
	umsi_stats_read(box.umsi, &st);
	moved[config->sampling - MACH_SAMPLE_TOGETHER] += st.moves;
	box_end();
}

/* Slots plenty, or short: the second leaves no slot that is free on both CPUs, so events are replayed. */
static void all_orders(struct mach_msi msi, uint32_t messages, bool groups)
{
	memset(moved, 0, sizeof(moved));
	for (uint64_t seed = 1; seed <= seeds(); seed++) {
		for (int order = MACH_SAMPLE_TOGETHER; order <= MACH_SAMPLE_DATA_FIRST; order++) {
			const struct box_config c = {
				.seed = seed * 4 + (uint64_t)order, .msi = msi,
				.sampling = (enum mach_sampling)order,
				.system_ids = seed % 2 ? 0 : 32, .groups = groups,
			};

			move_under_fire(&c, messages);
		}
	}
	for (int i = 0; i < 3; i++)
		assert_true(moved[i] >= seeds() * MOVES / 3);
	print_message("# moves: %llu words together, %llu address first, %llu data first\n",
		      (unsigned long long)moved[0], (unsigned long long)moved[1], (unsigned long long)moved[2]);
}

static void P_47_one_message_without_mask(void **state)
{
	(void)state;
	all_orders((struct mach_msi){ .wide = true }, 1, false);
}

static void P_47_one_message_without_mask_or_upper_address(void **state)
{
	(void)state;
	all_orders((struct mach_msi){ .wide = false }, 1, false);
}

static void P_47_eight_messages_without_mask(void **state)
{
	(void)state;
	all_orders((struct mach_msi){ .wide = true, .messages_log2 = 3 }, 8, false);
}

/* Both halves of the address change as well as the data, when a move goes far. */
static void P_47_P_58_three_words_without_mask(void **state)
{
	(void)state;
	all_orders((struct mach_msi){ .wide = true }, 1, true);
}

static void P_47_P_58_three_words_of_eight_messages_without_mask(void **state)
{
	(void)state;
	all_orders((struct mach_msi){ .wide = true, .messages_log2 = 3 }, 8, true);
}

static void one_message_with_mask(void **state)
{
	(void)state;
	all_orders((struct mach_msi){ .wide = true, .maskable = true }, 1, false);
}

static void eight_messages_with_mask(void **state)
{
	(void)state;
	all_orders((struct mach_msi){ .maskable = true, .messages_log2 = 5 }, 8, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_47_one_message_without_mask),
		cmocka_unit_test(P_47_one_message_without_mask_or_upper_address),
		cmocka_unit_test(P_47_eight_messages_without_mask),
		cmocka_unit_test(P_47_P_58_three_words_without_mask),
		cmocka_unit_test(P_47_P_58_three_words_of_eight_messages_without_mask),
		cmocka_unit_test(one_message_with_mask),
		cmocka_unit_test(eight_messages_with_mask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
