/* SPDX-License-Identifier: MIT */
/*
 * MSI-X tables as message stores. The core masks before it changes a message
 * (changing an unmasked entry is undefined), so an op writes what it is asked
 * to and nothing more.
 * Source: PCI Express Base, "MSI-X Capability and Table Structure".
 */
#include "codec/msix.h"
#include "msi/device.h"
#include "store/pci_function.h"
#include "umsi_arch.h"

#define GONE32	UINT32_MAX	/* what a read answers when nobody does */

/* One entry; its ops come one at a time, those of others in parallel. */
struct entry {
	uint32_t control;	/* Vector Control without the mask bit: the rest is not ours */
};

struct msix {
	struct pci_ref function;
	uint32_t at;			/* capability */
	uint32_t entries;
	volatile unsigned char *table, *pba;
	uint32_t found_control, found_command;
	uint64_t found_open[MSIX_ENTRIES_MAX / 64];	/* entries unmasked when we came */
	struct entry entry[];
};

static volatile unsigned char *field(const struct msix *x, uint32_t index, uint32_t offset)
{
	return x->table + (size_t)index * MSIX_ENTRY_BYTES + offset;
}

static void write_control(struct msix *x, uint32_t index, uint32_t mask)
{
	umsi_mmio_write32(field(x, index, MSIX_ENTRY_CONTROL), x->entry[index].control | mask);
}

static uint32_t read_control(const struct msix *x, uint32_t index)
{
	return umsi_mmio_read32(field(x, index, MSIX_ENTRY_CONTROL));
}

/* ---- Ops. ---- */

/*
 * A table write that nobody decodes (memory space off after a function-level
 * reset, device pulled out) is an error on the bus, on some machines a fatal one.
 */
static bool msix_reachable(void *store)
{
	struct msix *x = store;
	uint32_t command = umsi_pci_read(&x->function, PCI_COMMAND, 2);

	return command != 0xffff && (command & PCI_COMMAND_MEMORY);
}

static int msix_mask(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	write_control(store, index, MSIX_VECTOR_MASK);
	return 1;
}

static int msix_unmask(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	write_control(store, index, 0);
	return 1;
}

static int msix_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	struct msix *x = store;

	(void)cookie;
	umsi_mmio_write32(field(x, index, MSIX_ENTRY_ADDRESS_LOW), umsi_msix_address_low(msg->address));
	umsi_mmio_write32(field(x, index, MSIX_ENTRY_ADDRESS_HIGH), umsi_msix_address_high(msg->address));
	umsi_mmio_write32(field(x, index, MSIX_ENTRY_DATA), msg->data);
	return 3;
}

/*
 * A read completion may not pass the function's earlier posted writes, its
 * messages among them (PCI Express Base, "Transaction Ordering Rules").
 */
static int msix_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	return read_control(store, index) == GONE32 ? UMSI_EGONE : UMSI_OK;
}

static int msix_rewrite(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg, int *settled)
{
	int writes;

	write_control(store, index, MSIX_VECTOR_MASK);
	writes = msix_write(store, index, cookie, msg);
	write_control(store, index, 0);
	*settled = msix_settle(store, index, cookie);
	return 2 + writes;
}

static bool msix_pending(void *store, uint32_t index, uint64_t cookie)
{
	struct msix *x = store;
	uint32_t bits;

	(void)cookie;
	bits = umsi_mmio_read32(x->pba + umsi_msix_pba_dword(index));
	if (bits == GONE32 && read_control(x, index) == GONE32)
		return false;
	return bits & umsi_msix_pba_bit(index);
}

/* ---- Life of a table. ---- */

static uint32_t store_bytes(uint32_t entries)
{
	return (uint32_t)(sizeof(struct msix) + entries * sizeof(struct entry));
}

static void unmap_and_free(struct msix *x)
{
	void *host = x->function.host;

	if (x->pba)
		umsi_host_mmio_unmap(host, (void *)x->pba, umsi_msix_pba_bytes(x->entries));
	if (x->table)
		umsi_host_mmio_unmap(host, (void *)x->table, umsi_msix_table_bytes(x->entries));
	umsi_host_free(host, x, store_bytes(x->entries));
}

static void put_back_intx(struct msix *x)
{
	if (!(x->found_command & PCI_COMMAND_INTX_OFF))
		umsi_pci_intx(&x->function, true);
}

/*
 * Enable and function mask in one write: some functions decode the table only
 * while MSI-X is enabled, and none may send before its entries are known.
 */
static int enable_masked(struct msix *x)
{
	uint32_t control;

	umsi_pci_write16(&x->function, x->at + MSIX_CONTROL,
		    x->found_control | MSIX_CONTROL_ENABLE | MSIX_CONTROL_MASK);
	control = umsi_pci_read(&x->function, x->at + MSIX_CONTROL, 2);
	if (control == 0xffff)
		return UMSI_EGONE;
	return control & MSIX_CONTROL_ENABLE ? UMSI_OK : UMSI_EREFUSED;
}

/* As after a reset, or as we left it: masked as a whole until every entry is. */
static int msix_restore(void *store)
{
	struct msix *x = store;
	int status = enable_masked(x);

	if (status)
		return status;
	for (uint32_t i = 0; i < x->entries; i++)
		write_control(x, i, MSIX_VECTOR_MASK);
	if (read_control(x, x->entries - 1) == GONE32)
		return UMSI_EGONE;
	umsi_pci_intx(&x->function, false);
	umsi_pci_write16(&x->function, x->at + MSIX_CONTROL,
		    (x->found_control | MSIX_CONTROL_ENABLE) & ~MSIX_CONTROL_MASK);
	return UMSI_OK;
}

