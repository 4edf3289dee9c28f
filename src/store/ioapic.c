/* SPDX-License-Identifier: MIT */
/*
 * Redirection entries as a message store. Registers are reached through an
 * index and a data register, so each access is two, under the I/O APIC's lock.
 * Every locked section ends with a read: releasing a lock orders no device
 * access, and the next holder must not select while our write is on its way.
 */
#include <umsi/ioapic.h>

#include "codec/ioapic.h"
#include "msi/device.h"
#include "umsi_arch.h"

/* Reads of an entry until a local APIC has accepted, or ended, what it sent. */
#define POLLS	10000u

/*
 *   field    written under           read without the lock by
 *   low      the interrupt's lock    rearm: its vector
 *   the rest the interrupt's lock    nobody
 */
struct pin {
	umsi_atomic32 low;		/* without mask and read-only bits */
	uint32_t wiring;		/* polarity and trigger mode */
	bool foreign;			/* firmware's: raises SMIs */
};

struct ioapic {
	struct umsi *m;
	struct umsi_lock lock;		/* index and data registers */
	unsigned char *window;
	bool directed_eoi, has_eoi;
	uint32_t pins;
	struct pin pin[];
};

/* ---- Registers ---- */

static uint32_t read_locked(struct ioapic *io, uint32_t reg)
{
	umsi_mmio_write32(io->window + IOAPIC_INDEX, reg);
	return umsi_mmio_read32(io->window + IOAPIC_DATA);
}

static void write_locked(struct ioapic *io, uint32_t reg, uint32_t value)
{
	umsi_mmio_write32(io->window + IOAPIC_INDEX, reg);
	umsi_mmio_write32(io->window + IOAPIC_DATA, value);
}

static uint32_t read_reg(struct ioapic *io, uint32_t reg)
{
	uintptr_t state = umsi_lock(io->m, &io->lock);
	uint32_t value = read_locked(io, reg);

	umsi_barrier_flush_to_stamp();
	umsi_unlock(io->m, &io->lock, state);
	return value;
}

static void write_reg(struct ioapic *io, uint32_t reg, uint32_t value)
{
	uintptr_t state = umsi_lock(io->m, &io->lock);

	write_locked(io, reg, value);
	umsi_mmio_read32(io->window + IOAPIC_DATA);
	umsi_barrier_flush_to_stamp();
	umsi_unlock(io->m, &io->lock, state);
}

static void end(struct ioapic *io, uint32_t vector)
{
	umsi_mmio_write32(io->window + IOAPIC_EOI, vector);
}

/* Waits until @bits of the low half are clear. False: they are not. */
static bool wait_clear(struct ioapic *io, uint32_t index, uint32_t bits)
{
	for (uint32_t i = 0; i < POLLS; i++)
		if (!(read_reg(io, IOAPIC_ENTRY_LOW(index)) & bits))
			return true;
	return false;
}

/* ---- Ops ---- */

static int ioapic_mask(void *store, uint32_t index, uint64_t cookie)
{
	struct ioapic *io = store;
	struct pin *p = &io->pin[index];

	(void)cookie;
	if (p->foreign)
		return 0;
	write_reg(io, IOAPIC_ENTRY_LOW(index), umsi_load32(&p->low) | IOAPIC_MASKED);
	return 1;
}

static int ioapic_unmask(void *store, uint32_t index, uint64_t cookie)
{
	struct ioapic *io = store;

	(void)cookie;
	write_reg(io, IOAPIC_ENTRY_LOW(index), umsi_load32(&io->pin[index].low));
	return 1;
}

/* Remote IRR means something for level entries only. */
static uint32_t busy_bits(const struct pin *p)
{
	return IOAPIC_PENDING | (p->wiring & IOAPIC_LEVEL ? IOAPIC_REMOTE_IRR : 0);
}

/*
 * Masked. An end of interrupt finds its entry by the vector in it: an entry
 * that changes between acceptance and end keeps its remote IRR for ever.
 */
