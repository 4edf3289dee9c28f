/* SPDX-License-Identifier: MIT */
/*
 * What a function may claim about a message store of its own. Each case is a healthy
 * function (MSI-X of 64 entries: table at BAR 0 offset 0, pending bits at BAR 2 offset 0x2000;
 * extended list 0x100 (error reporting) -> 0x148 (another vendor's) -> 0x180 (the store: 128 slots of 16 bytes
 * at BAR 2 offset 0x3000) -> 0x1c0 (Intel's SIOV)) with a few bytes changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/pci_ims.h>

#include "tests/pci/fake_pci.h"

#define VENDOR	0x1af4u
#define ID	0x0001u
#define BODY	0x20u

static const struct umsi_pci_ims_format format = {
	.vendor = VENDOR, .id = ID, .revision = 1, .bytes = BODY, .location = 0x0c, .slots = 0x10, .slot_bytes = 16,
};

struct poke {
	uint16_t offset;
	uint8_t width;
	uint32_t value;
};

struct malformed {
	const char *fact;
	struct poke poke[4];		/* width 0 ends */
	struct { uint8_t slot; struct umsi_pci_bar bar; } bar;	/* bytes and phys 0: as it is */
	int expected;
};

#define LOCATION	0x18c
#define SLOTS		0x190
#define HEAD(id, next)	((id) | 1u << 16 | (uint32_t)(next) << 20)
#define DVSEC(vendor, revision, length)	((vendor) | (revision) << 16 | (uint32_t)(length) << 20)

