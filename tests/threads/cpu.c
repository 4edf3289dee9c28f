/* SPDX-License-Identifier: MIT */
#include "box.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "bus.h"

struct cpu cpus[BOX_CPUS];
_Thread_local struct thread me;

static void (*trap_entry)(umsi_cpu cpu);
static uint64_t stopping;
static uint64_t used_numbers;		/* bit by thread */

uint32_t thread_random(uint32_t n)
{
	me.random ^= me.random << 13;
	me.random ^= me.random >> 7;
	me.random ^= me.random << 17;
	return (uint32_t)(me.random >> 32) % n;
}

umsi_cpu thread_cpu(void)
{
	return (umsi_cpu)(me.cpu - cpus);
}

static uint32_t take_number(void)
{
	uint64_t used = __atomic_load_n(&used_numbers, __ATOMIC_RELAXED);
	uint32_t n;

	do {
		n = (uint32_t)__builtin_ctzll(~used);
	} while (!__atomic_compare_exchange_n(&used_numbers, &used, used | UINT64_C(1) << n, false,
					      __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return n;
}

void thread_begin(umsi_cpu cpu, uint64_t seed)
{
	me.number = take_number();
	me.random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1 + me.number;
	me.cpu = cpu == UMSI_CPU_NONE ? NULL : &cpus[cpu];
	bus_attach();
	if (me.cpu)
		pthread_mutex_lock(&me.cpu->baton);
}

void thread_end(void)
{
	if (me.cpu)
		pthread_mutex_unlock(&me.cpu->baton);
	bus_detach();
	__atomic_fetch_and(&used_numbers, ~(UINT64_C(1) << me.number), __ATOMIC_ACQ_REL);
}

/* ---- Interrupts of this CPU. ---- */

bool cpu_irq_off(void)
{
	bool was = me.cpu->irq_on;

	me.cpu->irq_on = false;
	return was;
}

static void take_interrupts(void)
{
	struct cpu *c = me.cpu;

	while (c->irq_on && file_signals(&c->file)) {
		c->irq_on = false;
		trap_entry(thread_cpu());
		c->irq_on = true;
	}
}

void cpu_irq_on(void)
{
	me.cpu->irq_on = true;
	take_interrupts();
}

void cpu_give_way(void)
{
	struct cpu *c = me.cpu;

	if (!c->irq_on)
		wrong("waits with interrupts off");
	pthread_mutex_unlock(&c->baton);
	sched_yield();
	pthread_mutex_lock(&c->baton);
	take_interrupts();
}

void cpu_point(void)
{
	if (!me.cpu || !me.cpu->irq_on)
		return;
	if (thread_random(200) == 0)
		cpu_give_way();
	else
		take_interrupts();
}

void cpus_hold(void (*call)(void *arg), void *arg)
{
	for (uint32_t i = 0; i < BOX_CPUS; i++)
		if (&cpus[i] != me.cpu)
			pthread_mutex_lock(&cpus[i].baton);
	cpu_irq_off();
	call(arg);
	me.cpu->irq_on = true;
	for (uint32_t i = 0; i < BOX_CPUS; i++)
		if (&cpus[i] != me.cpu)
			pthread_mutex_unlock(&cpus[i].baton);
}

/* ---- The thread that only delivers. ---- */

static void serve_call(struct cpu *c)
{
	bool was;

	if (__atomic_load_n(&c->call_state, __ATOMIC_ACQUIRE) != 1)
		return;
	was = cpu_irq_off();
	c->call(c->call_arg);
	if (was)
		cpu_irq_on();
	__atomic_store_n(&c->call_state, 2, __ATOMIC_RELEASE);
}

static bool has_work(struct cpu *c)
{
	return file_signals(&c->file) || __atomic_load_n(&c->call_state, __ATOMIC_RELAXED) == 1;
}

static void *deliver(void *arg)
{
	struct cpu *c = arg;

	thread_begin((umsi_cpu)(c - cpus), 1);
	while (!__atomic_load_n(&stopping, __ATOMIC_ACQUIRE)) {
		serve_call(c);
		take_interrupts();
		pthread_mutex_unlock(&c->baton);
		while (!has_work(c) && !__atomic_load_n(&stopping, __ATOMIC_RELAXED))
			usleep(100);
		pthread_mutex_lock(&c->baton);
	}
	thread_end();
	return NULL;
}

void cpu_call(umsi_cpu cpu, void (*call)(void *arg), void *arg)
{
	struct cpu *c = &cpus[cpu];

	c->call = call;
	c->call_arg = arg;
	__atomic_store_n(&c->call_state, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&c->call_state, __ATOMIC_ACQUIRE) != 2) {
		if (me.cpu)
			cpu_give_way();
		else
			usleep(50);
	}
	__atomic_store_n(&c->call_state, 0, __ATOMIC_RELAXED);
}

void cpus_start(void (*trap)(umsi_cpu cpu))
{
	trap_entry = trap;
	for (uint32_t i = 0; i < BOX_CPUS; i++) {
		pthread_mutex_init(&cpus[i].baton, NULL);
		cpus[i].irq_on = true;
		file_power(i, true);
	}
	for (uint32_t i = 0; i < BOX_CPUS; i++)
		pthread_create(&cpus[i].deliverer, NULL, deliver, &cpus[i]);
}

void cpus_stop(void)
{
	__atomic_store_n(&stopping, 1, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < BOX_CPUS; i++)
		pthread_join(cpus[i].deliverer, NULL);
}
