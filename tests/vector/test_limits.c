/* SPDX-License-Identifier: MIT */
/* Who gets interrupts when there are not enough: floors, ceilings, giving back; and balance on request. */
#include "site.h"

#include <umsi/limits.h>

#define SECOND	0x200u

/* A second device beside the site's, with a table of its own. */
struct pair {
	struct site s;
	struct mach_pci *pci;
	struct umsi_device *dev;
	struct umsi_table *table;
	umsi_irq irq[2][16];		/* of the first device and the second; what they have now */
	uint32_t asked[2], wanted, offered[2];
	uint32_t gives;			/* how many the first gives back when asked */
	umsi_irq in_callback;
};

static void begin_pair(struct pair *p)
{
	struct mach_pci_config pci = { .requester_id = SECOND, .entries = 16 };
	struct umsi_pci_function fn = { .requester_id = SECOND };
	struct umsi_device_config config = { .name = "second", .requester_id = SECOND };

	memset(p, 0, sizeof(*p));
	begin(&p->s, (struct mach_msi){ 0 });
	p->pci = mach_pci_add(p->s.rig.m, &pci);
	for (unsigned int bar = 0; bar < 6; bar++)
		mach_pci_bar(p->pci, bar, &fn.bar[bar].phys, &fn.bar[bar].bytes);
	config.parent = p->s.rig.root;
	assert_int_equal(umsi_device_add(p->s.rig.umsi, &config, &p->dev), UMSI_OK);
	assert_int_equal(umsi_pci_msix_create(p->dev, &fn, &p->table), UMSI_OK);
}

static void end_pair(struct pair *p)
{
	assert_int_equal(umsi_device_remove(p->dev), UMSI_OK);
	end(&p->s);
}

static int take(struct pair *p, uint32_t device, uint32_t index)
{
	struct umsi_irq_request_at at = { .first = index, .last = index };

	return umsi_irq_alloc(device ? p->table : p->s.table, &at, &p->irq[device][index]);
}

static void give(struct pair *p, uint32_t device, uint32_t index)
{
	assert_int_equal(umsi_irq_free(p->s.rig.umsi, p->irq[device][index]), UMSI_OK);
	p->irq[device][index] = UMSI_IRQ_NONE;
}

/* All but @n slots of the machine are taken. */
static void leave_free(struct pair *p, uint32_t n)
{
	fill(&p->s);
	for (; n; n--) {
		fillers--;
		umsi_vec_give(p->s.rig.v, filler[fillers].cpu, p->s.rig.r, filler[fillers].slot);
	}
}

/* ---- Ceilings and floors ---- */

static void a_ceiling_is_for_one_device(void **state)
{
	struct umsi_irq_request_at any = { .last = UMSI_INDEX_LAST };
	umsi_irq out[8];
	struct pair p;

	(void)state;
	begin_pair(&p);
	assert_int_equal(umsi_device_set_limits(p.s.dev, &(struct umsi_device_limits){ .most = 3 }), UMSI_OK);
	assert_int_equal(take(&p, 0, 0), UMSI_OK);
	assert_int_equal(umsi_irq_alloc_many(p.s.table, &any, 1, 8, out), 2);
	assert_int_equal(take(&p, 0, 9), UMSI_ELIMIT);
	assert_int_equal(umsi_irq_alloc_many(p.s.table, &any, 1, 8, &out[2]), UMSI_ELIMIT);
	assert_int_equal(take(&p, 1, 9), UMSI_OK);
	give(&p, 0, 0);
	assert_int_equal(take(&p, 0, 9), UMSI_OK);
	/* What it has stays; and then it is free again. */
	assert_int_equal(umsi_device_set_limits(p.s.dev, &(struct umsi_device_limits){ .most = 1 }), UMSI_OK);
	give(&p, 0, 9);
	assert_int_equal(take(&p, 0, 9), UMSI_ELIMIT);
	assert_int_equal(umsi_device_set_limits(p.s.dev, NULL), UMSI_OK);
	assert_int_equal(take(&p, 0, 9), UMSI_OK);
	end_pair(&p);
}