static const struct malformed cases[] = {
	/* The function and its header. */
	{ "vendor id all-ones: nobody there", { { 0x00, 2, 0xffff } }, .expected = UMSI_ECAP_GONE },
	{ "header type 2 (CardBus)", { { 0x0e, 1, 0x02 } }, .expected = UMSI_ECAP_HEADER },

	/* The extended list. */
	{ "no extended space: all-ones", { { 0x100, 4, 0xffffffff } }, .expected = UMSI_ECAP_NONE },
	{ "no extended capability", { { 0x100, 4, 0 } }, .expected = UMSI_ECAP_NONE },
	{ "list ends before", { { 0x148, 4, HEAD(0x23, 0) } }, .expected = UMSI_ECAP_NONE },
	{ "next pointer into the first 256 bytes", { { 0x148, 4, HEAD(0x23, 0x80) } }, .expected = UMSI_ECAP_POINTER },
	{ "next pointer 4", { { 0x100, 4, HEAD(0x01, 0x004) } }, .expected = UMSI_ECAP_POINTER },
	{ "capability points at itself", { { 0x148, 4, HEAD(0x23, 0x148) } }, .expected = UMSI_ECAP_LOOP },
	{ "capability points back", { { 0x148, 4, HEAD(0x23, 0x100) } }, .expected = UMSI_ECAP_LOOP },
	{ "loop of three",
	  { { 0x148, 4, HEAD(0x0b, 0x200) }, { 0x200, 4, HEAD(0x0b, 0x100) } }, .expected = UMSI_ECAP_LOOP },
	{ "pointer into space that reads all-ones",
	  { { 0x148, 4, HEAD(0x23, 0x300) }, { 0x300, 4, 0xffffffff } }, .expected = UMSI_ECAP_GONE },

	/* The capability. */
	{ "another vendor's", { { 0x184, 4, DVSEC(VENDOR + 1, 1, BODY) } }, .expected = UMSI_ECAP_NONE },
	{ "another id of the vendor's", { { 0x188, 2, ID + 1 } }, .expected = UMSI_ECAP_NONE },
	{ "an older revision", { { 0x184, 4, DVSEC(VENDOR, 0, BODY) } }, .expected = UMSI_ECAP_VERSION },
	{ "a newer revision", { { 0x184, 4, DVSEC(VENDOR, 2, BODY) } }, .expected = UMSI_ECAP_VERSION },
	{ "length 0", { { 0x184, 4, DVSEC(VENDOR, 1, 0) } }, .expected = UMSI_ECAP_SIZE },
	{ "headers only", { { 0x184, 4, DVSEC(VENDOR, 1, 0xc) } }, .expected = UMSI_ECAP_SIZE },
	{ "one byte short", { { 0x184, 4, DVSEC(VENDOR, 1, BODY - 1) } }, .expected = UMSI_ECAP_SIZE },
	{ "the largest length there is", { { 0x184, 4, DVSEC(VENDOR, 1, 0xfff) } }, .expected = UMSI_ECAP_SIZE },
	{ "at 0xff0, past the end",
	  { { 0x148, 4, HEAD(0x23, 0xff0) }, { 0xff0, 4, HEAD(0x23, 0) }, { 0xff4, 4, DVSEC(VENDOR, 1, BODY) },
	    { 0xff8, 4, ID } }, .expected = UMSI_ECAP_SIZE },
	{ "at 0xffc, without its own headers",
	  { { 0x148, 4, HEAD(0x23, 0xffc) }, { 0xffc, 4, HEAD(0x23, 0) } }, .expected = UMSI_ECAP_SIZE },
	{ "the next one begins within it", { { 0x180, 4, HEAD(0x23, 0x190) } }, .expected = UMSI_ECAP_POINTER },
	{ "all-ones behind its head", { { 0x184, 4, 0xffffffff } }, .expected = UMSI_ECAP_GONE },
	{ "all-ones in its body", { { LOCATION, 4, 0xffffffff }, { SLOTS, 2, 0xffff } }, .expected = UMSI_ECAP_GONE },

	/* Where it is said to be. */
	{ "BIR 6 (reserved)", { { LOCATION, 4, 0x3006 } }, .expected = UMSI_ECAP_BIR },
	{ "BIR 7 (reserved)", { { LOCATION, 4, 0x3007 } }, .expected = UMSI_ECAP_BIR },
	{ "a bridge has no BAR 2", { { 0x0e, 1, 0x01 } }, .expected = UMSI_ECAP_BIR },
	{ "an I/O BAR", { { LOCATION, 4, 0x1 } },
	  { 1, { .phys = 0x60000000, .bytes = 0x1000, .io = true } }, UMSI_ECAP_BIR },
	{ "a BAR of size 0", { { LOCATION, 4, 0x3 } }, .expected = UMSI_ECAP_BAR },
	{ "the upper half of a 64-bit BAR", { { LOCATION, 4, 0x1 } }, .expected = UMSI_ECAP_BAR },
	{ "an unassigned BAR", { { LOCATION, 4, 0x4 } }, { 4, { .bytes = 0x10000 } }, UMSI_ECAP_BAR },
	{ "a BAR beyond the address space", { { LOCATION, 4, 0x4 } },
	  { 4, { .phys = UINT64_C(0xfffffffffffff000), .bytes = 0x2000 } }, UMSI_EINVAL },

	/* Whether it fits. */
	{ "one slot past its BAR", { { LOCATION, 4, 0xf810 | 2 } }, .expected = UMSI_ECAP_TABLE },
	{ "offset is the BAR's end", { { LOCATION, 4, 0x10000 | 2 } }, .expected = UMSI_ECAP_TABLE },
	{ "offset is the largest there is", { { LOCATION, 4, 0xfffffff8 | 2 } }, .expected = UMSI_ECAP_TABLE },
	{ "65,536 slots in a BAR for 4,096", { { SLOTS, 2, 0xffff } }, .expected = UMSI_ECAP_TABLE },
	{ "larger than its BAR", { { 0 } }, { 2, { .phys = FAKE_BAR2, .bytes = 0x37f0 } }, UMSI_ECAP_TABLE },

	/* What else lies there. */
	{ "on the MSI-X table", { { LOCATION, 4, 0 } }, .expected = UMSI_ECAP_OVERLAP },
	{ "on its last entry", { { LOCATION, 4, 0x3f8 } }, .expected = UMSI_ECAP_OVERLAP },
	{ "its last slot on the pending bits", { { LOCATION, 4, 0x1808 | 2 } }, .expected = UMSI_ECAP_OVERLAP },
	{ "around the pending bits", { { LOCATION, 4, 0x1ff8 | 2 } }, .expected = UMSI_ECAP_OVERLAP },
	{ "two BARs at the same place", { { LOCATION, 4, 0x3 } },
	  { 3, { .phys = FAKE_BAR0, .bytes = 0x1000 } }, UMSI_ECAP_OVERLAP },
	{ "MSI-X itself lies: its table is past its BAR", { { 0x74, 4, 0xfc10 } }, .expected = UMSI_ECAP_TABLE },
	{ "MSI-X itself lies: its list loops", { { 0x51, 1, 0x40 } }, .expected = UMSI_ECAP_LOOP },
};

