/* SPDX-License-Identifier: MIT */
/*
 * Extended capabilities, and those that vendors designate (DVSEC).
 * Sources: PCI Express Base, "PCI Express Extended Capability Header", "Designated
 * Vendor-Specific Extended Capability (DVSEC)"; Intel Scalable I/O Virtualization
 * Technical Specification 1.0, "Identifying Intel Scalable IOV Capability".
 */
#ifndef UMSI_CODEC_DVSEC_H
#define UMSI_CODEC_DVSEC_H

#include <stdint.h>

#define PCI_EXT_FIRST		0x100	/* the list begins here */
#define PCI_EXT_END		0x1000
#define PCI_EXT_ID_DVSEC	0x0023u

#define DVSEC_HEADER_1		0x4	/* 15:0 vendor, 19:16 revision, 31:20 length */
#define DVSEC_HEADER_2		0x8	/* 15:0 id */
#define DVSEC_BYTES		10u	/* of the three headers */

#define SIOV_VENDOR		0x8086u
#define SIOV_ID			0x0005u
#define SIOV_CAPABILITIES	0x14	/* 32 bits */
#define SIOV_IMS		0x1u	/* it has an interrupt message store */
#define SIOV_BYTES		0x18u

static inline uint32_t umsi_ext_id(uint32_t head)
{
	return head & 0xffff;
}

/* Software masks the two low bits. 0: the last one. */
static inline uint32_t umsi_ext_next(uint32_t head)
{
	return head >> 20 & 0xffc;
}

static inline uint32_t umsi_dvsec_vendor(uint32_t header_1)
{
	return header_1 & 0xffff;
}

static inline uint32_t umsi_dvsec_revision(uint32_t header_1)
{
	return header_1 >> 16 & 0xf;
}

/* In bytes, headers included. */
static inline uint32_t umsi_dvsec_length(uint32_t header_1)
{
	return header_1 >> 20;
}

#endif
