/* SPDX-License-Identifier: MIT */
#include "overlap.h"

#include "isa.h"
#include "umsi_hosted.h"
#include "world.h"

static const char *const names[OVERLAPS] = {
	"move", "second", "mask", "free", "allocate", "offline", "online", "remove", "suspend", "raise",
	"drain", "fault",
};

static void meet(struct world *w, enum overlap a, enum overlap b, uint64_t n)
{
	w->overlaps.met[a][b] += n;
	if (a != b)
		w->overlaps.met[b][a] += n;
}

/* Devices raise by themselves, so events are counted when something else begins. */
static uint32_t events_under_way(const struct world *w)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < WORLD_DEVICES; i++)
		for (uint32_t k = 0; k < WORLD_ENTRIES; k++)
			n += mach_entry_owed(w->device[i].pci, k);
	return n;
}

void overlap_at(struct world *w, enum overlap what)
{
	uint32_t events = events_under_way(w);

	for (uint32_t i = 0; i < OVERLAPS; i++)
		if (w->overlaps.active[i])
			meet(w, what, i, 1);
	if (events)
		meet(w, what, OVERLAP_RAISE, 1);
	if (events > 1)
		meet(w, OVERLAP_RAISE, OVERLAP_RAISE, 1);
}

void overlap_begin(struct world *w, enum overlap what)
{
	overlap_at(w, what);
	w->overlaps.active[what]++;
}

void overlap_end(struct world *w, enum overlap what)
{
	w->overlaps.active[what]--;
}

void overlap_end_of(struct world *w, enum overlap what, int status)
{
	if (status == UMSI_ENOMEM)
		overlap_at(w, OVERLAP_FAULT);
	overlap_end(w, what);
}

void overlap_barrier(void *arg, uint32_t cpu, uint32_t barrier)
{
	struct world *w = arg;
	uint32_t bit = 1u << cpu;

	if (barrier == UMSI_BARRIER_REQ_TO_MARKER || barrier == UMSI_BARRIER_REQ_TO_LOOK) {
		if (!(w->proving & bit))
			overlap_begin(w, OVERLAP_DRAIN);
		w->proving |= bit;
	} else if (barrier == UMSI_BARRIER_LOOK_TO_DONE && (w->proving & bit)) {
		overlap_end(w, OVERLAP_DRAIN);
		w->proving &= ~bit;
	}
}

void overlap_print(FILE *out, const uint64_t met[OVERLAPS][OVERLAPS])
{
	fprintf(out, "OVERLAP  %9s", "");
	for (uint32_t i = 0; i < OVERLAPS; i++)
		fprintf(out, " %9s", names[i]);
	fprintf(out, "\n");
	for (uint32_t i = 0; i < OVERLAPS; i++) {
		fprintf(out, "OVERLAP  %9s", names[i]);
		for (uint32_t k = 0; k <= i; k++)
			fprintf(out, " %9llu", (unsigned long long)met[i][k]);
		fprintf(out, "\n");
	}
}

/* DESIGN.md, "Overlaps", says why not. */
static bool can_meet(const struct isa *isa, uint32_t a, uint32_t b)
{
	if (a == OVERLAP_SUSPEND && b == OVERLAP_SUSPEND)
		return false;
	return isa->drains || (a != OVERLAP_DRAIN && b != OVERLAP_DRAIN);
}

uint32_t overlap_short(FILE *out, const struct isa *isa, const uint64_t met[OVERLAPS][OVERLAPS], uint64_t seeds,
		       uint64_t per)
{
	uint32_t n = 0;

	for (uint32_t a = 0; a < OVERLAPS; a++)
		for (uint32_t b = 0; b <= a; b++) {
			if (!can_meet(isa, a, b) || met[a][b] * 100000 >= per * seeds)
				continue;
			fprintf(out, "OVERLAP  %s x %s: %llu in %llu seeds is less than %llu in 100000\n", names[a], names[b],
				(unsigned long long)met[a][b], (unsigned long long)seeds, (unsigned long long)per);
			n++;
		}
	return n;
}