static void a_floor_is_left_by_the_others(void **state)
{
	struct umsi_device_limits floor = { .least = 3 };
	struct pair p;

	(void)state;
	begin_pair(&p);
	assert_int_equal(take(&p, 1, 0), UMSI_OK);
	leave_free(&p, 5);
	assert_int_equal(umsi_device_set_limits(p.dev, &(struct umsi_device_limits){ .least = 7 }), UMSI_ENOSLOT);
	assert_int_equal(umsi_device_set_limits(p.dev, &floor), UMSI_OK);
	/* Two are still to come; three are for whoever asks first. */
	assert_int_equal(umsi_device_set_limits(p.s.dev, &(struct umsi_device_limits){ .least = 4 }), UMSI_ENOSLOT);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(take(&p, 0, i), UMSI_OK);
	assert_int_equal(take(&p, 0, 3), UMSI_ENOSLOT);
	assert_int_equal(take(&p, 1, 1), UMSI_OK);
	assert_int_equal(take(&p, 0, 3), UMSI_ENOSLOT);
	assert_int_equal(take(&p, 1, 2), UMSI_OK);
	assert_int_equal(take(&p, 1, 3), UMSI_ENOSLOT);
	/* As much as it has needs no room. */
	assert_int_equal(umsi_device_set_limits(p.dev, &floor), UMSI_OK);
	/* What it gives back it may have again. */
	give(&p, 1, 0);
	assert_int_equal(take(&p, 0, 3), UMSI_ENOSLOT);
	assert_int_equal(take(&p, 1, 0), UMSI_OK);
	/* Without the promise it is anybody's. */
	give(&p, 1, 0);
	assert_int_equal(umsi_device_set_limits(p.dev, NULL), UMSI_OK);
	assert_int_equal(take(&p, 0, 3), UMSI_OK);
	unfill(&p.s);
	end_pair(&p);
}

/* One that roams takes a slot of every CPU: as many are not left. */
static void those_that_roam_count_as_often_as_there_are_cpus(void **state)
{
	struct umsi_irq_request_at roams = { .first = 0, .last = 0, .kind = UMSI_IRQ_ROAMING };
	struct pair p;

	(void)state;
	begin_pair(&p);
	fill(&p.s);
	for (uint32_t i = 0, given = 0; given < RIG_CPUS; i++)	/* one a CPU */
		if (filler[i].cpu == given) {
			umsi_vec_give(p.s.rig.v, given++, p.s.rig.r, filler[i].slot);
			filler[i] = filler[--fillers];
			i = UINT32_MAX;
		}
	assert_int_equal(umsi_device_set_limits(p.dev, &(struct umsi_device_limits){ .least = 1 }), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(p.s.table, &roams, &p.irq[0][0]), UMSI_ENOSLOT);
	assert_int_equal(take(&p, 1, 0), UMSI_OK);
	give(&p, 1, 0);
	assert_int_equal(umsi_device_set_limits(p.dev, NULL), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(p.s.table, &roams, &p.irq[0][0]), UMSI_OK);
	unfill(&p.s);
	end_pair(&p);
}