#define CASES	(sizeof(cases) / sizeof(cases[0]))

static void healthy(void)
{
	fake_reset(64);
	fake_set32(0x100, HEAD(0x01, 0x148));
	fake_set32(0x148, HEAD(0x23, 0x180));
	fake_set32(0x14c, DVSEC(0x1234, 1, 0x40));	/* too long, but not ours to say */
	fake_set32(0x150, ID);
	fake_set32(0x180, HEAD(0x23, 0x1c0));
	fake_set32(0x184, DVSEC(VENDOR, 1, BODY));
	fake_set32(0x188, ID);
	fake_set32(LOCATION, 0x3000 | 2);
	fake_set16(SLOTS, 128 - 1);
	fake_set32(0x1c0, HEAD(0x23, 0));
	fake_set32(0x1c4, DVSEC(0x8086, 0, 0x18));
	fake_set32(0x1c8, 0x0005);
	fake_set32(0x1d4, 0x1);
}

static void apply(const struct poke *poke)
{
	for (size_t i = 0; i < 4 && poke[i].width; i++)
		for (unsigned int b = 0; b < poke[i].width; b++)
			fake.config[poke[i].offset + b] = (uint8_t)(poke[i].value >> 8 * b);
}

static void expect_untouched(const uint8_t *before)
{
	assert_memory_equal(before, fake.config, sizeof(fake.config));
	assert_int_equal(fake.config_writes, 0);
	assert_int_equal(fake.mmio_reads + fake.mmio_writes, 0);
	assert_int_equal(fake.live_maps, 0);
}

static int probe(struct umsi_pci_ims *ims)
{
	static uint8_t before[sizeof(fake.config)];
	struct umsi *m;
	struct umsi_device *dev = fake_device(&m);
	int status;

	memcpy(before, fake.config, sizeof(before));
	status = umsi_pci_ims_probe(m, &fake.fn, &format, ims);
	expect_untouched(before);
	fake_device_remove(m, dev);
	return status;
}

static void every_lie_gets_its_error_and_nothing_is_touched(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		const struct malformed *c = &cases[i];
		struct umsi_pci_ims ims, untouched;
		int status;

		healthy();
		apply(c->poke);
		if (c->bar.bar.bytes)
			fake.fn.bar[c->bar.slot] = c->bar.bar;
		memset(&ims, 0x5a, sizeof(ims));
		untouched = ims;
		status = probe(&ims);
		if (status != c->expected)
			fail_msg("%s: %d, expected %d", c->fact, status, c->expected);
		assert_memory_equal(&ims, &untouched, sizeof(ims));
	}
	print_message("# %zu malformed stores refused\n", CASES);
}

static const struct {
	const char *fact;
	struct poke poke[4];
	struct umsi_pci_ims expected;
} sound[] = {
	{ "128 slots", { { 0 } }, { 0x180, FAKE_BAR2 + 0x3000, 0x800, 128 } },
	{ "one slot", { { SLOTS, 2, 0 } }, { 0x180, FAKE_BAR2 + 0x3000, 16, 1 } },
	{ "ends with its BAR", { { LOCATION, 4, 0xf800 | 2 } }, { 0x180, FAKE_BAR2 + 0xf800, 0x800, 128 } },
	{ "right behind the MSI-X table", { { LOCATION, 4, 0x400 } }, { 0x180, FAKE_BAR0 + 0x400, 0x800, 128 } },
	{ "right before the pending bits", { { LOCATION, 4, 0x1800 | 2 } }, { 0x180, FAKE_BAR2 + 0x1800, 0x800, 128 } },
	{ "right behind them", { { LOCATION, 4, 0x2008 | 2 } }, { 0x180, FAKE_BAR2 + 0x2008, 0x800, 128 } },
	{ "no MSI-X there to overlap", { { 0x51, 1, 0 }, { LOCATION, 4, 0 } }, { 0x180, FAKE_BAR0, 0x800, 128 } },
	{ "low bits of a next pointer are masked", { { 0x148, 4, HEAD(0x23, 0x183) } }, { 0x180, FAKE_BAR2 + 0x3000, 0x800, 128 } },
	{ "longer than is known", { { 0x184, 4, DVSEC(VENDOR, 1, 0x40) } }, { 0x180, FAKE_BAR2 + 0x3000, 0x800, 128 } },
	{ "at 0xfe0 it ends with the space",
	  { { 0x148, 4, HEAD(0x23, 0xfe0) }, { 0xfe0, 4, HEAD(0x23, 0) }, { 0xfe4, 4, DVSEC(VENDOR, 1, BODY) },
	    { 0xfe8, 4, ID } }, { 0xfe0, FAKE_BAR0, 16, 1 } },
};

