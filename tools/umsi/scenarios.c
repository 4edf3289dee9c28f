/* SPDX-License-Identifier: MIT */
/* The scenarios built in. */
#include "scenario.h"

static const char *const builtin[] = {
	"name: everything\n"
	"text: what the campaign runs; every field as the seed draws it\n",

	"name: moves\n"
	"text: two CPUs, one device, interrupts that are moved while they fire\n"
	"plan:\n"
	"  cpus: 2\n"
	"  owners: 1\n"
	"  movers: [1, 4]\n"
	"  touchers: 0\n"
	"  removers: 0\n"
	"  ipis: 0\n"
	"  hotplug: 0\n",

	"name: short-of-slots\n"
	"text: so few slots that moves and allocations wait for slots to be proved quiet\n"
	"plan:\n"
	"  few-slots: 1\n"
	"  movers: 4\n",

	"name: hotplug\n"
	"text: CPUs leave and come back under load\n"
	"plan:\n"
	"  cpus: [3, 8]\n"
	"  hotplug: 1\n",

	"name: plain-msi\n"
	"text: a device with plain MSI and no mask is moved under fire\n"
	"plan:\n"
	"  plain: 1\n"
	"  plain-maskable: 0\n"
	"  removers: 1\n",

	"name: out-of-memory\n"
	"text: the n-th allocation fails, once or for ever\n"
	"plan:\n"
	"  fail-alloc: [1, 40]\n"
	"  fail-for-ever: [0, 1]\n",

	"name: suspend\n"
	"text: the machine sleeps and wakes under load, not before some step\n"
	"plan:\n"
	"  suspenders: 1\n"
	"  sleepers: 0\n"
	"  deaf-steps: 0\n"
	"  suspend-at: [0, 8000]\n",

	"name: stalled\n"
	"text: a device sends nothing for a while, then all of it\n"
	"plan:\n"
	"  stall-at: [500, 8000]\n"
	"  stall-steps: [200, 4000]\n",

	"name: deaf\n"
	"text: a device answers every read all-ones for a while\n"
	"plan:\n"
	"  suspenders: 0\n"
	"  deaf-at: [500, 8000]\n"
	"  deaf-steps: [20, 3000]\n",

	"name: torn\n"
	"text: the words of one message are read far apart; one write is late\n"
	"plan:\n"
	"  torn: [1, 200]\n"
	"  torn-steps: [50, 2000]\n"
	"  slow-write: [1, 300]\n"
	"  slow-write-steps: [100, 3000]\n",

	"name: storm\n"
	"text: one interrupt fires at every step, messages come from nowhere\n"
	"plan:\n"
	"  storm-at: [500, 8000]\n"
	"  storm: [100, 3000]\n"
	"  strays: 1\n",

	"name: stalled-queue\n"
	"text: the queues of a translator stand for a while, shorter than the library waits\n"
	"isa: x86\n"
	"plan:\n"
	"  translator: [1, 2]\n"
	"  queue-stall-at: [500, 8000]\n"
	"  queue-stall-steps: [500, 40000]\n",

	"name: given-up-queue\n"
	"text: they stand for longer than the library waits, which gives up, refuses, and goes on when they move again\n"
	"isa: x86\n"
	"plan:\n"
	"  translator: [1, 2]\n"
	"  queue-stall-at: [500, 8000]\n"
	"  queue-stall-steps: [60000, 150000]\n",

	"name: hostile\n"
	"text: devices lie about themselves and send others' messages, with any requester id\n"
	"isa: x86\n"
	"plan:\n"
	"  translator: [1, 2]\n"
	"  intruders: 1\n"
	"  forgers: 1\n"
	"  removers: 1\n"
	"  lies: 1\n",

	"name: skewed-clock\n"
	"text: the CPUs' clocks differ by milliseconds\n"
	"plan:\n"
	"  skew-us: [1000, 20000]\n",

	"name: surprise\n"
	"text: a device is pulled out in mid-run\n"
	"plan:\n"
	"  surprise: [500, 8000]\n",
};

const char *scenario_builtin(size_t n)
{
	return n < sizeof(builtin) / sizeof(builtin[0]) ? builtin[n] : NULL;
}
