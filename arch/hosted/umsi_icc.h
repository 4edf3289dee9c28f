/* SPDX-License-Identifier: MIT */
/* The GICv3 CPU interface and 64-bit registers of the GIC, hosted: calls into the machine. */
#ifndef UMSI_ICC_H
#define UMSI_ICC_H

#include "umsi_hosted.h"

static inline uint32_t umsi_icc_acknowledge(void)
{
	return (uint32_t)umsi_hosted_sysreg_read(UMSI_ICC_IAR1_EL1);
}

static inline void umsi_icc_end(uint32_t id)
{
	umsi_hosted_sysreg_write(UMSI_ICC_EOIR1_EL1, id);
}

static inline void umsi_icc_send(uint64_t value)
{
	umsi_hosted_sysreg_write(UMSI_ICC_SGI1R_EL1, value);
}

static inline uint64_t umsi_icc_use(uint64_t value)
{
	umsi_hosted_sysreg_write(UMSI_ICC_SRE_EL1, value);
	return umsi_hosted_sysreg_read(UMSI_ICC_SRE_EL1);
}

static inline void umsi_icc_setup(uint32_t mask)
{
	umsi_hosted_sysreg_write(UMSI_ICC_PMR_EL1, mask);
	umsi_hosted_sysreg_write(UMSI_ICC_BPR1_EL1, 0);
	umsi_hosted_sysreg_write(UMSI_ICC_CTLR_EL1, 0);
}

static inline void umsi_icc_group(uint64_t value)
{
	umsi_hosted_sysreg_write(UMSI_ICC_IGRPEN1_EL1, value);
}

static inline uint64_t umsi_gic_read64(const volatile void *address)
{
	return umsi_hosted_mmio_read(address, 8);
}

static inline void umsi_gic_write64(volatile void *address, uint64_t value)
{
	umsi_hosted_mmio_write(address, 8, value);
}

#endif
