/* SPDX-License-Identifier: MIT */
/*
 * What is known to be different about an implementation, by GITS_IIDR.
 * Sources: Cavium ThunderX errata 22375, 24313, 23144; Qualcomm Datacenter
 * Technologies QDF2400 erratum 0065.
 */
#include "translate/its.h"

struct quirk {
	const char *name;
	uint32_t iidr, mask;
	void (*apply)(struct umsi_its *its);
};

/*
 * 22375: TYPER promises more DeviceIDs than the table is read for; 20 bits are
 * safe. 24313: the memory type of tables is not obeyed. 23144: a collection on
 * another node makes SYNC hang.
 */
static void thunderx(struct umsi_its *its)
{
	if (its->device_ids > UINT64_C(1) << 20)
		its->device_ids = UINT64_C(1) << 20;
	its->cache = GITS_CACHE_DEVICE;
	its->node_bound = true;
}

/* TYPER says 8 bytes to an entry of an ITT; it takes 16. */
static void qdf2400(struct umsi_its *its)
{
	its->entry_bytes = 16;
}

static const struct quirk quirks[] = {
	{ "Cavium 22375, 24313, 23144", 0xa100034c, 0xffff0fff, thunderx },
	{ "Qualcomm QDF2400 0065", 0x00001070, 0xffffffff, qdf2400 },
};

void umsi_its_quirks(struct umsi_its *its)
{
	struct umsi_text t;

	for (size_t i = 0; i < sizeof(quirks) / sizeof(quirks[0]); i++) {
		if ((its->iidr & quirks[i].mask) != quirks[i].iidr)
			continue;
		quirks[i].apply(its);
		its->erratum = quirks[i].name;
		umsi_text_begin(&t, "its: erratum, worked around: ");
		umsi_text_add(&t, quirks[i].name);
		umsi_host_log(its->domain.m->host, UMSI_LOG_INFO, t.line);
	}
}