static void sound_stores_are_where_they_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sound) / sizeof(sound[0]); i++) {
		const struct umsi_pci_ims *e = &sound[i].expected;
		struct umsi_pci_ims ims;

		healthy();
		apply(sound[i].poke);
		fake.fn.no_msix = e->capability == 0xfe0;	/* it lies on the MSI-X table */
		if (probe(&ims) != UMSI_OK)
			fail_msg("%s: refused", sound[i].fact);
		if (ims.capability != e->capability || ims.phys != e->phys || ims.bytes != e->bytes || ims.slots != e->slots)
			fail_msg("%s: %x, %llx+%llx, %u slots", sound[i].fact, ims.capability, (unsigned long long)ims.phys,
				 (unsigned long long)ims.bytes, ims.slots);
	}
}

/* The whole list is the first 256 bytes over again. */
static void a_bridge_without_the_upper_address_bits(void **state)
{
	struct umsi_pci_ims ims;

	(void)state;
	healthy();
	fake_set32(0x00, 0x18010023);	/* read as a capability it would lead to a sound one */
	memcpy(&fake.config[0x80], &fake.config[0x180], BODY);
	for (uint32_t at = 0x100; at < sizeof(fake.config); at += 0x100)
		memcpy(&fake.config[at], fake.config, 0x100);
	assert_int_equal(probe(&ims), UMSI_ECAP_NONE);
}

/* What a driver read from registers is believed no more than a capability. */
static void claims_of_drivers_are_checked(void **state)
{
	static const struct {
		struct umsi_pci_ims_claim claim;
		int expected;
	} claims[] = {
		{ { 2, 0x3000, 256, 16 }, UMSI_OK },
		{ { 2, 0x3004, 3, 12 }, UMSI_OK },
		{ { 2, 0x3000, 0, 16 }, UMSI_ECAP_MESSAGES },
		{ { 2, 0x3000, UMSI_TABLE_MAX + 1, 16 }, UMSI_ECAP_MESSAGES },
		{ { 2, 0x3000, UINT32_MAX, UINT32_MAX - 3 }, UMSI_ECAP_MESSAGES },
		{ { 2, 0x3000, 1, 8 }, UMSI_ECAP_MESSAGES },
		{ { 2, 0x3000, 1, 14 }, UMSI_ECAP_MESSAGES },
		{ { 2, 0x3000, 1, 0 }, UMSI_ECAP_MESSAGES },
		{ { 2, 0x3000, 1, 8192 }, UMSI_ECAP_MESSAGES },
		{ { 2, 0x3002, 1, 16 }, UMSI_ECAP_TABLE },
		{ { 2, UINT64_MAX - 3, 1, 16 }, UMSI_ECAP_TABLE },
		{ { 2, 0x3000, UMSI_TABLE_MAX, 4096 }, UMSI_ECAP_TABLE },
		{ { UINT32_MAX, 0, 1, 16 }, UMSI_ECAP_BIR },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		struct umsi_pci_ims ims = { 0 };
		struct umsi_device *dev;
		struct umsi *m;

		healthy();
		dev = fake_device(&m);
		assert_int_equal(umsi_pci_ims_check(m, &fake.fn, &claims[i].claim, &ims), claims[i].expected);
		assert_int_equal(ims.phys, claims[i].expected ? 0 : FAKE_BAR2 + claims[i].claim.offset);
		assert_int_equal(ims.capability, 0);
		assert_int_equal(umsi_pci_ims_check(m, &fake.fn, &claims[i].claim, NULL), UMSI_EINVAL);
		assert_int_equal(umsi_pci_ims_check(m, &fake.fn, NULL, &ims), UMSI_EINVAL);
		fake_device_remove(m, dev);
	}
}

