/* SPDX-License-Identifier: MIT */
/* PCI functions without messages: the wires that their INTx pins end at, shared where several do. */
#ifndef INTX_H
#define INTX_H

#include <stdint.h>

#include <umsi/shared.h>

/* The line of a function's pin, made when first asked for; NULL: it has none, or nobody knows where it ends. */
struct umsi_shared *intx_line(uint32_t requester_id);

#endif
