/* SPDX-License-Identifier: MIT */
/* The kernel's command line: key=value words. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum mode {
	MODE_BATCH = 0,		/* the whole proof, then RESULT and power off */
	MODE_MONITOR,		/* commands on the serial line */
	MODE_COUNT,		/* instructions of the hot path, one CPU, by its counter */
	MODE_COUNT_LOG,		/* the same by the log of the emulator */
};

struct options {
	enum mode mode;
	bool crc_known;
	uint32_t crc;		/* CRC-32 of the whole disk, as the host computed it */
	uint32_t moves;		/* loaded moves to reach */
	uint32_t dynamic;	/* allocate-use-free rounds to reach */
	uint32_t lpis;		/* behind an ITS: so many are owned and fired at once */
	uint32_t trace;		/* events kept of each CPU, printed at the end; a power of two, 0 = none */
	uint32_t hotplug;	/* times each CPU but the first goes and comes back */
};

void options_parse(struct options *o, const char *arguments);

#endif
