/* SPDX-License-Identifier: MIT */
/*
 * Plain MSI as a message store: all indices share one message, and many
 * functions cannot mask. All ops of a table come one at a time. Enabled when
 * the first index is opened; those without masks are disabled when the last is
 * closed, the others with the table: disabling loses what waits behind a mask.
 * Source: PCI Local Bus 3.0, "MSI Capability Structure", "MSI Operation".
 */
#include "codec/msi.h"
#include "idspace/word.h"
#include "msi/device.h"
#include "store/pci_function.h"

#define GONE16	0xffffu		/* what a read answers when nobody does */

struct msi {
	struct pci_ref function;
	uint32_t at;			/* capability */
	uint32_t messages;		/* 1 .. 32, a power of two */
	bool wide, maskable;
	uint32_t address_high_bits;	/* that the upper address register holds */
	uint32_t masks;			/* Mask Bits as written last */
	uint32_t found_control, found_command, found_masks;
};

static uint32_t read_control(const struct msi *x)
{
	return umsi_pci_read(&x->function, x->at + MSI_CONTROL, 2);
}

static void write_control(const struct msi *x, uint32_t value)
{
	umsi_pci_write16(&x->function, x->at + MSI_CONTROL, value);
}

static void write_masks(struct msi *x, uint32_t masks)
{
	x->masks = masks;
	umsi_pci_write32(&x->function, x->at + umsi_msi_mask(x->wide), masks);
}

/* Multiple Message Enable as this table wants it. */
static uint32_t with_messages(const struct msi *x, uint32_t control)
{
	return umsi_msi_with_messages(control, umsi_lowest_bit(x->messages));
}

/* ---- Ops. ---- */

static bool msi_reachable(void *store)
{
	return read_control(store) != GONE16;
}

/* Data is of 16 bits, and its low bits are the device's. */
static bool fits(const struct msi *x, const struct umsi_msg *msg)
{
	uint32_t high = (uint32_t)(msg->address >> 32);

	return !(high & ~x->address_high_bits) && msg->data <= UINT16_MAX &&
	       !(msg->data & (x->messages - 1));
}

static int msi_write_words(void *store, uint32_t index, uint64_t cookie,
			   const struct umsi_msg *msg, unsigned int which)
{
	struct msi *x = store;
	int writes = 0;

	(void)index;
	(void)cookie;
	if (!fits(x, msg))
		return UMSI_ENOTSUP;
	if (which & UMSI_WORD_DATA) {
		umsi_pci_write16(&x->function, x->at + umsi_msi_data(x->wide), msg->data);
		writes++;
	}
	if (which & UMSI_WORD_ADDRESS_HIGH && x->wide) {
		umsi_pci_write32(&x->function, x->at + MSI_ADDRESS_HIGH, (uint32_t)(msg->address >> 32));
		writes++;
	}
	if (which & UMSI_WORD_ADDRESS_LOW) {
		umsi_pci_write32(&x->function, x->at + MSI_ADDRESS_LOW, (uint32_t)msg->address);
		writes++;
	}
	return writes;
}

static int msi_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	return msi_write_words(store, index, cookie, msg,
			       UMSI_WORD_ADDRESS_LOW | UMSI_WORD_ADDRESS_HIGH | UMSI_WORD_DATA);
}

static int msi_mask(void *store, uint32_t index, uint64_t cookie)
{
	struct msi *x = store;

	(void)cookie;
	write_masks(x, x->masks | UINT32_C(1) << index);
	return 1;
}

static int msi_unmask(void *store, uint32_t index, uint64_t cookie)
{
	struct msi *x = store;

	(void)cookie;
	write_masks(x, x->masks & ~(UINT32_C(1) << index));
	return 1;
}

/*
 * A read completion may not pass the function's earlier posted writes, its
 * messages among them, whatever space was read (PCI Express Base, "Transaction
 * Ordering Rules").
 */
static int msi_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)index;
	(void)cookie;
	return read_control(store) == GONE16 ? UMSI_EGONE : UMSI_OK;
}

static bool msi_pending(void *store, uint32_t index, uint64_t cookie)
{
	struct msi *x = store;
	uint32_t bits = umsi_pci_read(&x->function, x->at + umsi_msi_pending(x->wide), 4);

	(void)cookie;
	if (bits == UINT32_MAX && read_control(x) == GONE16)
		return false;
	return bits >> index & 1;
}

/* The number of messages is settled before the function may send the first. */
static int msi_start(void *store)
{
	struct msi *x = store;
	uint32_t now = read_control(x);
	uint32_t control = with_messages(x, now & ~MSI_CONTROL_ENABLE);

	if (now == (control | MSI_CONTROL_ENABLE))
		return 0;
	umsi_pci_intx(&x->function, false);
	write_control(x, control);
	write_control(x, control | MSI_CONTROL_ENABLE);
	now = read_control(x);
	if (now == GONE16)
		return UMSI_EGONE;
	if (now == (control | MSI_CONTROL_ENABLE))
		return 2;
	write_control(x, control);
	return UMSI_EREFUSED;
}

static int msi_stop(void *store)
{
	struct msi *x = store;

	write_control(x, read_control(x) & ~MSI_CONTROL_ENABLE);
	return 1;
}

