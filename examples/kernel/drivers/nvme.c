/* SPDX-License-Identifier: MIT */
/* Bringing a controller up. Source: NVM Express Base Specification 1.4,
 * "Controller Registers", "Controller Initialization". */
#include "drivers/nvme.h"

#include <umsi/device.h>
#include <umsi/pci.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/pages.h"
#include "core/print.h"
#include "drivers/pci.h"

#define NVME_CAP_HIGH	0x04
#define NVME_CC		0x14
#define NVME_CSTS	0x1c
#define NVME_AQA	0x24
#define NVME_ASQ	0x28
#define NVME_ACQ	0x30

#define CC_EN		0x1u
#define CC_IOSQES_64	(6u << 16)
#define CC_IOCQES_16	(4u << 20)
#define CSTS_RDY	0x1u
#define CSTS_CFS	0x2u

#define IDENTIFY_NAMESPACE	0
#define IDENTIFY_CONTROLLER	1

static void need(bool ok, const char *what)
{
	if (!ok)
		panic("nvme: %s", what);
}

static void write64(uintptr_t at, uint64_t value)
{
	mmio_write32(at, (uint32_t)value);
	mmio_write32(at + 4, (uint32_t)(value >> 32));
}

/* RDY has no interrupt; this is the only register that is asked again and again. */
static void wait_ready(struct nvme *nvme, uint32_t ready)
{
	uint64_t end = time_ns() + NVME_TIMEOUT_NS;
	uint32_t csts;

	for (;;) {
		csts = mmio_read32(nvme->registers + NVME_CSTS);
		if ((csts & CSTS_RDY) == ready)
			return;
		if ((csts & CSTS_CFS) || time_ns() > end)
			panic("nvme: CSTS %08x, RDY %u expected", csts, ready);
		arch_pause();
	}
}

static void enable(struct nvme *nvme)
{
	uintptr_t r = nvme->registers;

	mmio_write32(r + NVME_CC, 0);
	wait_ready(nvme, 0);
	mmio_write32(r + NVME_AQA, (NVME_ENTRIES - 1u) << 16 | (NVME_ENTRIES - 1u));
	write64(r + NVME_ASQ, (uintptr_t)nvme->admin.sq);
	write64(r + NVME_ACQ, (uintptr_t)nvme->admin.cq);
	mmio_write32(r + NVME_CC, CC_EN | CC_IOSQES_64 | CC_IOCQES_16);
	wait_ready(nvme, CSTS_RDY);
}

static void identify(struct nvme *nvme)
{
	unsigned char *data = memory_alloc(PAGE);
	unsigned int format;

	need(data, "no memory");
	need(nvme_identify(nvme, IDENTIFY_CONTROLLER, 0, data), "Identify Controller");
	data[24 + 40] = 0;	/* model number: bytes 24 to 63 */
	kprintf("nvme: %s\n", (char *)&data[24]);
	need(nvme_identify(nvme, IDENTIFY_NAMESPACE, 1, data), "Identify Namespace 1");
	nvme->blocks = *(uint64_t *)data;			/* NSZE */
	format = data[26] & 0xf;				/* FLBAS */
	nvme->block_bytes = 1u << data[128 + 4 * format + 2];	/* LBAF.LBADS */
	memory_free(data, PAGE);
	need(nvme->block_bytes >= 512 && nvme->block_bytes <= PAGE, "block size");
}

static void take_interrupts(struct nvme *nvme, const struct umsi_pci_function *fn)
{
	struct umsi_device_config config = {
		.name = "nvme",
		.requester_id = fn->requester_id,
		.parent = kernel.messages,
	};
	struct umsi_irq_request_at at;
	struct umsi_table *pins;
	int status;

	if (kernel.platform.wires_only) {
		status = pci_wire(fn, &pins, &at);
		if (status == UMSI_OK)
			status = nvme_wire(nvme, pins, &at);
		nvme->vectors = NVME_WIRED_MAX;
	} else {
		status = umsi_device_add(kernel.m, &config, &nvme->device);
		if (status == UMSI_OK)
			status = umsi_pci_msix_create(nvme->device, fn, &nvme->table);
		if (status == UMSI_OK)
			nvme->vectors = umsi_table_size(nvme->table);
	}
	if (status != UMSI_OK)
		panic("nvme: interrupts: %s", umsi_status_text(status));
	status = nvme_queue_attach(&nvme->admin, 0, 0, 0);
	if (status != UMSI_OK)
		panic("nvme: admin interrupt: %s", umsi_status_text(status));
}

void nvme_init(struct nvme *nvme, uint32_t queue_pairs_wanted)
{
	struct umsi_pci_function fn;
	uint32_t cap_high;

	need(pci_take(PCI_CLASS_NVME, &fn), "no controller on bus 0");
	nvme->registers = (uintptr_t)fn.bar[0].phys;
	need(nvme->registers, "BAR 0 is not assigned");
	cap_high = mmio_read32(nvme->registers + NVME_CAP_HIGH);
	nvme->doorbell_stride = 4u << (cap_high & 0xf);		/* CAP.DSTRD */
	need(nvme_queue_init(nvme, &nvme->admin, 0, "nvme-admin"), "no memory");
	take_interrupts(nvme, &fn);
	enable(nvme);
	identify(nvme);
	need(nvme_set_queue_count(nvme, queue_pairs_wanted, &nvme->queue_pairs), "Number of Queues");
	kprintf("nvme: %lu blocks of %u bytes, %u vectors, %u queue pairs\n", nvme->blocks,
		nvme->block_bytes, nvme->vectors, nvme->queue_pairs);
}
