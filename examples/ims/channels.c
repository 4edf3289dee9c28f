/* SPDX-License-Identifier: MIT */
/*
 * The recommended pattern for indices. Entry 0 is the control vector, 1 and 2 are wired to
 * events of their own: those are asked for exactly, by their number. From 3 on one entry is as
 * good as another: ask for as many as there are, keep the handles, and let the
 * hardware be told which entry each channel got. Everything else goes by handle.
 */
#include "ims.h"

#define CONTROL		0u
#define FUNGIBLE	3u

static void close_from(struct channels *c, int opened)
{
	while (opened--)
		umsi_irq_free(c->umsi, c->irq[opened]);
	umsi_irq_free(c->umsi, c->control);
}

static int open_control(struct channels *c, struct umsi_table *table, umsi_handler handler, void *arg)
{
	struct umsi_irq_request_at exact = { .first = CONTROL, .last = CONTROL };
	int status = umsi_irq_alloc(table, &exact, &c->control);

	if (status)
		return status;
	status = umsi_irq_request(c->umsi, c->control, handler, arg, "control");
	if (status)
		umsi_irq_free(c->umsi, c->control);
	return status;
}

/* Handlers find their channel by @arg: its entry of c->channel. */
static int open_channel(struct channels *c, int n, umsi_handler handler)
{
	struct channel *ch = &c->channel[n];
	int status;

	ch->owner = c;
	status = umsi_irq_index(c->umsi, c->irq[n], &ch->entry);	/* for the hardware's queue register */
	return status ? status : umsi_irq_request(c->umsi, c->irq[n], handler, ch, "channel");
}

int channels_open(struct channels *c, struct umsi *umsi, struct umsi_table *table, umsi_handler control,
		  umsi_handler data, void *arg)
{
	struct umsi_irq_request_at any = { .first = FUNGIBLE, .last = UMSI_INDEX_LAST };
	int status, count;

	c->umsi = umsi;
	status = open_control(c, table, control, arg);
	if (status)
		return status;
	/* One channel would do; what there is decides. */
	count = umsi_irq_alloc_many(table, &any, 1, CHANNELS_MAX, c->irq);
	for (int i = 0; i < count && !status; i++)
		status = open_channel(c, i, data);
	if (count < 0 || status)
		close_from(c, count < 0 ? 0 : count);
	if (count < 0)
		return count;
	c->count = status ? 0 : count;
	return status;
}

void channels_close(struct channels *c)
{
	close_from(c, c->count);
	c->count = 0;
}