static void a_format_that_makes_no_sense_is_refused(void **state)
{
	struct umsi_pci_ims_format bad[] = { format, format, format, format, format };
	struct umsi_pci_ims ims;
	struct umsi_device *dev;
	struct umsi *m;

	(void)state;
	bad[0].location = 0x08;
	bad[1].location = 0x0e;
	bad[2].location = BODY;
	bad[3].slots = 0x11;
	bad[4].slots = BODY - 1;
	healthy();
	dev = fake_device(&m);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(umsi_pci_ims_probe(m, &fake.fn, &bad[i], &ims), UMSI_EINVAL);
	assert_int_equal(umsi_pci_ims_probe(m, &fake.fn, NULL, &ims), UMSI_EINVAL);
	assert_int_equal(umsi_pci_ims_probe(NULL, &fake.fn, &format, &ims), UMSI_EINVAL);
	fake_device_remove(m, dev);
}

static void intels_capability_says_whether_there_is_one(void **state)
{
	static const struct {
		struct poke poke;
		int expected;
		bool ims;
	} siov[] = {
		{ { 0 }, UMSI_OK, true },
		{ { 0x1d4, 4, 0xfffffffe }, UMSI_OK, false },
		{ { 0x1d4, 4, 0xffffffff }, UMSI_ECAP_GONE, false },
		{ { 0x1c4, 4, DVSEC(0x8086, 0, 0x14) }, UMSI_ECAP_SIZE, false },
		{ { 0x1c4, 4, DVSEC(0x8086, 1, 0x18) }, UMSI_ECAP_VERSION, false },
		{ { 0x1c8, 2, 0x0006 }, UMSI_ECAP_NONE, false },
		{ { 0x1c4, 4, DVSEC(0x8087, 0, 0x18) }, UMSI_ECAP_NONE, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(siov) / sizeof(siov[0]); i++) {
		struct poke poke[4] = { siov[i].poke };
		struct umsi_device *dev;
		bool ims = false;
		struct umsi *m;

		healthy();
		apply(poke);
		dev = fake_device(&m);
		assert_int_equal(umsi_pci_siov_probe(m, &fake.fn, &ims), siov[i].expected);
		assert_int_equal(ims, siov[i].ims);
		assert_int_equal(umsi_pci_siov_probe(m, &fake.fn, NULL), UMSI_EINVAL);
		fake_device_remove(m, dev);
	}
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	return *seed ^= *seed << 17;
}

/* Any bytes at all: an answer, and nothing touched; what is accepted lies in a BAR. */
static void random_space_is_survived(void **state)
{
	uint64_t seed = 88172645463325252u;
	uint32_t accepted = 0;

	(void)state;
	for (uint32_t turn = 0; turn < 3000; turn++) {
		struct umsi_pci_ims ims;
		int status;

		healthy();
		for (uint32_t n = next_random(&seed) % 12; n; n--)
			fake.config[0x100 + next_random(&seed) % 0x100] = (uint8_t)next_random(&seed);
		status = probe(&ims);
		assert_true(status == UMSI_OK || (status <= UMSI_ECAP_NONE && status >= UMSI_ECAP_VERSION));
		if (status)
			continue;
		accepted++;
		assert_true((ims.phys >= FAKE_BAR0 && ims.phys + ims.bytes <= FAKE_BAR0 + FAKE_BAR_BYTES) ||
			    (ims.phys >= FAKE_BAR2 && ims.phys + ims.bytes <= FAKE_BAR2 + FAKE_BAR_BYTES));
	}
	assert_true(accepted > 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_lie_gets_its_error_and_nothing_is_touched),
		cmocka_unit_test(sound_stores_are_where_they_say),
		cmocka_unit_test(a_bridge_without_the_upper_address_bits),
		cmocka_unit_test(claims_of_drivers_are_checked),
		cmocka_unit_test(a_format_that_makes_no_sense_is_refused),
		cmocka_unit_test(intels_capability_says_whether_there_is_one),
		cmocka_unit_test(random_space_is_survived),
	};

	return cmocka_run_group_tests_name("stores that functions claim", tests, NULL, NULL);
}