static void put_back(struct msi *x)
{
	if (read_control(x) == GONE16)
		return;
	write_control(x, x->found_control);
	if (x->maskable)
		write_masks(x, x->found_masks);
	if (!(x->found_command & PCI_COMMAND_INTX_OFF))
		umsi_pci_intx(&x->function, true);
}

static void msi_destroy(void *store)
{
	struct msi *x = store;

	put_back(x);
	umsi_host_free(x->function.host, x, sizeof(*x));
}

/*
 * Every message masked that can be; the first index that opens turns it on. What
 * was not reset stays on: turned off, it would lose what waits behind its masks.
 */
static int msi_restore(void *store)
{
	struct msi *x = store;
	uint32_t now = read_control(x);
	uint32_t control = with_messages(x, x->found_control & ~MSI_CONTROL_ENABLE) | (now & MSI_CONTROL_ENABLE);

	if (now == GONE16)
		return UMSI_EGONE;
	if (now != control)
		write_control(x, control);
	if (x->maskable)
		write_masks(x, x->found_masks | umsi_msi_bits(x->messages));
	umsi_pci_intx(&x->function, false);
	return read_control(x) == control ? UMSI_OK : UMSI_EREFUSED;
}

static const struct umsi_store_ops maskable_ops = {
	.name = umsi_pci_msi_name,
	.number_name = "msi_index",
	.shared_message = true,
	.write = msi_write,
	.mask = msi_mask,
	.unmask = msi_unmask,
	.settle = msi_settle,
	.start = msi_start,
	.reachable = msi_reachable,
	.pending = msi_pending,
	.restore = UMSI_FOR_SLEEP(msi_restore),
	.destroy = msi_destroy,
};

static const struct umsi_store_ops maskless_ops = {
	.name = umsi_pci_msi_name,
	.number_name = "msi_index",
	.shared_message = true,
	.write = msi_write,
	.write_words = msi_write_words,
	.settle = msi_settle,
	.start = msi_start,
	.stop = msi_stop,
	.reachable = msi_reachable,
	.restore = UMSI_FOR_SLEEP(msi_restore),
	.destroy = msi_destroy,
};

/* ---- Creation. ---- */

/* Reads only. */
static int check_function(struct msi *x, struct umsi_device *dev)
{
	x->found_control = read_control(x);
	x->found_command = umsi_pci_read(&x->function, PCI_COMMAND, 2);
	if (x->maskable)
		x->found_masks = umsi_pci_read(&x->function, x->at + umsi_msi_mask(x->wide), 4);
	if (x->found_control == GONE16 || x->found_command == GONE16)
		return UMSI_EGONE;
	return umsi_pci_check_off(&x->function, dev);
}

/* Some functions claim 64 bits and hold fewer. Asked while they cannot send; put back as found. */
static void learn_address_bits(struct msi *x)
{
	uint32_t found;

	if (!x->wide)
		return;
	found = umsi_pci_read(&x->function, x->at + MSI_ADDRESS_HIGH, 4);
	umsi_pci_write32(&x->function, x->at + MSI_ADDRESS_HIGH, UINT32_MAX);
	x->address_high_bits = umsi_pci_read(&x->function, x->at + MSI_ADDRESS_HIGH, 4);
	umsi_pci_write32(&x->function, x->at + MSI_ADDRESS_HIGH, found);
}

/* Disabled all the while. Mask bits that are not this table's stay as they are. */
static int bring_up(struct msi *x, struct umsi_device *dev, struct umsi_table **out)
{
	struct umsi_table_config config = { .size = x->messages };
	uint32_t control = with_messages(x, x->found_control), now;
	int status;

	learn_address_bits(x);
	write_control(x, control);
	if (x->maskable)
		write_masks(x, x->found_masks | umsi_msi_bits(x->messages));
	now = read_control(x);
	status = now == control ? UMSI_OK : now == GONE16 ? UMSI_EGONE : UMSI_EREFUSED;
	if (status)
		goto out_put_back;
	umsi_pci_intx(&x->function, false);

	/* Last, because from here on others may find it. */
	status = umsi_table_create(dev, x->maskable ? &maskable_ops : &maskless_ops, x, &config, out);
	if (!status)
		return UMSI_OK;
out_put_back:
	put_back(x);
	return status;
}

static bool is_power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

int umsi_pci_msi_create(struct umsi_device *dev, const struct umsi_pci_function *fn,
			uint32_t messages, struct umsi_table **out)
{
	struct umsi_pci_msi_cap cap;
	struct pci_ref f;
	struct msi *x;
	int status;

	if (!dev || !fn || !out || fn->requester_id != umsi_device_requester_id(dev))
		return UMSI_EINVAL;
	f = (struct pci_ref){ umsi_machine_host(umsi_device_machine(dev)), fn->requester_id };
	status = umsi_pci_msi_check(&f, &cap);
	if (status)
		return status;
	if (!is_power_of_two(messages) || messages >> cap.messages_log2 > 1)
		return UMSI_ERANGE;

	x = umsi_host_alloc(f.host, sizeof(*x));
	if (!x)
		return UMSI_ENOMEM;
	x->function = f;
	x->at = cap.offset;
	x->messages = messages;
	x->wide = cap.wide;
	x->maskable = cap.maskable;
	status = check_function(x, dev);
	if (!status)
		status = bring_up(x, dev, out);
	if (status)
		umsi_host_free(f.host, x, sizeof(*x));
	return status;
}
