/* SPDX-License-Identifier: MIT */
/*
 * What a function may claim about itself, and what it is told. Each case is a
 * healthy function of 64 entries (list 0x40 -> 0x50 -> 0x70, table at BAR 0
 * offset 0, pending bits at BAR 2 offset 0x2000) with a few bytes changed.
 * P-22, P-23, P-24 of the bug corpus are among them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/pci.h>

#include "tests/pci/fake_pci.h"

struct poke {
	uint8_t offset, width;
	uint32_t value;
};

struct malformed {
	const char *fact;
	struct poke poke[4];		/* width 0 ends */
	struct { uint8_t slot; struct umsi_pci_bar bar; } bar[2];	/* slot 0xff: none */
	int expected;
};

#define BAR(s, ...)	{ .slot = (s), .bar = { __VA_ARGS__ } }
#define NO_BARS		.bar = { { .slot = 0xff }, { .slot = 0xff } }
#define ONE_BAR(s, ...)	.bar = { BAR(s, __VA_ARGS__), { .slot = 0xff } }

static const struct malformed cases[] = {
	/* The function and its header. */
	{ "vendor id all-ones: nobody there", { { 0x00, 2, 0xffff } }, NO_BARS, UMSI_ECAP_GONE },
	{ "header type 2 (CardBus)", { { 0x0e, 1, 0x02 } }, NO_BARS, UMSI_ECAP_HEADER },
	{ "header type 0x7f", { { 0x0e, 1, 0x7f } }, NO_BARS, UMSI_ECAP_HEADER },
	{ "header type all-ones", { { 0x0e, 1, 0xff } }, NO_BARS, UMSI_ECAP_HEADER },
	{ "status says there is no list", { { 0x06, 2, 0x0000 } }, NO_BARS, UMSI_ECAP_NONE },

	/* The list. */
	{ "empty list", { { 0x34, 1, 0x00 } }, NO_BARS, UMSI_ECAP_NONE },
	{ "list ends before", { { 0x51, 1, 0x00 } }, NO_BARS, UMSI_ECAP_NONE },
	{ "first pointer into the header", { { 0x34, 1, 0x3c } }, NO_BARS, UMSI_ECAP_POINTER },
	{ "first pointer to the header's start", { { 0x34, 1, 0x04 } }, NO_BARS, UMSI_ECAP_POINTER },
	{ "first pointer unaligned", { { 0x34, 1, 0x42 } }, NO_BARS, UMSI_ECAP_POINTER },
	{ "first pointer all-ones", { { 0x34, 1, 0xff } }, NO_BARS, UMSI_ECAP_POINTER },
	{ "next pointer into the header", { { 0x51, 1, 0x10 } }, NO_BARS, UMSI_ECAP_POINTER },
	{ "next pointer unaligned", { { 0x51, 1, 0x71 } }, NO_BARS, UMSI_ECAP_POINTER },
	{ "capability points at itself", { { 0x51, 1, 0x50 } }, NO_BARS, UMSI_ECAP_LOOP },
	{ "capability points back", { { 0x51, 1, 0x40 } }, NO_BARS, UMSI_ECAP_LOOP },
	{ "loop of three",
	  { { 0x51, 1, 0x60 }, { 0x60, 2, 0x4009 } }, NO_BARS, UMSI_ECAP_LOOP },
	{ "pointer into space that reads all-ones",
	  { { 0x51, 1, 0x80 }, { 0x80, 2, 0xffff } }, NO_BARS, UMSI_ECAP_GONE },
	{ "capability at 0xf8 runs past the end",
	  { { 0x51, 1, 0xf8 }, { 0xf8, 2, 0x0011 } }, NO_BARS, UMSI_ECAP_SIZE },
	{ "capability at 0xfc runs past the end",
	  { { 0x51, 1, 0xfc }, { 0xfc, 2, 0x0011 } }, NO_BARS, UMSI_ECAP_SIZE },
	{ "all-ones behind the capability's head",
	  { { 0x72, 2, 0xffff }, { 0x74, 4, 0xffffffff }, { 0x78, 4, 0xffffffff } },
	  NO_BARS, UMSI_ECAP_GONE },

	/* Where the structures are said to be. */
	{ "table BIR 6 (reserved)", { { 0x74, 4, 0x6 } }, NO_BARS, UMSI_ECAP_BIR },
	{ "table BIR 7 (reserved)", { { 0x74, 4, 0x7 } }, NO_BARS, UMSI_ECAP_BIR },
	{ "PBA BIR 6 (reserved)", { { 0x78, 4, 0x2006 } }, NO_BARS, UMSI_ECAP_BIR },
	{ "PBA BIR 7 (reserved)", { { 0x78, 4, 0x2007 } }, NO_BARS, UMSI_ECAP_BIR },
	{ "a bridge has no BAR 2", { { 0x0e, 1, 0x01 } }, NO_BARS, UMSI_ECAP_BIR },
	{ "table in an I/O BAR", { { 0x74, 4, 0x1 } },
	  ONE_BAR(1, .phys = 0x60000000, .bytes = 0x1000, .io = true), UMSI_ECAP_BIR },
	{ "PBA in an I/O BAR", { { 0x78, 4, 0x1 } },
	  ONE_BAR(1, .phys = 0x60000000, .bytes = 0x1000, .io = true), UMSI_ECAP_BIR },
	{ "table in a BAR of size 0", { { 0x74, 4, 0x3 } }, NO_BARS, UMSI_ECAP_BAR },
	{ "PBA in a BAR of size 0", { { 0x78, 4, 0x2005 } }, NO_BARS, UMSI_ECAP_BAR },
	{ "table in the upper half of a 64-bit BAR", { { 0x74, 4, 0x1 } }, NO_BARS, UMSI_ECAP_BAR },
	{ "table in an unassigned BAR", { { 0x74, 4, 0x4 } },
	  ONE_BAR(4, .phys = 0, .bytes = 0x10000), UMSI_ECAP_BAR },
	{ "PBA in an unassigned BAR", { { 0x78, 4, 0x4 } },
	  ONE_BAR(4, .phys = 0, .bytes = 0x10000), UMSI_ECAP_BAR },
	{ "a BAR beyond the address space", { { 0x74, 4, 0x4 } },
	  ONE_BAR(4, .phys = UINT64_C(0xfffffffffffff000), .bytes = 0x2000), UMSI_EINVAL },

	/* Whether they fit. */
	{ "table one entry past its BAR", { { 0x74, 4, 0xfc10 } }, NO_BARS, UMSI_ECAP_TABLE },
	{ "table offset is the BAR's end", { { 0x74, 4, 0x10000 } }, NO_BARS, UMSI_ECAP_TABLE },
	{ "table offset is the largest there is", { { 0x74, 4, 0xfffffff8 } }, NO_BARS, UMSI_ECAP_TABLE },
	{ "2,048 entries in a BAR for 64", { { 0x72, 2, 0x07ff } },
	  ONE_BAR(0, .phys = FAKE_BAR0, .bytes = 0x400), UMSI_ECAP_TABLE },
	{ "table larger than its BAR", { { 0 } },
	  ONE_BAR(0, .phys = FAKE_BAR0, .bytes = 0x200), UMSI_ECAP_TABLE },
	{ "PBA one bit word past its BAR", { { 0x78, 4, 0xfff8 | 2 }, { 0x72, 2, 64 } },
	  NO_BARS, UMSI_ECAP_PBA },
	{ "PBA offset is the BAR's end", { { 0x78, 4, 0x10002 } }, NO_BARS, UMSI_ECAP_PBA },
	{ "PBA offset is the largest there is", { { 0x78, 4, 0xfffffffa } }, NO_BARS, UMSI_ECAP_PBA },
	{ "PBA on the table", { { 0x78, 4, 0x0 } }, NO_BARS, UMSI_ECAP_OVERLAP },
	{ "PBA on the table's last entry", { { 0x78, 4, 0x3f8 } }, NO_BARS, UMSI_ECAP_OVERLAP },
	{ "table on the PBA's last word", { { 0x74, 4, 0x8 }, { 0x78, 4, 0x0 }, { 0x72, 2, 64 } },
	  NO_BARS, UMSI_ECAP_OVERLAP },
	{ "two BARs at the same place", { { 0x78, 4, 0x3 } },
	  ONE_BAR(3, .phys = FAKE_BAR0, .bytes = 0x1000), UMSI_ECAP_OVERLAP },
};

