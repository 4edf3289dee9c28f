/* SPDX-License-Identifier: MIT */
/* Source: QEMU documentation, "EDU device": with messages off the status register asserts INTx. */
#include "drivers/pair.h"

#include <umsi/device.h>
#include <umsi/irq.h>
#include <umsi/pci.h>
#include <umsi/shared.h>

#include "arch.h"
#include "core/intx.h"
#include "core/kernel.h"
#include "core/print.h"
#include "drivers/pci.h"

#define EDU_IRQ_STATUS	0x24
#define EDU_IRQ_RAISE	0x60
#define EDU_IRQ_ACK	0x64

#define LATER_EVERY	8u	/* rounds; the second device's handler then leaves the rest to a thread */

struct half {
	uintptr_t registers;
	struct umsi_device *device;
	struct umsi_pci_irqs irqs;
	umsi_irq irq;
};

struct pair pair;
static struct half half[2];
static uint64_t rounds;
static uint32_t owed;		/* atomic: the second device's handler answered later */

static void need(int status, const char *what)
{
	if (status != UMSI_OK)
		panic("pair: %s: %s", what, umsi_status_text(status));
}

static enum umsi_handled handler(void *arg)
{
	struct half *h = arg;
	uint32_t status = mmio_read32(h->registers + EDU_IRQ_STATUS);
	bool later = h == &half[1] && rounds % LATER_EVERY == 0;

	if (!status)
		return UMSI_NOT_MINE;
	mmio_write32(h->registers + EDU_IRQ_ACK, status);
	if (later)
		__atomic_store_n(&owed, 1, __ATOMIC_RELEASE);
	fire_seen(&pair.fire);
	return later ? UMSI_LATER : UMSI_HANDLED;
}

/* What is owed is paid after a while in which the line was closed for both. */
static void raise(struct fire *f)
{
	(void)f;
	rounds++;
	for (int i = 0; i < 2; i++)
		mmio_write32(half[i].registers + EDU_IRQ_RAISE, 1);
	if (!__atomic_exchange_n(&owed, 0, __ATOMIC_ACQUIRE))
		return;
	need(umsi_shared_done(half[1].irqs.sharer), "done");
	pair.later++;
}

static void start(struct half *h, const struct umsi_pci_function *fn, struct umsi_shared *line)
{
	struct umsi_device_config config = { .name = "pair", .parent = kernel.messages };
	struct umsi_pci_wire wire = { .shared = line };

	h->registers = (uintptr_t)fn->bar[0].phys;
	config.requester_id = fn->requester_id;
	need(umsi_device_add(kernel.m, &config, &h->device), "device");
	need(umsi_pci_irqs_alloc(h->device, fn, 1, 1, NULL, &wire, &h->irq, &h->irqs), "interrupt");
	need(umsi_pci_irqs_request(h->device, &h->irqs, &h->irq, 0, handler, h, "pair"), "request");
}

void pair_init(void)
{
	struct umsi_pci_function fn[2];
	struct umsi_shared *line;

	if (!pci_take(PCI_CLASS_EDU, &fn[0]) || !pci_take(PCI_CLASS_EDU, &fn[1]))
		return;
	line = intx_line(fn[0].requester_id);
	if (!line || line != intx_line(fn[1].requester_id))
		return;
	for (int i = 0; i < 2; i++) {
		fn[i].no_msi = true;
		start(&half[i], &fn[i], line);
	}
	pair.fire.irq = umsi_shared_irq(line);
	pair.fire.events = 2;
	pair.fire.raise = raise;
	pair.present = true;
}

void pair_fire(uint64_t moves)
{
	if (!pair.present)
		return;
	fire_run(&pair.fire, moves);
	if (__atomic_exchange_n(&owed, 0, __ATOMIC_ACQUIRE))
		need(umsi_shared_done(half[1].irqs.sharer), "done");
}

void pair_count(void)
{
	struct umsi_irq_stats st;

	if (!pair.present)
		return;
	need(umsi_irq_stats_read(kernel.m, pair.fire.irq, &st), "statistics");
	pair.fire.empty = st.not_mine;
}
