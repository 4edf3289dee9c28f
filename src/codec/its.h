/* SPDX-License-Identifier: MIT */
/*
 * Registers, tables and commands of a GICv3 Interrupt Translation Service.
 * Source: Arm GIC architecture 3 and 4 (IHI 0069), "ITS register descriptions",
 * "The ITS tables", "ITS commands".
 */
#ifndef UMSI_CODEC_ITS_H
#define UMSI_CODEC_ITS_H

#include <stdbool.h>
#include <stdint.h>

#define GITS_BYTES		0x10000u	/* the control frame; the next holds GITS_TRANSLATER */
#define GITS_CTLR		0x0000u
#define GITS_IIDR		0x0004u
#define GITS_TYPER		0x0008u		/* 64 bits, as those below */
#define GITS_CBASER		0x0080u
#define GITS_CWRITER		0x0088u
#define GITS_CREADR		0x0090u
#define GITS_BASER		0x0100u		/* eight */
#define GITS_PIDR2		0xffe8u
#define GITS_TRANSLATER		0x10040u	/* from the start of the control frame */

#define GITS_BASERS		8u

#define GITS_CTLR_ENABLED	(UINT32_C(1) << 0)
#define GITS_CTLR_QUIESCENT	(UINT32_C(1) << 31)

#define GITS_CWRITER_RETRY	UINT64_C(1)
#define GITS_CREADR_STALLED	UINT64_C(1)
#define GITS_QUEUE_OFFSET	UINT64_C(0xfffe0)	/* of CWRITER and CREADR: bytes, whole commands */

/* GITS_TYPER. */
static inline bool umsi_its_is_physical(uint64_t typer)
{
	return typer & 1;
}

/* ITT_entry_size, bits 7:4: bytes less one. */
static inline uint32_t umsi_its_entry_bytes(uint64_t typer)
{
	return (uint32_t)(typer >> 4 & 0xf) + 1;
}

/* ID_bits, 12:8, and Devbits, 17:13: less one. */
static inline uint32_t umsi_its_event_bits(uint64_t typer)
{
	return (uint32_t)(typer >> 8 & 0x1f) + 1;
}

static inline uint32_t umsi_its_device_bits(uint64_t typer)
{
	return (uint32_t)(typer >> 13 & 0x1f) + 1;
}

/* PTA: a redistributor is named by its address, else by GICR_TYPER.Processor_Number. */
static inline bool umsi_its_targets_addresses(uint64_t typer)
{
	return typer >> 19 & 1;
}

/* HCC: collections the ITS keeps in itself. */
static inline uint32_t umsi_its_own_collections(uint64_t typer)
{
	return (uint32_t)(typer >> 24 & 0xff);
}

/* CIL and CIDbits: collection ids are of fewer bits than 16. */
static inline uint32_t umsi_its_collection_bits(uint64_t typer)
{
	return typer >> 36 & 1 ? (uint32_t)(typer >> 32 & 0xf) + 1 : 16;
}

/* GITS_PIDR2.ArchRev. */
static inline uint32_t umsi_its_architecture(uint32_t pidr2)
{
	return pidr2 >> 4 & 0xf;
}

/* ---- GITS_BASER<n> and GITS_CBASER ---- */

#define GITS_BASER_VALID	(UINT64_C(1) << 63)
#define GITS_BASER_INDIRECT	(UINT64_C(1) << 62)
#define GITS_BASER_DEVICES	1u
#define GITS_BASER_COLLECTIONS	4u
#define GITS_BASER_PAGES_MAX	256u

/* Inner cacheability, bits 61:59; shareability, 11:10. */
#define GITS_CACHE_DEVICE	0u
#define GITS_CACHE_NONE		1u
#define GITS_CACHE_WRITE_BACK	7u	/* allocated on read and on write */
#define GITS_SHARE_NONE		0u
#define GITS_SHARE_INNER	1u

static inline uint64_t umsi_its_attributes(unsigned int cache, unsigned int share)
{
	return (uint64_t)cache << 59 | (uint64_t)share << 10;
}

static inline unsigned int umsi_its_share(uint64_t base)
{
	return base >> 10 & 3;
}

static inline unsigned int umsi_its_baser_type(uint64_t baser)
{
	return baser >> 56 & 7;
}

static inline uint32_t umsi_its_baser_entry_bytes(uint64_t baser)
{
	return (uint32_t)(baser >> 48 & 0x1f) + 1;
}

/* Page_Size, bits 9:8: 4, 16 or 64 KiB. */
static inline unsigned int umsi_its_baser_page(uint64_t baser)
{
	return baser >> 8 & 3;
}

static inline uint32_t umsi_its_page_bytes(unsigned int page)
{
	return UINT32_C(0x1000) << 2 * page;
}

