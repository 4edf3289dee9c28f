/* SPDX-License-Identifier: MIT */
/*
 * Three drivers that bring their own message store: each is its op table and a
 * create call, against the public headers alone. The pattern: write, mask and
 * unmask do what their names say; settle returns when nothing older can come any
 * more; restore does again what create did; destroy undoes it.
 *
 * @host is the pointer of umsi_init(). All create calls return UMSI_OK, UMSI_ENOMEM, or what
 * umsi_table_create() answered; nothing is left behind then.
 */
#ifndef EXAMPLE_IMS_H
#define EXAMPLE_IMS_H

#include <umsi/device.h>
#include <umsi/irq.h>
#include <umsi/pci_ims.h>

/* Where an accelerator's slots are, as its capability says. As umsi_pci_ims_probe(). */
int accel_find(struct umsi *m, const struct umsi_pci_function *fn, struct umsi_pci_ims *out);

/*
 * An accelerator: a table of slots in its BAR. An interrupt's cookie is the PASID (20 bits) of
 * whoever owns the slot. Hardwired slots are asked for by their exact index. @slots may be a part of the
 * device's slots, @phys then the address of the first: a logical function.
 */
int accel_create(struct umsi_device *dev, void *host, uint64_t phys, uint32_t slots, struct umsi_table **out);

/* A NIC that keeps a message in each queue's context in memory: any index is as good as another. */
int nic_create(struct umsi_device *dev, void *host, uint64_t phys, uint32_t queues, struct umsi_table **out);

/* A timer: one message register set, no mask. */
int timer_create(struct umsi_device *dev, void *host, uint64_t phys, struct umsi_table **out);

/* ---- The other side: a driver that uses a table, of whatever store ---- */

#define CHANNELS_MAX	16

struct channels;

struct channel {
	struct channels *owner;
	uint32_t entry;			/* for the hardware */
};

struct channels {
	struct umsi *umsi;
	umsi_irq control, irq[CHANNELS_MAX];
	struct channel channel[CHANNELS_MAX];
	int count;			/* that there were entries for */
};

/*
 * A control vector on entry 0, called with @arg, and up to 16 channels, called with their struct channel.
 * UMSI_OK, or what the library answered; nothing is left behind then.
 */
int channels_open(struct channels *c, struct umsi *umsi, struct umsi_table *table, umsi_handler control,
		  umsi_handler data, void *arg);
void channels_close(struct channels *c);

#endif
