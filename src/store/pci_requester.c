/* SPDX-License-Identifier: MIT */
/*
 * Whose messages those of a function look like where translators stand. What
 * bridges do to a requester id is read from their configuration space, from the
 * function up to the root complex; the last one that takes the id over wins.
 * Source: PCI Express to PCI/PCI-X Bridge Specification 1.0, "PCI Express as
 * Primary Interface", on transaction ownership; PCI Express Base, "PCI Express
 * Capabilities Register" (device/port type), "Phantom Functions Supported";
 * Intel VT-d, "Requester-id" and "Hardware Handling of Devices Behind Bridges".
 */
#include "core/machine.h"
#include "store/pci_function.h"

#define PCI_CAP_ID_EXPRESS	0x10
#define EXPRESS_BYTES		20u
#define EXPRESS_FLAGS		0x2	/* 7:4 device or port type */
#define EXPRESS_DEVICE		0x4	/* capabilities: 4:3 phantom functions */
#define EXPRESS_CONTROL		0x8
#define CONTROL_PHANTOM		0x0200u
#define TYPE_ROOT_PORT		4u
#define TYPE_UPSTREAM		5u
#define TYPE_DOWNSTREAM		6u
#define TYPE_TO_PCI		7u

#define PCI_SECONDARY_BUS	0x19
#define PCI_SUBORDINATE_BUS	0x1a
#define HEADER_BRIDGE		0x01u
#define HEADER_MANY		0x80u

#define GONE16			0xffffu

/*
 * Moves @f to the bridge that leads to @bus. Buses are numbered so that it is on a
 * lower one: the nearest first.
 */
static bool find_bridge(struct pci_ref *f, uint32_t root_bus, uint32_t bus)
{
	uint32_t segment = f->requester_id & ~UINT32_C(0xffff), header;

	for (uint32_t on = bus; on-- > root_bus; ) {
		for (uint32_t devfn = 0; devfn <= 0xff; devfn++) {
			f->requester_id = segment | on << 8 | devfn;
			header = umsi_pci_read(f, PCI_VENDOR_ID, 2) == GONE16 ? 0 : umsi_pci_read(f, PCI_HEADER_TYPE, 1);
			if ((header & 0x7f) == HEADER_BRIDGE && umsi_pci_read(f, PCI_SECONDARY_BUS, 1) == bus)
				return true;
			/* Function 0 says whether the device has others. */
			if (devfn % 8 == 0 && !(header & HEADER_MANY))
				devfn += 7;
		}
	}
	return false;
}

/* 0 and UMSI_ECAP_NONE: it is conventional PCI. */
static int express_at(const struct pci_ref *f, uint16_t *at)
{
	return umsi_pci_cap_find(f, PCI_CAP_ID_EXPRESS, EXPRESS_BYTES, at);
}

static int through_bridge(const struct pci_ref *b, struct umsi_requester *as)
{
	uint32_t type;
	uint16_t at;
	int status = express_at(b, &at);

	if (status && status != UMSI_ECAP_NONE)
		return status;
	type = status ? 0 : umsi_pci_read(b, at + EXPRESS_FLAGS, 2) >> 4 & 0xf;
	if (type >= TYPE_ROOT_PORT && type <= TYPE_DOWNSTREAM)
		return UMSI_OK;
	if (type == TYPE_TO_PCI)
		*as = (struct umsi_requester){
			.kind = UMSI_REQUESTER_BUSES,
			.first_bus = (uint8_t)umsi_pci_read(b, PCI_SECONDARY_BUS, 1),
			.last_bus = (uint8_t)umsi_pci_read(b, PCI_SUBORDINATE_BUS, 1),
		};
	else
		*as = (struct umsi_requester){
			.kind = UMSI_REQUESTER_ALIAS, .alias = (uint16_t)b->requester_id,
		};
	return as->kind == UMSI_REQUESTER_BUSES && as->first_bus > as->last_bus ? UMSI_ECAP_HEADER : UMSI_OK;
}

/* Bits that it uses, not those it could. */
static int phantoms_of(const struct pci_ref *f, struct umsi_requester *as)
{
	uint16_t at;
	int status = express_at(f, &at);

	if (status == UMSI_OK && umsi_pci_read(f, at + EXPRESS_CONTROL, 2) & CONTROL_PHANTOM)
		as->phantom_bits = umsi_pci_read(f, at + EXPRESS_DEVICE, 4) >> 3 & 3;
	return status == UMSI_ECAP_NONE ? UMSI_OK : status;
}

int umsi_pci_requester(struct umsi *m, uint32_t requester_id, uint8_t root_bus,
		       umsi_pci_requester_quirk quirk, void *arg, struct umsi_requester *out)
{
	struct umsi_requester as = { .kind = UMSI_REQUESTER_SELF };
	uint32_t bus = requester_id >> 8 & 0xff;
	struct pci_ref f;
	int status;

	if (!m || !out || bus < root_bus)
		return UMSI_EINVAL;
	f = (struct pci_ref){ umsi_machine_host(m), requester_id };
	status = phantoms_of(&f, &as);
	while (!status && bus != root_bus) {
		if (!find_bridge(&f, root_bus, bus))
			return UMSI_ENOENT;
		status = through_bridge(&f, &as);
		bus = f.requester_id >> 8 & 0xff;
	}
	if (status)
		return status;
	if (quirk)
		quirk(arg, requester_id, &as);
	*out = as;
	return UMSI_OK;
}
