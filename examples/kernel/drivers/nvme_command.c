/* SPDX-License-Identifier: MIT */
/* Source: NVM Express Base Specification 1.4, "Admin Command Set", "NVM Command Set". */
#include "core/cpu.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/text.h"
#include "drivers/nvme.h"

#define NVME_DELETE_SQ		0x00
#define NVME_CREATE_SQ		0x01
#define NVME_DELETE_CQ		0x04
#define NVME_CREATE_CQ		0x05
#define NVME_IDENTIFY		0x06
#define NVME_SET_FEATURES	0x09
#define NVME_READ		0x02

#define FEATURE_QUEUES		0x07
#define QUEUE_CONTIGUOUS	0x1u	/* "PC": the ring is one piece of memory */
#define QUEUE_INTERRUPTS	0x2u	/* "IEN" */

static bool slot_free(const void *arg)
{
	const struct nvme_queue *q = arg;

	for (int i = 0; i < NVME_OUTSTANDING_MAX; i++)
		if (q->slot[i].state == NVME_SLOT_FREE)
			return true;
	return false;
}

/* One admin command, data in the slot's page, copied to @data if it is not NULL. */
static bool admin(struct nvme *nvme, struct nvme_command *command, unsigned char *data,
		  uint32_t *out_result)
{
	struct nvme_queue *q = &nvme->admin;
	int slot;
	bool ok;

	for (;;) {
		slot = nvme_submit(q, command, 0);
		if (slot >= 0)
			break;
		if (!cpu_wait(slot_free, q, time_ns() + NVME_TIMEOUT_NS))
			return false;
	}
	ok = nvme_wait(q, slot);
	if (!ok)
		kprintf("nvme: admin opcode %02x failed, status %04x\n", command->opcode,
			q->slot[slot].status);
	if (ok && data)
		memcpy(data, (void *)(uintptr_t)command->prp1, PAGE);
	if (out_result)
		*out_result = q->slot[slot].result;
	nvme_slot_release(q, slot);
	return ok;
}

bool nvme_identify(struct nvme *nvme, uint32_t cns, uint32_t nsid, unsigned char out[4096])
{
	unsigned char *page = memory_alloc(PAGE);
	struct nvme_command command = {
		.opcode = NVME_IDENTIFY,
		.nsid = nsid,
		.prp1 = (uintptr_t)page,
		.cdw10 = cns,
	};
	bool ok = page && admin(nvme, &command, out, NULL);

	memory_free(page, PAGE);
	return ok;
}

/* "Number of Queues": both counts are zeroes-based. */
bool nvme_set_queue_count(struct nvme *nvme, uint32_t wanted, uint32_t *out_granted)
{
	struct nvme_command command = {
		.opcode = NVME_SET_FEATURES,
		.cdw10 = FEATURE_QUEUES,
		.cdw11 = (wanted - 1) << 16 | (wanted - 1),
	};
	uint32_t granted;

	if (!admin(nvme, &command, NULL, &granted))
		return false;
	*out_granted = (granted & 0xffff) + 1;
	if ((granted >> 16) + 1 < *out_granted)
		*out_granted = (granted >> 16) + 1;
	return true;
}

static bool delete_queue(struct nvme_queue *q, uint8_t opcode)
{
	struct nvme_command command = { .opcode = opcode, .cdw10 = q->qid };

	return admin(q->nvme, &command, NULL, NULL);
}

bool nvme_create_queue_pair(struct nvme_queue *q)
{
	struct nvme_command cq = {
		.opcode = NVME_CREATE_CQ,
		.prp1 = (uintptr_t)q->cq,
		.cdw10 = (NVME_ENTRIES - 1u) << 16 | q->qid,
		.cdw11 = q->msix_index << 16 | QUEUE_INTERRUPTS | QUEUE_CONTIGUOUS,
	};
	struct nvme_command sq = {
		.opcode = NVME_CREATE_SQ,
		.prp1 = (uintptr_t)q->sq,
		.cdw10 = (NVME_ENTRIES - 1u) << 16 | q->qid,
		.cdw11 = (uint32_t)q->qid << 16 | QUEUE_CONTIGUOUS,
	};

	if (!admin(q->nvme, &cq, NULL, NULL))
		return false;
	if (admin(q->nvme, &sq, NULL, NULL))
		return true;
	delete_queue(q, NVME_DELETE_CQ);
	return false;
}

bool nvme_delete_queue_pair(struct nvme_queue *q)
{
	return delete_queue(q, NVME_DELETE_SQ) && delete_queue(q, NVME_DELETE_CQ);
}

int nvme_read_page(struct nvme_queue *q, uint64_t page)
{
	uint32_t blocks = (uint32_t)(PAGE / q->nvme->block_bytes);
	uint64_t first = page * blocks;
	struct nvme_command command = {
		.opcode = NVME_READ,
		.nsid = 1,
		.cdw10 = (uint32_t)first,
		.cdw11 = (uint32_t)(first >> 32),
		.cdw12 = blocks - 1,
	};

	return nvme_submit(q, &command, page);
}