static void wrong_limits_are_refused(void **state)
{
	struct pair p;

	(void)state;
	begin_pair(&p);
	assert_int_equal(umsi_device_set_limits(NULL, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_device_set_limits(p.dev, &(struct umsi_device_limits){ .least = 2, .most = 1 }), UMSI_ERANGE);
	assert_int_equal(umsi_device_set_limits(p.dev, &(struct umsi_device_limits){ .least = UINT32_MAX }), UMSI_ENOSLOT);
	assert_int_equal(take(&p, 1, 0), UMSI_OK);
	end_pair(&p);
}

/* Each of these may sleep. */
static enum umsi_handled from_a_trap(void *arg)
{
	struct pair *p = arg;
	struct umsi_irq_request_at at = { .first = 9, .last = 9 };
	umsi_irq irq = UMSI_IRQ_NONE;

	p->asked[1]++;
	assert_int_equal(umsi_device_set_limits(p->dev, NULL), UMSI_ECONTEXT);
	assert_int_equal(umsi_irq_alloc(p->table, &at, &irq), UMSI_ECONTEXT);
	assert_int_equal(irq, UMSI_IRQ_NONE);
	assert_int_equal(umsi_rebalance(p->s.rig.umsi, 1), UMSI_ECONTEXT);
	return UMSI_HANDLED;
}

static void nothing_of_this_is_done_in_a_trap(void **state)
{
	struct pair p;

	(void)state;
	begin_pair(&p);
	assert_int_equal(umsi_device_set_limits(p.dev, &(struct umsi_device_limits){ .most = 4 }), UMSI_OK);
	assert_int_equal(take(&p, 1, 0), UMSI_OK);
	assert_int_equal(umsi_irq_request(p.s.rig.umsi, p.irq[1][0], from_a_trap, &p, "trap"), UMSI_OK);
	mach_pci_raise(p.pci, 0);
	settle(&p.s);
	assert_int_equal(p.asked[1], 1);
	/* The limit that was set stands. */
	for (uint32_t i = 1; i < 4; i++)
		assert_int_equal(take(&p, 1, i), UMSI_OK);
	assert_int_equal(take(&p, 1, 4), UMSI_ELIMIT);
	end_pair(&p);
}

/* ---- Giving back, and the offer ---- */

static void give_back(void *arg, uint32_t wanted)
{
	struct pair *p = arg;

	p->asked[0]++;
	p->wanted = wanted;
	for (uint32_t i = 0; i < 16 && p->gives; i++)
		if (p->irq[0][i]) {
			give(p, 0, i);
			p->gives--;
		}
	/* An allocation in here asks nobody. */
	if (p->in_callback) {
		struct umsi_irq_request_at at = { .first = 15, .last = 15 };

		assert_int_equal(umsi_irq_alloc(p->table, &at, &p->in_callback), UMSI_ENOSLOT);
		p->in_callback = UMSI_IRQ_NONE;
	}
}

static void offer_first(void *arg)
{
	((struct pair *)arg)->offered[0]++;
}

static void offer_second(void *arg)
{
	((struct pair *)arg)->offered[1]++;
}

static void who_has_more_is_asked_and_later_offered(void **state)
{
	struct umsi_device_limits first, second;
	struct pair p;

	(void)state;
	begin_pair(&p);
	first = (struct umsi_device_limits){ .least = 1, .give_back = give_back, .offer = offer_first, .arg = &p };
	second = (struct umsi_device_limits){ .offer = offer_second, .arg = &p };
	leave_free(&p, 3);
	assert_int_equal(umsi_device_set_limits(p.s.dev, &first), UMSI_OK);
	assert_int_equal(umsi_device_set_limits(p.dev, &second), UMSI_OK);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(take(&p, 0, i), UMSI_OK);
	/* It gives nothing. */
	p.in_callback = 1;
	assert_int_equal(take(&p, 1, 0), UMSI_ENOSLOT);
	assert_int_equal(p.asked[0], 1);
	assert_int_equal(p.wanted, 1);
	/* It gives one, and that is enough. */
	p.gives = 1;
	assert_int_equal(take(&p, 1, 0), UMSI_OK);
	assert_int_equal(p.asked[0], 2);
	assert_int_equal(p.offered[0] + p.offered[1], 0);
	/* The last one that it has is its own: it is not asked for that. */
	give(&p, 0, 1);
	assert_int_equal(p.offered[0], 1);
	assert_int_equal(take(&p, 1, 1), UMSI_OK);
	assert_int_equal(take(&p, 1, 2), UMSI_ENOSLOT);
	assert_int_equal(p.asked[0], 2);
	/* Free slots again: whoever was refused is told, once. */
	p.offered[0] = p.offered[1] = 0;
	give(&p, 1, 1);
	assert_int_equal(p.offered[1], 1);
	give(&p, 1, 0);
	assert_int_equal(p.offered[1], 1);
	unfill(&p.s);
	end_pair(&p);
}

/* What has become free is another's by its floor: the offer waits until there is more. */
static void what_is_promised_is_not_offered(void **state)
{
	struct umsi_device_limits first = { .least = 3 }, second;
	struct pair p;

	(void)state;
	begin_pair(&p);
	second = (struct umsi_device_limits){ .offer = offer_second, .arg = &p };
	leave_free(&p, 3);
	assert_int_equal(umsi_device_set_limits(p.s.dev, &first), UMSI_OK);
	assert_int_equal(umsi_device_set_limits(p.dev, &second), UMSI_OK);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(take(&p, 0, i), UMSI_OK);
	assert_int_equal(take(&p, 1, 0), UMSI_ENOSLOT);
	/* Nor to one that is refused and has not said how to tell it. */
	assert_int_equal(take(&p, 0, 3), UMSI_ENOSLOT);
	give(&p, 0, 0);
	assert_int_equal(p.offered[1], 0);
	assert_int_equal(take(&p, 1, 0), UMSI_ENOSLOT);
	first.least = 1;
	assert_int_equal(umsi_device_set_limits(p.s.dev, &first), UMSI_OK);
	give(&p, 0, 1);
	assert_int_equal(p.offered[1], 1);
	assert_int_equal(take(&p, 1, 0), UMSI_OK);
	unfill(&p.s);
	end_pair(&p);
}

/* ---- Balance ---- */

static uint32_t aimed_at(struct pair *p, umsi_cpu cpu)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < 32; i++)
		if (p->irq[i / 16][i % 16])
			n += umsi_irq_effective_cpu(p->s.rig.umsi, p->irq[i / 16][i % 16]) == cpu;
	return n;
}