/* Every entry is masked; the table may be out of reach and is not touched. */
static void msix_destroy(void *store)
{
	struct msix *x = store;
	uint32_t control = umsi_pci_read(&x->function, x->at + MSIX_CONTROL, 2);

	if (control != 0xffff) {
		umsi_pci_write16(&x->function, x->at + MSIX_CONTROL,
			    control & ~(MSIX_CONTROL_ENABLE | MSIX_CONTROL_MASK));
		put_back_intx(x);
	}
	unmap_and_free(x);
}

static const struct umsi_store_ops msix_ops = {
	.name = "msix",
	.number_name = "msix_index",
	.write = msix_write,
	.mask = msix_mask,
	.unmask = msix_unmask,
	.settle = msix_settle,
	.rewrite = UMSI_FOR_SHORTCUTS(msix_rewrite),
	.reachable = msix_reachable,
	.pending = msix_pending,
	.restore = UMSI_FOR_SLEEP(msix_restore),
	.destroy = msix_destroy,
};

/* Reads only. */
static int check_function(struct msix *x, struct umsi_device *dev)
{
	x->found_control = umsi_pci_read(&x->function, x->at + MSIX_CONTROL, 2);
	x->found_command = umsi_pci_read(&x->function, PCI_COMMAND, 2);
	/* With every reserved bit set it could not be told, once enabled and masked, from one that left. */
	if ((x->found_control | MSIX_CONTROL_ENABLE | MSIX_CONTROL_MASK) == 0xffff || x->found_command == 0xffff)
		return UMSI_EGONE;
	if (!(x->found_command & PCI_COMMAND_MEMORY))
		return UMSI_ESTATE;
	return umsi_pci_check_off(&x->function, dev);
}

static int map_structures(struct msix *x, const struct umsi_pci_function *fn,
			  const struct umsi_pci_msix_cap *cap)
{
	void *host = x->function.host;

	x->table = umsi_host_mmio_map(host, fn->bar[cap->table_bir].phys + cap->table_offset,
				      umsi_msix_table_bytes(cap->entries));
	if (!x->table)
		return UMSI_ENOMEM;
	x->pba = umsi_host_mmio_map(host, fn->bar[cap->pba_bir].phys + cap->pba_offset,
				    umsi_msix_pba_bytes(cap->entries));
	return x->pba ? UMSI_OK : UMSI_ENOMEM;
}

/*
 * Every entry, used or not. As late as this because of a function that honours
 * these bits for plain MSI too. @out_masked: how many were done.
 */
static int mask_all(struct msix *x, uint32_t *out_masked)
{
	for (uint32_t i = 0; i < x->entries; i++) {
		uint32_t control = read_control(x, i);

		if (control == GONE32)
			return UMSI_EGONE;
		x->entry[i].control = control & ~MSIX_VECTOR_MASK;
		if (!(control & MSIX_VECTOR_MASK))
			x->found_open[i / 64] |= UINT64_C(1) << (i % 64);
		write_control(x, i, MSIX_VECTOR_MASK);
		*out_masked = i + 1;
	}
	/* The masks have arrived before the function mask goes. */
	return read_control(x, x->entries - 1) == GONE32 ? UMSI_EGONE : UMSI_OK;
}

/* Entries first, while the table decodes and nothing can be sent; then the registers. */
static void put_back(struct msix *x, uint32_t masked)
{
	uint32_t control = umsi_pci_read(&x->function, x->at + MSIX_CONTROL, 2);

	if (control == 0xffff)
		return;
	umsi_pci_write16(&x->function, x->at + MSIX_CONTROL, control | MSIX_CONTROL_MASK);
	for (uint32_t i = 0; i < masked; i++) {
		if (x->found_open[i / 64] >> (i % 64) & 1)
			write_control(x, i, 0);
	}
	if (masked)
		read_control(x, masked - 1);
	umsi_pci_write16(&x->function, x->at + MSIX_CONTROL, x->found_control);
	put_back_intx(x);
}

static int bring_up(struct msix *x, struct umsi_device *dev, struct umsi_table **out)
{
	struct umsi_table_config config = { .size = x->entries };
	uint32_t masked = 0;
	int status;

	status = enable_masked(x);
	if (!status)
		status = mask_all(x, &masked);
	if (status)
		goto out_put_back;
	umsi_pci_intx(&x->function, false);
	umsi_pci_write16(&x->function, x->at + MSIX_CONTROL,
		    (x->found_control | MSIX_CONTROL_ENABLE) & ~MSIX_CONTROL_MASK);

	/* Last, because from here on others may find it. */
	status = umsi_table_create(dev, &msix_ops, x, &config, out);
	if (!status)
		return UMSI_OK;
out_put_back:
	put_back(x, masked);
	return status;
}

int umsi_pci_msix_create(struct umsi_device *dev, const struct umsi_pci_function *fn,
			 struct umsi_table **out)
{
	struct umsi_pci_msix_cap cap;
	struct pci_ref f;
	struct msix *x;
	int status;

	if (!dev || !fn || !out || fn->requester_id != umsi_device_requester_id(dev))
		return UMSI_EINVAL;
	f = (struct pci_ref){ umsi_machine_host(umsi_device_machine(dev)), fn->requester_id };
	status = umsi_pci_msix_check(&f, fn, &cap);
	if (status)
		return status;

	x = umsi_host_alloc(f.host, store_bytes(cap.entries));
	if (!x)
		return UMSI_ENOMEM;
	x->function = f;
	x->at = cap.offset;
	x->entries = cap.entries;
	status = check_function(x, dev);
	if (!status)
		status = map_structures(x, fn, &cap);
	if (!status)
		status = bring_up(x, dev, out);
	if (status)
		unmap_and_free(x);
	return status;
}