static int ioapic_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	struct ioapic *io = store;
	struct pin *p = &io->pin[index];
	uint32_t low = umsi_ioapic_low(msg, p->wiring);

	(void)cookie;
	if (!wait_clear(io, index, IOAPIC_PENDING) ||
	    read_reg(io, IOAPIC_ENTRY_LOW(index)) & busy_bits(p))
		return UMSI_EAGAIN;
	/*
	 * Whoever handles what the new entry sends will end it by the new vector. Taking the
	 * window's lock again would see to that too, on the machine in a box: no mutant shows this fence.
	 */
	umsi_store32(&p->low, low);
	umsi_barrier_publish_to_message();
	write_reg(io, IOAPIC_ENTRY_HIGH(index), umsi_ioapic_high(msg));
	write_reg(io, IOAPIC_ENTRY_LOW(index), low | IOAPIC_MASKED);
	return 2;
}

/* The read pushes what the I/O APIC has sent; a send that still waits shows as pending. */
static int ioapic_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	return wait_clear(store, index, IOAPIC_PENDING) ? UMSI_OK : UMSI_EGONE;
}

static bool ioapic_pending(void *store, uint32_t index, uint64_t cookie)
{
	struct ioapic *io = store;

	(void)cookie;
	return read_reg(io, IOAPIC_ENTRY_LOW(index)) & busy_bits(&io->pin[index]);
}

/*
 * The former owner's last interrupt may not have been ended yet: its handler
 * has returned, but its trap has not; or it never said done.
 */
static bool end_former(struct ioapic *io, uint32_t index)
{
	struct pin *p = &io->pin[index];

	if (io->directed_eoi && read_reg(io, IOAPIC_ENTRY_LOW(index)) & busy_bits(p))
		end(io, umsi_load32(&p->low) & 0xff);
	return wait_clear(io, index, busy_bits(p));
}

static int ioapic_set_trigger(void *store, uint32_t index, uint64_t cookie, unsigned int trigger)
{
	struct ioapic *io = store;
	struct pin *p = &io->pin[index];

	(void)cookie;
	if (p->foreign)
		return UMSI_EREFUSED;
	if (trigger > UMSI_TRIGGER_LEVEL_LOW)
		return UMSI_EINVAL;
	if (!end_former(io, index))
		return UMSI_ETIMEOUT;
	p->wiring = umsi_ioapic_wiring(trigger);
	return UMSI_OK;
}

/*
 * Where ends are broadcast, the local APIC's own one, which follows in the
 * same trap, is what lets the pin look at its line again.
 */
static void ioapic_rearm(void *store, uint32_t index, uint64_t cookie)
{
	struct ioapic *io = store;

	(void)cookie;
	if (io->directed_eoi)
		end(io, umsi_load32(&io->pin[index].low) & 0xff);
}

/*
 * The end will never be broadcast. Without an end-of-interrupt register the
 * way to clear a remote IRR is to be an edge for a moment (82093AA, "I/O
 * Redirection Table Registers": the bit is undefined for edges).
 */
static void ioapic_lost(void *store, uint32_t index, uint64_t cookie)
{
	struct ioapic *io = store;
	uint32_t low = read_reg(io, IOAPIC_ENTRY_LOW(index));

	(void)cookie;
	if (!(low & IOAPIC_LEVEL) || !(low & IOAPIC_REMOTE_IRR))
		return;
	if (io->has_eoi) {
		end(io, low & 0xff);
		return;
	}
	write_reg(io, IOAPIC_ENTRY_LOW(index), (low & ~(IOAPIC_LEVEL | IOAPIC_REMOTE_IRR)) | IOAPIC_MASKED);
	write_reg(io, IOAPIC_ENTRY_LOW(index), low & ~IOAPIC_REMOTE_IRR);
}

static void ioapic_destroy(void *store)
{
	struct ioapic *io = store;
	void *host = io->m->host;

	umsi_host_mmio_unmap(host, io->window, IOAPIC_WINDOW_BYTES);
	umsi_host_free(host, io, sizeof(*io) + io->pins * sizeof(io->pin[0]));
}

