/* SPDX-License-Identifier: MIT */
/* A unit that does not answer, answers slowly, or refuses a command. */
#ifndef TRANSLATE_SILENCE_H
#define TRANSLATE_SILENCE_H

#include "fire.h"

/* Moves are refused and change nothing, a free goes through and loses its entry; one that hears again moves. The rig has begun. */
void silence_refuses_and_recovers(const struct fire_unit *unit);
/* One that answers, but slowly, is given its time when the machine comes back, however silent it was before. */
void silence_before_a_slow_resume(void (*begin)(uint64_t seed, const struct mach_chaos *chaos),
				  const struct fire_unit *unit);
/* The @nth command from now on is refused: everything works all the same. The rig has begun. */
void silence_after_a_refusal(const struct fire_unit *unit, uint32_t nth);

#endif
