/* SPDX-License-Identifier: MIT */
/*
 * One hart's interrupt file. Its registers are reachable only from that hart;
 * every other hart and device can do one thing to it: write an identity.
 */
#include "root/imsic.h"
#include "umsi_aia.h"

static void compose(struct umsi_vec *v, umsi_cpu cpu, uint32_t slot, struct umsi_msg *out)
{
	out->address = umsi_imsic_of(v)->phys[cpu] + IMSIC_SETEIPNUM_LE;
	out->data = slot;
}

static void raise_slot(struct umsi_vec *v, umsi_cpu cpu, uint32_t slot)
{
	unsigned char *page = umsi_imsic_of(v)->page[cpu];

	umsi_mmio_write32(page + IMSIC_SETEIPNUM_LE, slot);
}

/* eithreshold is 0 for good, so topei hides nothing that is enabled. */
static bool quiet(struct umsi_vec *v, struct umsi_vec_cpu *c, const uint64_t *slots)
{
	(void)v;
	(void)c;
	(void)slots;
	return umsi_aia_stopei() == 0;
}

static void shut(struct umsi_vec *v, uint32_t slot, bool shut_it)
{
	uint32_t reg = umsi_imsic_word_register(AIA_EIE0, slot);
	uint64_t bit = UINT64_C(1) << (slot % 64);

	(void)v;
	if (shut_it)
		umsi_aia_clear_locked(reg, bit);
	else
		umsi_aia_write_locked(reg, umsi_aia_read_locked(reg) | bit);
}

const struct umsi_vec_root_ops umsi_imsic_vec_ops = {
	.compose = compose,
	.raise = raise_slot,
	.quiet = quiet,
	.shut = shut,
};

/* Identity 0 does not exist: its bit reads as zero whatever is written. */
static uint64_t enabled_word(uint32_t word)
{
	return word == 0 ? ~UINT64_C(1) : ~UINT64_C(0);
}

/*
 * AIA 1.0, "Interrupt delivery enable": with eidelivery 0 nothing is
 * signalled. Everything pending from before is not ours and goes; every
 * identity is enabled for good, so that a slot needs no work when it is given
 * out and a late message always finds its way to its owner.
 */
static int start_file(const struct umsi_imsic *im)
{
	uint32_t words = (im->num_ids + 1) / 64;

	umsi_aia_write_locked(AIA_EIDELIVERY, 0);
	umsi_aia_write_locked(AIA_EITHRESHOLD, 0);
	for (uint32_t w = 0; w < words; w++) {
		uint32_t reg = AIA_EIE0 + w * 2;

		umsi_aia_write_locked(AIA_EIP0 + w * 2, 0);
		umsi_aia_write_locked(reg, enabled_word(w));
		if (umsi_aia_read_locked(reg) != enabled_word(w))
			return UMSI_EREFUSED;
	}
	umsi_aia_write_locked(AIA_EIDELIVERY, 1);
	if (umsi_aia_read_locked(AIA_EIDELIVERY) != 1 || umsi_aia_read_locked(AIA_EITHRESHOLD) != 0)
		return UMSI_EREFUSED;
	return UMSI_OK;
}

int umsi_imsic_cpu_online(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_imsic *im = umsi_imsic_of(umsi_vec_of(d));
	int status;

	if (!im->v.cpu[cpu])
		return UMSI_OK;	/* a hart without a file: never a target */
	if (umsi_load32(&im->v.cpu[cpu]->open))
		return UMSI_OK;
	status = start_file(im);
	if (!status)
		umsi_vec_open(&im->v, cpu);
	return status;
}

int umsi_imsic_cpu_restore(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_imsic *im = umsi_imsic_of(umsi_vec_of(d));
	int status;

	if (!im->v.cpu[cpu])
		return UMSI_OK;
	status = start_file(im);
	if (!status)
		umsi_vec_restore(&im->v, cpu, umsi_load32_acquire(&im->ipis.count));
	return status;
}
