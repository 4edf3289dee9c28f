/* SPDX-License-Identifier: MIT */
/* The checks from outside: they must object to what is wrong, and to nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/host.h>

#include "machine/machine.h"
#include "umsi_arch.h"

#define RID	0x100u

static struct mach *mach;
static struct mach_pci *dev;
static char *table;

static void start(bool strict_route)
{
	const struct mach_config config = { .ncpus = 2, .chaos = &mach_chaos_none,
					    .strict_route = strict_route };
	uint64_t phys, bytes;

	mach = mach_create(3, &config);
	dev = mach_pci_add(mach, &(const struct mach_pci_config){ .requester_id = RID, .entries = 4 });
	mach_pci_bar(dev, 0, &phys, &bytes);
	table = umsi_host_mmio_map(NULL, phys, 64);
	umsi_host_pci_write(NULL, RID, 0x72, 2, 0x8000);
	for (uint32_t i = 0; i < 4; i++) {
		umsi_mmio_write32(table + 16 * i, (uint32_t)mach_imsic_phys(mach, 0));
		umsi_mmio_write32(table + 16 * i + 8, 10 + i);
		umsi_mmio_write32(table + 16 * i + 12, 0);
		mach_entry_live(dev, i, true);
	}
	umsi_hosted_csr_swap(0x150, 0xc0);
	umsi_hosted_csr_swap(0x151, ~UINT64_C(0));
}

static void finish(const char *expected)
{
	const struct mach_violation *v;

	mach_check_quiet(mach);
	v = mach_violated(mach);
	if (expected) {
		assert_non_null(v);
		assert_string_equal(v->name, expected);
	} else {
		assert_null(v);
	}
	mach_destroy(mach);
}

static void handle(uint32_t entry)
{
	mach_handler_begin(dev, entry);
	mach_handler_end(dev, entry);
}

static void an_event_needs_a_handler_that_begins_later(void **state)
{
	start(false);
	handle(0);
	finish(NULL);

	start(false);
	handle(0);
	mach_pci_raise(dev, 0);
	mach_run(mach);
	finish("I-CONS");

	start(false);
	mach_pci_raise(dev, 0);
	mach_pci_raise(dev, 0);
	mach_run(mach);
	handle(0);
	finish(NULL);

	start(false);
	mach_pci_raise(dev, 0);
	mach_run(mach);
	mach_entry_live(dev, 0, false);
	finish(NULL);

	start(false);
	umsi_mmio_write32(table + 12, 1);
	mach_pci_raise(dev, 0);
	mach_run(mach);
	assert_true(mach_entry_owed(dev, 0));
	finish("I-CONS");
	(void)state;
}

static void handlers_run_alone_and_never_after_free(void **state)
{
	start(false);
	mach_handler_begin(dev, 1);
	mach_handler_begin(dev, 1);
	finish("I-SPUR");

	start(false);
	mach_entry_freed(dev, 1);
	handle(1);
	finish("I-SPUR");

	start(false);
	mach_handler_begin(dev, 1);
	mach_entry_freed(dev, 1);
	finish("I-SPUR");

	start(false);
	mach_entry_freed(dev, 1);
	mach_entry_reborn(dev, 1);
	handle(1);
	finish(NULL);
	(void)state;
}

static void claim_then_handle(bool strict, uint32_t raised, uint32_t handled)
{
	start(strict);
	mach_pci_raise(dev, raised);
	mach_run(mach);
	assert_int_equal(umsi_hosted_csr_swap(0x15c, 0) >> 16, 10 + raised);
	handle(handled);
	mach_entry_live(dev, raised, false);
}

static void a_claim_leads_to_its_owner(void **state)
{
	claim_then_handle(true, 2, 2);
	finish(NULL);
	claim_then_handle(true, 2, 3);
	finish("I-ROUTE");
	claim_then_handle(false, 2, 3);
	finish(NULL);
	(void)state;
}

static void a_report_tells_the_seed_and_the_story(void **state)
{
	char text[4096] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");

	start(false);
	mach_pci_raise(dev, 0);
	mach_run(mach);
	mach_note(mach, "the test says % and %", 0x77, 0x88);
	umsi_host_log(NULL, UMSI_LOG_WARN, "a line of the library");
	mach_check_quiet(mach);
	mach_report(mach, f, 40);
	fclose(f);
	assert_non_null(strstr(text, "VIOLATION I-CONS seed=3 step="));
	assert_non_null(strstr(text, "event 1 of entry 0"));
	assert_non_null(strstr(text, "the test says 77 and 88"));
	assert_non_null(strstr(text, "log: a line of the library"));
	assert_int_equal(mach_logged(mach, UMSI_LOG_WARN), 1);
	mach_destroy(mach);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_needs_a_handler_that_begins_later),
		cmocka_unit_test(handlers_run_alone_and_never_after_free),
		cmocka_unit_test(a_claim_leads_to_its_owner),
		cmocka_unit_test(a_report_tells_the_seed_and_the_story),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