static const struct umsi_store_ops ioapic_ops = {
	.name = "ioapic",
	.number_name = "pin",
	.mask_loses = true,
	.write = ioapic_write,
	.mask = ioapic_mask,
	.unmask = ioapic_unmask,
	.settle = ioapic_settle,
	.pending = ioapic_pending,
	.set_trigger = ioapic_set_trigger,
	.rearm = ioapic_rearm,
	.lost = ioapic_lost,
	.destroy = ioapic_destroy,
};

/* ---- Creation ---- */

/* Masked and edge triggered: that also forgets a remote IRR that nobody will end. */
static void clear_pin(struct ioapic *io, uint32_t index)
{
	uint32_t low = read_reg(io, IOAPIC_ENTRY_LOW(index));

	io->pin[index].foreign = umsi_ioapic_is_smi(low);
	if (io->pin[index].foreign)
		return;
	write_reg(io, IOAPIC_ENTRY_LOW(index), low | IOAPIC_MASKED);
	if (io->has_eoi && low & IOAPIC_REMOTE_IRR)
		end(io, low & 0xff);
	write_reg(io, IOAPIC_ENTRY_LOW(index), IOAPIC_MASKED);
	write_reg(io, IOAPIC_ENTRY_HIGH(index), 0);
}

static int check_version(uint32_t version, bool directed_eoi)
{
	if (version == UINT32_MAX)
		return UMSI_EGONE;
	if (umsi_ioapic_pins(version) > IOAPIC_PINS_MAX)
		return UMSI_ERANGE;
	return directed_eoi && (version & 0xff) < IOAPIC_HAS_EOI ? UMSI_ENOTSUP : UMSI_OK;
}

/* No one else knows it yet: no lock. */
static uint32_t read_version(unsigned char *window)
{
	umsi_mmio_write32(window + IOAPIC_INDEX, IOAPIC_VERSION);
	return umsi_mmio_read32(window + IOAPIC_DATA);
}

static int open_window(struct umsi *m, const struct umsi_ioapic_config *config,
		       struct ioapic **out)
{
	unsigned char *window = umsi_host_mmio_map(m->host, config->phys, IOAPIC_WINDOW_BYTES);
	struct ioapic *io = NULL;
	uint32_t version;
	int status = UMSI_ENOMEM;

	if (!window)
		return UMSI_ENOMEM;
	version = read_version(window);
	status = check_version(version, config->directed_eoi);
	if (status)
		goto out_unmap;
	status = UMSI_ENOMEM;
	io = umsi_host_alloc(m->host, sizeof(*io) + umsi_ioapic_pins(version) * sizeof(io->pin[0]));
	if (!io)
		goto out_unmap;
	io->m = m;
	io->window = window;
	io->directed_eoi = config->directed_eoi;
	io->has_eoi = (version & 0xff) >= IOAPIC_HAS_EOI;
	io->pins = umsi_ioapic_pins(version);
	*out = io;
	return UMSI_OK;

out_unmap:
	umsi_host_mmio_unmap(m->host, window, IOAPIC_WINDOW_BYTES);
	return status;
}

int umsi_ioapic_create(struct umsi_device *dev, const struct umsi_ioapic_config *config,
		       struct umsi_table **out)
{
	struct umsi_table_config table = { .name = "ioapic" };
	struct ioapic *io;
	int status;

	if (!dev || !config || !out || !config->phys || config->phys % 16)
		return UMSI_EINVAL;
	/* No broadcast would ever name a pin's vector. */
	if (dev->parent->changes && !config->directed_eoi)
		return UMSI_EINVAL;
	status = open_window(umsi_device_machine(dev), config, &io);
	if (status)
		return status;
	for (uint32_t i = 0; i < io->pins; i++)
		clear_pin(io, i);
	table.size = io->pins;
	status = umsi_table_create(dev, &ioapic_ops, io, &table, out);
	if (status)
		ioapic_destroy(io);
	return status;
}