static void balance_moves_from_most_to_least(void **state)
{
	uint64_t two = 0x6;		/* CPUs 1 and 2 */
	struct umsi_affinity set = { .kind = UMSI_AFFINITY_SET, .set = { &two, 64 } };
	struct pair p;

	(void)state;
	begin_pair(&p);
	for (uint32_t i = 0; i < 16; i++) {
		struct umsi_irq_request_at at = { .first = i, .last = i };

		at.affinity = (struct umsi_affinity){ .kind = UMSI_AFFINITY_CPU, .cpu = 1 };
		assert_int_equal(umsi_irq_alloc(p.table, &at, &p.irq[1][i]), UMSI_OK);
		assert_int_equal(umsi_irq_request(p.s.rig.umsi, p.irq[1][i], handler, &p.s, "b"), UMSI_OK);
		if (i >= 4)
			assert_int_equal(umsi_irq_set_affinity(p.s.rig.umsi, p.irq[1][i], &set), UMSI_OK);
	}
	assert_int_equal(aimed_at(&p, 1), 16);
	/* At most so many. */
	assert_int_equal(umsi_rebalance(p.s.rig.umsi, 3), 3);
	assert_int_equal(aimed_at(&p, 2), 3);
	assert_int_equal(umsi_rebalance(p.s.rig.umsi, 0), 0);
	assert_int_equal(umsi_rebalance(p.s.rig.umsi, 100), 5);
	/* Not where they may not be, however empty it is there. */
	assert_int_equal(aimed_at(&p, 1), 8);
	assert_int_equal(aimed_at(&p, 2), 8);
	assert_int_equal(umsi_rebalance(p.s.rig.umsi, 100), 0);
	for (uint32_t i = 0; i < 16; i++) {
		mach_pci_raise(p.pci, i);
		settle(&p.s);
	}
	assert_int_equal(p.s.calls, 16);
	/* The set is still theirs. */
	for (uint32_t i = 4; i < 16; i++)
		assert_int_equal(umsi_irq_set_affinity(p.s.rig.umsi, p.irq[1][i], &(struct umsi_affinity){ 0 }), UMSI_OK);
	assert_int_equal(umsi_rebalance(p.s.rig.umsi, 100), 11);
	assert_int_equal(aimed_at(&p, 2), 1);
	assert_int_equal(aimed_at(&p, 1), 4);
	assert_int_equal(umsi_rebalance(NULL, 1), UMSI_EINVAL);
	end_pair(&p);
}

static void balance_brings_back_who_had_to_leave(void **state)
{
	struct pair p;

	(void)state;
	begin_pair(&p);
	assert_int_equal(take(&p, 0, 0), UMSI_OK);
	assert_int_equal(move(&p.s, p.irq[0][0], 3), UMSI_OK);
	go_down(&p.s, 3);
	assert_int_not_equal(umsi_irq_effective_cpu(p.s.rig.umsi, p.irq[0][0]), 3);
	assert_int_equal(umsi_rebalance(p.s.rig.umsi, 9), 0);
	go_up(&p.s, 3);
	assert_int_equal(umsi_rebalance(p.s.rig.umsi, 9), 1);
	assert_int_equal(umsi_irq_effective_cpu(p.s.rig.umsi, p.irq[0][0]), 3);
	end_pair(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ceiling_is_for_one_device),
		cmocka_unit_test(a_floor_is_left_by_the_others),
		cmocka_unit_test(those_that_roam_count_as_often_as_there_are_cpus),
		cmocka_unit_test(wrong_limits_are_refused),
		cmocka_unit_test(nothing_of_this_is_done_in_a_trap),
		cmocka_unit_test(who_has_more_is_asked_and_later_offered),
		cmocka_unit_test(what_is_promised_is_not_offered),
		cmocka_unit_test(balance_moves_from_most_to_least),
		cmocka_unit_test(balance_brings_back_who_had_to_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
