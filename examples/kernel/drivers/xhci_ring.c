/* SPDX-License-Identifier: MIT */
/* Rings, doorbells and the handler. Source: xHCI 1.2, "Transfer Request Block (TRB)",
 * "Command Ring Management", "Event Ring Management", "Interrupter Register Set". */
#include "arch.h"
#include "core/cpu.h"
#include "core/pages.h"
#include "drivers/xhci.h"

/* Interrupter registers, 32 bytes for each, behind the microframe index. */
#define IMAN		0x00
#define IMOD		0x04
#define ERSTSZ		0x08
#define ERSTBA		0x10
#define ERDP		0x18
#define IMAN_IE		0x2u
#define ERDP_EHB	0x8u	/* set while a handler owes an answer; written as one to clear */

#define TRB_CYCLE	0x1u
#define TRB_TOGGLE	0x2u	/* of a link: the cycle bit turns there */
#define TRB_LINK	6
#define TRB_TRANSFER	32	/* events */
#define TRB_COMMAND	33
#define TRB_PORT	34
#define COMPLETION_SUCCESS	1u

static uint32_t type_of(uint32_t control)
{
	return control >> 10 & 0x3f;
}

static void write64(uintptr_t at, uint64_t value)
{
	mmio_write32(at, (uint32_t)value);
	mmio_write32(at + 4, (uint32_t)(value >> 32));
}

static void count(uint64_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELEASE);
}

bool xhci_ring_init(struct xhci_ring *ring)
{
	ring->trb = memory_alloc(PAGE);
	ring->next = 0;
	ring->cycle = TRB_CYCLE;
	return ring->trb;
}

/* The word with the cycle bit comes last: it hands the rest over. */
static void put(struct xhci_ring *ring, uint64_t parameter, uint32_t status, uint32_t control)
{
	volatile struct xhci_trb *trb = &ring->trb[ring->next++];

	trb->parameter = parameter;
	trb->status = status;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	trb->control = control | ring->cycle;
}

void xhci_ring_add(struct xhci_ring *ring, uint64_t parameter, uint32_t status, uint32_t control)
{
	put(ring, parameter, status, control);
	if (ring->next < XHCI_RING_TRBS - 1)
		return;
	put(ring, (uintptr_t)ring->trb, 0, XHCI_TRB_TYPE(TRB_LINK) | TRB_TOGGLE);
	ring->next = 0;
	ring->cycle ^= TRB_CYCLE;
}

void xhci_ring_doorbell(uint32_t slot, uint32_t target)
{
	arch_fence_doorbell();
	mmio_write32(xhci.doorbells + 4 * slot, target);
}

/* ---- Events ---- */

static uintptr_t registers_of(const struct xhci_interrupter *i)
{
	return xhci.runtime + 0x20 + 0x20 * i->number;
}

/* A ring of one segment. */
bool xhci_interrupter_init(struct xhci_interrupter *i, uint32_t number)
{
	uint64_t *segment;
	uintptr_t at;

	i->number = number;
	i->event = memory_alloc(XHCI_EVENTS * sizeof(*i->event));
	segment = memory_alloc(PAGE);
	if (!i->event || !segment)
		return false;
	i->cycle = TRB_CYCLE;
	segment[0] = (uintptr_t)i->event;
	segment[1] = XHCI_EVENTS;
	arch_fence_doorbell();
	at = registers_of(i);
	mmio_write32(at + ERSTSZ, 1);
	write64(at + ERDP, (uintptr_t)i->event);
	write64(at + ERSTBA, (uintptr_t)segment);
	mmio_write32(at + IMOD, 0);
	mmio_write32(at + IMAN, IMAN_IE);
	return true;
}

static void take_event(struct xhci_interrupter *i, const struct xhci_trb *event)
{
	if (event->status >> 24 != COMPLETION_SUCCESS)
		count(&i->errors);
	switch (type_of(event->control)) {
	case TRB_TRANSFER:
		count(&i->transfers);
		fire_seen(&xhci.fire);
		break;
	case TRB_COMMAND:
		i->slot = event->control >> 24;
		count(&i->commands);
		cpu_wake(&boot_cpu);
		break;
	case TRB_PORT:
		count(&i->others);
		break;
	default:
		count(&i->errors);
		break;
	}
}

/* The events first, then the pointer behind them, with which the next message may come. */
enum umsi_handled xhci_handler(void *interrupter)
{
	struct xhci_interrupter *i = interrupter;
	struct xhci_trb event[16];
	unsigned int n = 0;

	while (n < 16) {
		volatile struct xhci_trb *at = &i->event[i->next];
		uint32_t control = at->control;

		if ((control & TRB_CYCLE) != i->cycle)
			break;
		arch_fence_entry();
		event[n++] = (struct xhci_trb){ at->parameter, at->status, control };
		if (++i->next == XHCI_EVENTS) {
			i->next = 0;
			i->cycle ^= TRB_CYCLE;
		}
	}
	if (!n)
		fire_empty(&xhci.fire);
	write64(registers_of(i) + ERDP, (uintptr_t)&i->event[i->next] | ERDP_EHB);
	for (unsigned int k = 0; k < n; k++)
		take_event(i, &event[k]);
	return UMSI_HANDLED;
}
