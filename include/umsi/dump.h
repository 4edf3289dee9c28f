/* SPDX-License-Identifier: MIT */
/* The whole state of a machine as lines of text. */
#ifndef UMSI_DUMP_H
#define UMSI_DUMP_H

#include <umsi/types.h>

/* One line without newline, at most UMSI_DUMP_LINE_MAX bytes with its end; copy it if kept. */
typedef void (*umsi_dump_line)(void *arg, const char *line);
#define UMSI_DUMP_LINE_MAX	160

/**
 * umsi_dump() - slots by class, the path of each interrupt, moves in flight
 * @line, @arg: called for each line, in this order: machine, CPUs, devices' interrupts, retiring slots
 *
 * Takes no lock and waits for nobody: what changes meanwhile may be shown
 * before or after its change. Bounded: one line per CPU, per record and per retiring slot, and
 * a few more. Context: any but NMI.
 */
void umsi_dump(struct umsi *m, umsi_dump_line line, void *arg);

#endif
