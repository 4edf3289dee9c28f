/* SPDX-License-Identifier: MIT */
/* The umsi command: one file per subcommand, each with its own options and help. */
#ifndef UMSI_COMMAND_H
#define UMSI_COMMAND_H

/* Exit statuses of every subcommand. */
enum status {
	STATUS_CLEAN = 0,
	STATUS_VIOLATED = 1,	/* an invariant was broken, or the input says so */
	STATUS_USAGE = 2,	/* wrong options, or a file that makes no sense */
	STATUS_SYSTEM = 3,	/* a file cannot be read or written, no memory */
};

struct command {
	const char *name;
	const char *does;
	/* argv[0] is "umsi NAME". */
	int (*run)(int argc, char **argv);
};

extern const struct command command_sim, command_machine, command_trace, command_demo, command_scale;

#endif