static void apply(const struct malformed *c)
{
	fake_reset(64);
	for (size_t i = 0; i < 4 && c->poke[i].width; i++) {
		for (unsigned int b = 0; b < c->poke[i].width; b++)
			fake.config[c->poke[i].offset + b] = (uint8_t)(c->poke[i].value >> 8 * b);
	}
	for (size_t i = 0; i < 2; i++) {
		if (c->bar[i].slot != 0xff)
			fake.fn.bar[c->bar[i].slot] = c->bar[i].bar;
	}
}

static void every_lie_gets_its_error_and_nothing_is_touched(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct umsi_pci_msix_cap cap, untouched;
		uint8_t before[sizeof(fake.config)];
		struct umsi_table *table = NULL;
		struct umsi_device *dev;
		struct umsi *m;
		int probed, created;

		apply(&cases[i]);
		dev = fake_device(&m);
		memset(&cap, 0x5a, sizeof(cap));
		untouched = cap;
		memcpy(before, fake.config, sizeof(before));
		probed = umsi_pci_msix_probe(m, &fake.fn, &cap);
		created = umsi_pci_msix_create(dev, &fake.fn, &table);
		if (probed != cases[i].expected || created != cases[i].expected)
			fail_msg("%s: probe %d, create %d, expected %d", cases[i].fact, probed,
				 created, cases[i].expected);
		assert_memory_equal(&cap, &untouched, sizeof(cap));
		assert_memory_equal(before, fake.config, sizeof(before));
		assert_int_equal(fake.config_writes, 0);
		assert_int_equal(fake.mmio_reads + fake.mmio_writes, 0);
		assert_int_equal(fake.live_maps, 0);
		assert_null(table);
		fake_device_remove(m, dev);
	}
	print_message("# %zu malformed functions refused\n", sizeof(cases) / sizeof(cases[0]));
}