/* Physical_Address: with 64 KiB pages, bits 15:12 of the field are bits 51:48. */
static inline uint64_t umsi_its_baser_address(uint64_t address, unsigned int page)
{
	if (page < 2)
		return address & UINT64_C(0x0000fffffffff000);
	return (address & UINT64_C(0x0000ffffffff0000)) | (address >> 48 & 0xf) << 12;
}

static inline uint64_t umsi_its_baser(uint64_t address, unsigned int page, uint32_t pages)
{
	return GITS_BASER_VALID | umsi_its_baser_address(address, page) | (uint64_t)page << 8 |
	       ((pages - 1) & 0xff);
}

/* The queue: 4 KiB pages, 64 KiB aligned. */
static inline uint64_t umsi_its_cbaser(uint64_t address, uint32_t pages)
{
	return GITS_BASER_VALID | (address & UINT64_C(0x000ffffffffff000)) | ((pages - 1) & 0xff);
}

/* "Level 1 table entry": a page of the second level. */
static inline uint64_t umsi_its_level1(uint64_t page)
{
	return GITS_BASER_VALID | (page & UINT64_C(0x000ffffffffff000));
}

/* ---- Commands ---- */

#define ITS_COMMAND_BYTES	32u
#define ITS_ITT_ALIGN		256u

#define ITS_MOVI		0x01u
#define ITS_INT			0x03u
#define ITS_CLEAR		0x04u
#define ITS_SYNC		0x05u
#define ITS_MAPD		0x08u
#define ITS_MAPC		0x09u
#define ITS_MAPTI		0x0au
#define ITS_INV			0x0cu
#define ITS_INVALL		0x0du
#define ITS_MOVALL		0x0eu
#define ITS_DISCARD		0x0fu

struct umsi_its_command {
	uint64_t word[4];
};

_Static_assert(sizeof(struct umsi_its_command) == ITS_COMMAND_BYTES, "a command is 32 bytes");

/*
 * RDbase, bits 51:16 of its word: a redistributor's address, or its number
 * moved to the same place.
 */
static inline uint64_t umsi_its_rdbase(bool by_address, uint64_t frame, uint32_t number)
{
	return by_address ? frame & UINT64_C(0x000fffffffff0000) : (uint64_t)number << 16;
}

static inline struct umsi_its_command umsi_its_event_command(unsigned int op, uint32_t device_id,
							      uint32_t event_id)
{
	return (struct umsi_its_command){ { op | (uint64_t)device_id << 32, event_id } };
}

/* @event_bits: log2 of the ITT's entries. */
static inline struct umsi_its_command umsi_its_mapd(uint32_t device_id, uint64_t itt,
						     unsigned int event_bits)
{
	return (struct umsi_its_command){ { ITS_MAPD | (uint64_t)device_id << 32, event_bits - 1,
		GITS_BASER_VALID | (itt & UINT64_C(0x000fffffffffff00)) } };
}

static inline struct umsi_its_command umsi_its_unmapd(uint32_t device_id)
{
	return (struct umsi_its_command){ { ITS_MAPD | (uint64_t)device_id << 32 } };
}

static inline struct umsi_its_command umsi_its_mapc(uint32_t collection, uint64_t rdbase)
{
	return (struct umsi_its_command){ { ITS_MAPC, 0, GITS_BASER_VALID | rdbase | (collection & 0xffff) } };
}

static inline struct umsi_its_command umsi_its_unmapc(uint32_t collection)
{
	return (struct umsi_its_command){ { ITS_MAPC, 0, collection & 0xffff } };
}

static inline struct umsi_its_command umsi_its_mapti(uint32_t device_id, uint32_t event_id, uint32_t lpi,
						      uint32_t collection)
{
	return (struct umsi_its_command){ { ITS_MAPTI | (uint64_t)device_id << 32,
		event_id | (uint64_t)lpi << 32, collection & 0xffff } };
}

static inline struct umsi_its_command umsi_its_movi(uint32_t device_id, uint32_t event_id, uint32_t collection)
{
	return (struct umsi_its_command){ { ITS_MOVI | (uint64_t)device_id << 32, event_id,
		collection & 0xffff } };
}

static inline struct umsi_its_command umsi_its_invall(uint32_t collection)
{
	return (struct umsi_its_command){ { ITS_INVALL, 0, collection & 0xffff } };
}

static inline struct umsi_its_command umsi_its_sync(uint64_t rdbase)
{
	return (struct umsi_its_command){ { ITS_SYNC, 0, rdbase } };
}

static inline struct umsi_its_command umsi_its_movall(uint64_t from, uint64_t to)
{
	return (struct umsi_its_command){ { ITS_MOVALL, 0, from, to } };
}

/* The library's targets are little-endian, as all that an ITS reads is. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "commands are written as they stand");

#endif
