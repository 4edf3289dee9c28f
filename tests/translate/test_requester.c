/* SPDX-License-Identifier: MIT */
/* Which requester id a function's messages carry, by the bridges above it. */
#include "rig.h"

enum { ENDPOINT = 0, ROOT_PORT = 4, UPSTREAM = 5, DOWNSTREAM = 6, TO_PCI = 7, FROM_PCI = 8, CONVENTIONAL = 100 };

#define EXPRESS	0xe0u

static struct mach_pci *add(uint32_t requester_id, uint32_t type)
{
	const struct mach_pci_config c = { .requester_id = requester_id, .entries = 1 };
	struct mach_pci *d = mach_pci_add(rig.m, &c);

	if (type == CONVENTIONAL)
		return d;
	mach_pci_poke(d, 0x34, 1, EXPRESS);
	mach_pci_poke(d, EXPRESS, 2, 0x0010);
	mach_pci_poke(d, EXPRESS + 2, 2, 0x0002 | type << 4);
	return d;
}

static void bridge(uint32_t requester_id, uint32_t type, uint32_t first, uint32_t last)
{
	struct mach_pci *d = add(requester_id, type);

	mach_pci_poke(d, 0x0e, 1, 0x01);
	mach_pci_poke(d, 0x18, 4, last << 16 | first << 8 | requester_id >> 8);
}

static void need(uint32_t requester_id, enum umsi_requester_kind kind, uint32_t first, uint32_t second)
{
	struct umsi_requester as;

	assert_int_equal(umsi_pci_requester(rig.umsi, requester_id, 0, NULL, NULL, &as), UMSI_OK);
	assert_int_equal(as.kind, kind);
	if (kind == UMSI_REQUESTER_ALIAS)
		assert_int_equal(as.alias, first);
	if (kind == UMSI_REQUESTER_BUSES) {
		assert_int_equal(as.first_bus, first);
		assert_int_equal(as.last_bus, second);
	}
}

/*
 * 0: root port 00:01.0 -> 1: switch 01:00.0 -> 2: its ports 02:00.0 and 02:01.3
 *    02:00.0 -> 3: an endpoint; 02:01.3 -> 4: bridge to PCI 04:00.0 -> 5: conventional bridge 05:02.0 -> 6
 * 0: conventional bridge 00:1e.0 -> 7
 */
static void board(void)
{
	rig_machine(1, &mach_chaos_none, false, NULL);
	bridge(0x0008, ROOT_PORT, 1, 6);
	bridge(0x00f0, CONVENTIONAL, 7, 7);
	bridge(0x0100, UPSTREAM, 2, 6);
	mach_pci_poke(add(0x0208, DOWNSTREAM), 0x0e, 1, 0x80);
	bridge(0x0200, DOWNSTREAM, 3, 3);
	bridge(0x020b, DOWNSTREAM, 4, 6);
	bridge(0x0400, TO_PCI, 5, 6);
	bridge(0x0510, CONVENTIONAL, 6, 6);
}

static void bridges_decide(void **state)
{
	(void)state;
	board();
	add(0x0018, ENDPOINT);
	add(0x0300, ENDPOINT);
	add(0x0508, CONVENTIONAL);
	add(0x0620, CONVENTIONAL);
	add(0x0728, CONVENTIONAL);
	need(0x0018, UMSI_REQUESTER_SELF, 0, 0);
	need(0x0300, UMSI_REQUESTER_SELF, 0, 0);
	need(0x0508, UMSI_REQUESTER_BUSES, 5, 6);
	need(0x0620, UMSI_REQUESTER_BUSES, 5, 6);
	need(0x0728, UMSI_REQUESTER_ALIAS, 0x00f0, 0);
	rig_end();
}

static void phantoms_count_when_they_are_used(void **state)
{
	struct umsi_requester as;
	struct mach_pci *d;

	(void)state;
	board();
	d = add(0x0300, ENDPOINT);
	mach_pci_poke(d, EXPRESS + 4, 4, 2u << 3);
	assert_int_equal(umsi_pci_requester(rig.umsi, 0x0300, 0, NULL, NULL, &as), UMSI_OK);
	assert_int_equal(as.phantom_bits, 0);
	mach_pci_poke(d, EXPRESS + 8, 2, 0x0200);
	assert_int_equal(umsi_pci_requester(rig.umsi, 0x0300, 0, NULL, NULL, &as), UMSI_OK);
	assert_int_equal(as.phantom_bits, 2);
	rig_end();
}

/* A function that sends as another of its device, whatever its configuration space says. */
static void wrong_function(void *arg, uint32_t requester_id, struct umsi_requester *as)
{
	++*(int *)arg;
	*as = (struct umsi_requester){ .kind = UMSI_REQUESTER_ALIAS, .alias = (uint16_t)(requester_id & ~7u) };
}

static void a_quirk_has_the_last_word(void **state)
{
	struct umsi_requester as;
	int calls = 0;

	(void)state;
	board();
	add(0x0301, ENDPOINT);
	assert_int_equal(umsi_pci_requester(rig.umsi, 0x0301, 0, wrong_function, &calls, &as), UMSI_OK);
	assert_int_equal(calls, 1);
	assert_int_equal(as.kind, UMSI_REQUESTER_ALIAS);
	assert_int_equal(as.alias, 0x0300);
	rig_end();
}

static void what_leads_nowhere_is_refused(void **state)
{
	struct umsi_requester as = { .alias = 77 };

	(void)state;
	board();
	add(0x0900, ENDPOINT);
	assert_int_equal(umsi_pci_requester(rig.umsi, 0x0900, 0, NULL, NULL, &as), UMSI_ENOENT);
	assert_int_equal(umsi_pci_requester(rig.umsi, 0x0a00, 0, NULL, NULL, &as), UMSI_ECAP_GONE);
	assert_int_equal(umsi_pci_requester(rig.umsi, 0x0018, 1, NULL, NULL, &as), UMSI_EINVAL);
	assert_int_equal(umsi_pci_requester(NULL, 0x0018, 0, NULL, NULL, &as), UMSI_EINVAL);
	/* Buses that run backwards. */
	bridge(0x0020, TO_PCI, 11, 10);
	add(0x0b00, CONVENTIONAL);
	assert_int_equal(umsi_pci_requester(rig.umsi, 0x0b00, 0, NULL, NULL, &as), UMSI_ECAP_HEADER);
	assert_int_equal(as.alias, 77);
	rig_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bridges_decide),
		cmocka_unit_test(phantoms_count_when_they_are_used),
		cmocka_unit_test(a_quirk_has_the_last_word),
		cmocka_unit_test(what_leads_nowhere_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
