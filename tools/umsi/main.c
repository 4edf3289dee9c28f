/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

static const struct command *const commands[] = { &command_sim, &command_machine, &command_trace, &command_demo,
						  &command_scale };

#define COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static void help(FILE *to)
{
	fprintf(to, "Usage: umsi COMMAND [OPTION...]\n"
		"Runs the uMSI library on a machine in a box, looks into it, reads traces.\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->does);
	fprintf(to, "\n  umsi COMMAND --help says more.\n\n"
		"A first session:\n"
		"  umsi sim --seeds 1000             # a thousand machines, everything at once\n"
		"  umsi sim --list                   # scenarios and what can be set\n"
		"  umsi machine --seed 5 --step 4000 # one of them, looked at in mid-run\n"
		"  umsi sim --seeds 1 --first 5 --trace t && umsi trace t\n\n"
		"Exit status: 0 clean, 1 violated, 2 wrong usage, 3 the system refused.\n");
}

int main(int argc, char **argv)
{
	char name[32];

	argp_err_exit_status = STATUS_USAGE;
	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		help(argc < 2 ? stderr : stdout);
		return argc < 2 ? STATUS_USAGE : STATUS_CLEAN;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("umsi 1");
		return STATUS_CLEAN;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[1], commands[i]->name))
			continue;
		snprintf(name, sizeof(name), "umsi %s", commands[i]->name);
		argv[1] = name;
		return commands[i]->run(argc - 1, argv + 1);
	}
	fprintf(stderr, "umsi: no command '%s'; umsi --help lists them\n", argv[1]);
	return STATUS_USAGE;
}
