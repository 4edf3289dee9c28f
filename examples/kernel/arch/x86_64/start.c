/* SPDX-License-Identifier: MIT */
/*
 * Starting and stopping CPUs by INIT and start-up IPIs. Here no firmware says
 * that a CPU has stopped: it is the sender of INIT who knows.
 * Source: Intel SDM Vol. 3A, "Interrupt Command Register (ICR)", "Local APIC
 * State After It Has Been Software Disabled", "Local APIC State After an INIT
 * Reset", "MP Initialization Protocol Algorithm for MP Systems".
 */
#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/print.h"
#include "core/text.h"
#include "port.h"

#define AP_START_PHYS	0x8000ul	/* below 1 MiB, page aligned: the vector is its page */

#define ICR_INIT	0x4500u		/* assert, INIT */
#define ICR_STARTUP	0x4600u		/* assert, start-up; vector in the low byte */
#define ICR_PENDING	(1u << 12)

#define SVR_ENABLE	(1u << 8)

#define INIT_NS		10000000ull
#define STARTUP_NS	50000000ull
#define ICR_NS		1000000000ull

/*
 * How a CPU stopped and started, by index.
 *
 *   parked, beats  that CPU (release)   boot CPU
 *   starts         that CPU (release)   boot CPU
 *   the rest       boot CPU             boot CPU
 */
static struct life {
	uint32_t parked;	/* interrupts off for good, nothing left to do but to count */
	uint64_t beats;		/* counted while parked: INIT ends it */
	uint64_t starts;	/* came in by a start-up IPI, its APIC as INIT leaves it */
	bool init_sent;
	uint64_t beats_seen;
} lives[PLATFORM_CPUS_MAX];

extern char ap_start[], ap_start_end[];
struct cpu *ap_cpu;

void ap_main(void);
void cpu_main(void);

static struct life *life_of(uint64_t hw_id)
{
	for (uint32_t i = 0; i < cpu_count(); i++)
		if (cpu_at(i)->hw_id == hw_id)
			return &lives[i];
	panic("no cpu has APIC id %lu", hw_id);
}

static uint64_t read64(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

/* Delivery status: the one before has been accepted. */
static bool icr_idle(void)
{
	uint64_t end = time_ns() + ICR_NS;

	while (mmio_read32(LAPIC_REGISTERS + LAPIC_ICR_LOW) & ICR_PENDING) {
		if (time_ns() > end)
			return false;
		arch_pause();
	}
	return true;
}

/* True when it was accepted. Two registers: no interrupt may send one of its own in between. */
static bool send(uint64_t hw_id, uint32_t command)
{
	uintptr_t state = arch_irq_off();
	bool accepted = icr_idle();

	if (accepted) {
		mmio_write32(LAPIC_REGISTERS + LAPIC_ICR_HIGH, (uint32_t)hw_id << 24);
		mmio_write32(LAPIC_REGISTERS + LAPIC_ICR_LOW, command);
		accepted = icr_idle();
	}
	arch_irq_restore(state);
	return accepted;
}

/*
 * The first C code of a CPU that was started. Only a CPU that INIT has reset
 * takes a start-up IPI, and INIT disabled its APIC, which a CPU that was up
 * had enabled: this is where its reset can be read back.
 */
void ap_main(void)
{
	struct life *life = &lives[this_cpu()->index];

	if (mmio_read32(LAPIC_REGISTERS + LAPIC_SVR) & SVR_ENABLE)
		panic("cpu %u starts with its APIC enabled: there was no INIT", this_cpu()->index);
	__atomic_store_n(&life->parked, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&life->starts, life->starts + 1, __ATOMIC_RELEASE);
	cpu_main();
}

static bool has_started(const struct life *life, uint64_t starts)
{
	uint64_t end = time_ns() + STARTUP_NS;

	while (read64(&life->starts) == starts) {
		if (time_ns() > end)
			return false;
		arch_pause();
	}
	return true;
}

/* "MP Initialization Protocol": a second start-up IPI only where the first did nothing. */
static bool start_up(uint64_t hw_id, const struct life *life)
{
	uint64_t starts = read64(&life->starts);

	for (uint32_t i = 0; i < 2; i++) {
		if (!send(hw_id, ICR_STARTUP | AP_START_PHYS >> 12))
			return false;
		if (has_started(life, starts))
			return true;
	}
	return true;	/* cpu_start_all() and cpu_bring_back() wait longer */
}

/* One CPU at a time: ap_start finds it in ap_cpu. One that was stopped has had its INIT. */
bool arch_cpu_start(struct cpu *cpu)
{
	struct life *life = life_of(cpu->hw_id);

	if (cpu->hw_id >= 0xff)
		return false;
	ap_cpu = cpu;
	memcpy((void *)AP_START_PHYS, ap_start, (size_t)(ap_start_end - ap_start));
	arch_fence();
	if (!life->init_sent) {
		if (!send(cpu->hw_id, ICR_INIT))
			return false;
		cpu_spin_ns(INIT_NS);
	}
	life->init_sent = false;
	return start_up(cpu->hw_id, life);
}

bool platform_cpus_stop(void)
{
	return true;
}

/* Counts until INIT ends it: whoever sent that can see it stand still. */
void platform_cpu_stop(void)
{
	struct life *life = &lives[this_cpu()->index];

	__atomic_store_n(&life->parked, 1, __ATOMIC_RELEASE);
	for (;;) {
		__atomic_store_n(&life->beats, life->beats + 1, __ATOMIC_RELEASE);
		arch_pause();
	}
}

/*
 * Parked and counting, it is sent INIT; from then on it is asked whether it
 * still counts. A CPU that is merely slow would stand still as well: that INIT
 * reached it is proved when it takes a start-up IPI without another INIT (ap_main).
 */
bool platform_cpu_is_stopped(uint64_t hw_id)
{
	struct life *life = life_of(hw_id);
	uint64_t beats = read64(&life->beats), before = life->beats_seen;

	life->beats_seen = beats;
	if (!__atomic_load_n(&life->parked, __ATOMIC_ACQUIRE))
		return false;
	if (life->init_sent)
		return beats == before;
	if (beats != before)
		life->init_sent = send(hw_id, ICR_INIT);
	return false;
}
