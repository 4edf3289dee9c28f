/* SPDX-License-Identifier: MIT */
#ifndef COUNT_H
#define COUNT_H

#include <stdbool.h>

/*
 * Instructions from a message to its handler, by the retired-instruction
 * counter (exact under the emulator's icount mode, one CPU). True = measured.
 * Not @by_counter: the traps are what they are otherwise, and the emulator's log tells.
 */
bool count_hot_path(bool by_counter);

#endif