/* The same list with nothing wrong, or wrong behind what is needed: accepted. */
static const struct {
	const char *fact;
	struct poke poke[4];
	struct umsi_pci_msix_cap expected;
} sound[] = {
	{ "64 entries", { { 0 } }, { FAKE_CAP, 64, 0, 2, 0, 0x2000 } },
	{ "one entry", { { 0x72, 2, 0 } }, { FAKE_CAP, 1, 0, 2, 0, 0x2000 } },
	{ "2,048 entries", { { 0x72, 2, 0x07ff } }, { FAKE_CAP, 2048, 0, 2, 0, 0x2000 } },
	{ "multifunction bit of the header type", { { 0x0e, 1, 0x80 } }, { FAKE_CAP, 64, 0, 2, 0, 0x2000 } },
	{ "P_23: table in BAR slot 2, offset 0x2000",
	  { { 0x74, 4, 0x2002 }, { 0x78, 4, 0x0 } }, { FAKE_CAP, 64, 2, 0, 0x2000, 0 } },
	{ "table ends with its BAR", { { 0x74, 4, 0xfc00 } }, { FAKE_CAP, 64, 0, 2, 0xfc00, 0x2000 } },
	{ "PBA right behind the table", { { 0x78, 4, 0x400 } }, { FAKE_CAP, 64, 0, 0, 0, 0x400 } },
	{ "PBA right before the table",
	  { { 0x74, 4, 0x8 }, { 0x78, 4, 0x0 } }, { FAKE_CAP, 64, 0, 0, 8, 0 } },
	{ "capability at 0xf4 ends with the space",
	  { { 0x51, 1, 0xf4 }, { 0xf4, 2, 0x0011 }, { 0xf6, 2, 3 }, { 0xfc, 4, 0x2 } },
	  { 0xf4, 4, 0, 2, 0, 0 } },
	{ "a null capability on the way", { { 0x50, 1, 0x00 } }, { FAKE_CAP, 64, 0, 2, 0, 0x2000 } },
};

