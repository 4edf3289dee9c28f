/* SPDX-License-Identifier: MIT */
/* Everything a host can ask of a tree that umsi_fdt_open() accepted. */
#ifndef TESTS_FW_READ_ALL_H
#define TESTS_FW_READ_ALL_H

#include <umsi/fdt.h>

/*
 * Runs the three finders for the first CPU there is and checks what a caller
 * relies on: counts within the room, pages aligned, windows that do not wrap.
 * NULL, or what is wrong with an answer.
 */
const char *find_everything(const struct umsi_fdt *fdt);

#endif
