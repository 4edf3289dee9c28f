/* SPDX-License-Identifier: MIT */
/*
 * Configuration space of a function: a healthy one (fake_reset()) with as many changes of four bytes as
 * the input has: offset and value, 16 bits each, little-endian; offsets from 0xf000 on change BARs.
 */
#include <string.h>

#include <umsi/pci.h>
#include <umsi/pci_ims.h>
#include <umsi/umsi.h>

#include "fuzz.h"
#include "tests/pci/fake_pci.h"

static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)(p[0] | p[1] << 8);
}

static void change_bar(uint32_t which, uint32_t value)
{
	struct umsi_pci_bar *bar = &fake.fn.bar[which % 6];

	switch (which / 6 % 4) {
	case 0:
		bar->bytes = UINT64_C(1) << value % 64;
		break;
	case 1:
		bar->bytes = value;
		break;
	case 2:
		bar->phys = (uint64_t)value << value % 48;
		break;
	case 3:
		bar->io = value & 1;
		break;
	}
}

static void change(const uint8_t *data, size_t bytes)
{
	for (size_t at = 0; at + 4 <= bytes; at += 4) {
		uint32_t offset = get16(data + at);

		if (offset >= 0xf000)
			change_bar(offset - 0xf000, get16(data + at + 2));
		else
			fake_set16(offset % 4095, (uint16_t)get16(data + at + 2));
	}
}

static void check_window(uint32_t bir, uint64_t offset, uint64_t bytes)
{
	FUZZ_CHECK(bir < 6 && !fake.fn.bar[bir].io);
	FUZZ_CHECK(offset + bytes <= fake.fn.bar[bir].bytes);
}

/* The fake has registers for a table of that place only. */
static bool playable(const struct umsi_pci_msix_cap *cap)
{
	return cap->offset == FAKE_CAP && cap->table_bir == 0 && cap->pba_bir == 2 && cap->table_offset < 0x10000 &&
	       cap->pba_offset < 0x10000 && fake.fn.bar[0].phys == FAKE_BAR0 && fake.fn.bar[2].phys == FAKE_BAR2;
}

/* True: it has no MSI-X, or one that can be used here. */
static bool probe(struct umsi *m)
{
	static const struct umsi_pci_ims_format format = {
		.vendor = 0x1af4, .id = 1, .revision = 1, .bytes = 0x20, .location = 0x0c, .slots = 0x10, .slot_bytes = 16,
	};
	struct umsi_pci_msix_cap msix;
	struct umsi_requester as;
	struct umsi_pci_msi_cap msi;
	struct umsi_pci_ims ims;
	bool plays = true;

	if (umsi_pci_msix_probe(m, &fake.fn, &msix) == UMSI_OK) {
		FUZZ_CHECK(msix.entries && msix.entries <= 2048);
		check_window(msix.table_bir, msix.table_offset, msix.entries * 16u);
		check_window(msix.pba_bir, msix.pba_offset, (msix.entries + 63) / 64 * 8u);
		plays = playable(&msix);
	}
	if (umsi_pci_msi_probe(m, &fake.fn, &msi) == UMSI_OK)
		FUZZ_CHECK(msi.messages_log2 <= 5 && msi.offset >= 0x40);
	if (umsi_pci_ims_probe(m, &fake.fn, &format, &ims) == UMSI_OK)
		FUZZ_CHECK(ims.slots && ims.slots <= UMSI_TABLE_MAX && ims.bytes);
	umsi_pci_requester(m, FAKE_RID, 0, NULL, NULL, &as);
	FUZZ_CHECK(!fake.config_writes);
	return plays;
}

static enum umsi_handled handler(void *arg)
{
	(void)arg;
	return UMSI_HANDLED;
}

static void use(struct umsi *m, struct umsi_device *dev)
{
	static uint8_t found[sizeof(fake.config)];
	struct umsi_pci_irqs set;
	umsi_irq irqs[8];

	memcpy(found, fake.config, sizeof(found));
	if (umsi_pci_irqs_alloc(dev, &fake.fn, 1, 8, NULL, NULL, irqs, &set) != UMSI_OK) {
		FUZZ_CHECK(!memcmp(found, fake.config, sizeof(found)));
		return;
	}
	FUZZ_CHECK(set.count >= 1 && set.count <= 8);
	for (uint32_t i = 0; i < set.count; i++)
		umsi_pci_irqs_request(dev, &set, irqs, i, handler, NULL, "fuzz");
	umsi_pci_irqs_free(dev, &set, irqs);
	umsi_pci_msi_off(m, FAKE_RID);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct umsi_device *dev;
	struct umsi *m;

	fake_reset(64);
	change(data, bytes);
	dev = fake_device(&m);
	if (probe(m))
		use(m, dev);
	fake_device_remove(m, dev);
	return 0;
}