static void sound_capabilities_are_read_as_they_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sound) / sizeof(sound[0]); i++) {
		struct malformed c = { .fact = sound[i].fact, NO_BARS };
		const struct umsi_pci_msix_cap *e = &sound[i].expected;
		struct umsi_pci_msix_cap cap;
		struct umsi_device *dev;
		struct umsi *m;

		memcpy(c.poke, sound[i].poke, sizeof(c.poke));
		apply(&c);
		dev = fake_device(&m);
		if (umsi_pci_msix_probe(m, &fake.fn, &cap) != UMSI_OK)
			fail_msg("%s: refused", c.fact);
		if (cap.offset != e->offset || cap.entries != e->entries ||
		    cap.table_bir != e->table_bir || cap.pba_bir != e->pba_bir ||
		    cap.table_offset != e->table_offset || cap.pba_offset != e->pba_offset)
			fail_msg("%s: %x, %u entries, %u+%x, %u+%x", c.fact, cap.offset, cap.entries,
				 cap.table_bir, cap.table_offset, cap.pba_bir, cap.pba_offset);
		assert_int_equal(fake.config_writes, 0);
		fake_device_remove(m, dev);
	}
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed >> 16;
}

/* Noise throughout, or a healthy function with a few bytes of its list and capability spoilt. */
static void spoil(const uint8_t *healthy, uint64_t *seed)
{
	if (next_random(seed) % 4 == 0) {
		for (size_t i = 0; i < sizeof(fake.config); i++)
			fake.config[i] = (uint8_t)next_random(seed);
		fake.config[0x0e] &= 0x81;
		fake.config[0x06] |= 0x10;
		return;
	}
	memcpy(fake.config, healthy, sizeof(fake.config));
	for (uint64_t n = next_random(seed) % 4; n; n--)
		fake.config[0x34 + next_random(seed) % 0x48] = (uint8_t)next_random(seed);
}

/* Any bytes at all: an answer, no write, no endless walk, and what is believed fits. */
static void random_configuration_spaces_get_an_answer(void **state)
{
	uint64_t seed = UINT64_C(88172645463325252);
	unsigned int believed = 0, refused = 0;
	uint8_t healthy[sizeof(fake.config)];
	struct umsi_pci_msix_cap cap;
	struct umsi_device *dev;
	struct umsi *m;

	(void)state;
	fake_reset(64);
	memcpy(healthy, fake.config, sizeof(healthy));
	dev = fake_device(&m);
	for (unsigned int n = 0; n < 50000; n++) {
		spoil(healthy, &seed);
		if (umsi_pci_msix_probe(m, &fake.fn, &cap) != UMSI_OK) {
			refused++;
			continue;
		}
		believed++;
		assert_true(cap.entries >= 1 && cap.entries <= 2048);
		assert_true(cap.table_bir == 0 || cap.table_bir == 2);
		assert_true(cap.pba_bir == 0 || cap.pba_bir == 2);
		assert_true(cap.table_offset + cap.entries * 16ull <= FAKE_BAR_BYTES);
		assert_true(cap.pba_offset + (cap.entries + 63) / 64 * 8ull <= FAKE_BAR_BYTES);
		assert_true(cap.offset >= 0x40 && cap.offset <= 0xf4);
	}
	assert_int_equal(fake.config_writes, 0);
	assert_true(believed > 1000 && refused > 1000);
	print_message("# random spaces: %u believed, %u refused\n", believed, refused);
	fake_device_remove(m, dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_lie_gets_its_error_and_nothing_is_touched),
		cmocka_unit_test(sound_capabilities_are_read_as_they_are),
		cmocka_unit_test(random_configuration_spaces_get_an_answer),
	};

	return cmocka_run_group_tests_name("malformed MSI-X capabilities", tests, NULL, NULL);
}
