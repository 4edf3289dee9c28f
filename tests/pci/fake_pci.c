/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/host.h>
#include <umsi/umsi.h>

#include "core/domain.h"
#include "tests/pci/fake_pci.h"
#include "umsi_hosted.h"

struct fake_pci fake;

/* Addresses of the spaces as "mapped": never dereferenced. */
#define TABLE_AT	((uintptr_t)0x10000000)
#define PBA_AT		((uintptr_t)0x20000000)

/* Behind each allocation, where no sanitizer watches. */
#define GUARD_BYTE	0xa5
#if defined(__SANITIZE_ADDRESS__)
#define GUARD		((size_t)0)
#else
#define GUARD		((size_t)64)
#endif

void fake_set16(uint32_t offset, uint16_t value)
{
	fake.config[offset] = (uint8_t)value;
	fake.config[offset + 1] = (uint8_t)(value >> 8);
}

void fake_set32(uint32_t offset, uint32_t value)
{
	fake_set16(offset, (uint16_t)value);
	fake_set16(offset + 2, (uint16_t)(value >> 16));
}

uint16_t fake_get16(uint32_t offset)
{
	return (uint16_t)(fake.config[offset] | fake.config[offset + 1] << 8);
}

void fake_reset(uint32_t entries)
{
	memset(&fake, 0, sizeof(fake));
	fake_set32(0x00, 0x00101b36);
	fake_set16(0x04, 0x0006);
	fake_set16(0x06, 0x0010);
	fake.config[0x34] = 0x40;
	fake_set16(0x40, 0x5001);
	fake_set16(0x50, 0x7005);
	fake_set16(FAKE_CAP, 0x0011);
	fake_set16(FAKE_CAP + 2, (uint16_t)(entries - 1));
	fake_set32(FAKE_CAP + 4, 0x0000);
	fake_set32(FAKE_CAP + 8, 0x2000 | 2);
	for (uint32_t i = 0; i < entries; i++)
		fake.table[i * 4 + 3] = 1;
	fake.fn.requester_id = FAKE_RID;
	fake.fn.bar[0] = (struct umsi_pci_bar){ .phys = FAKE_BAR0, .bytes = FAKE_BAR_BYTES };
	fake.fn.bar[2] = (struct umsi_pci_bar){ .phys = FAKE_BAR2, .bytes = FAKE_BAR_BYTES };
}

static bool enabled(void)
{
	return fake_get16(FAKE_CAP + 2) & 0x8000;
}

static bool function_masked(void)
{
	return fake_get16(FAKE_CAP + 2) & 0x4000;
}

static bool decodes(void)
{
	return !fake.gone && (fake_get16(0x04) & 2) && (enabled() || !fake.table_needs_enable);
}

/* ---- Host: configuration space, mappings, memory. ---- */

uint32_t umsi_host_pci_read(void *host, uint32_t requester_id, uint16_t offset, unsigned int width)
{
	uint32_t value = 0;

	(void)host;
	assert_int_equal(offset % width, 0);
	assert_true(offset + width <= 4096);
	if (fake.gone || requester_id != FAKE_RID)
		return width == 4 ? UINT32_MAX : (1u << 8 * width) - 1;
	for (unsigned int i = 0; i < width && offset + i < sizeof(fake.config); i++)
		value |= (uint32_t)fake.config[offset + i] << 8 * i;
	return value;
}

static void look_for_open_entries(void)
{
	uint32_t entries = (fake_get16(FAKE_CAP + 2) & 0x7ffu) + 1;

	for (uint32_t i = 0; i < entries; i++)
		fake.armed_unmasked += !(fake.table[i * 4 + 3] & 1);
}

void umsi_host_pci_write(void *host, uint32_t requester_id, uint16_t offset, unsigned int width,
			 uint32_t value)
{
	bool was_armed = enabled() && !function_masked();

	(void)host;
	assert_int_equal(requester_id, FAKE_RID);
	assert_int_equal(offset % width, 0);
	fake.config_writes++;
	if (fake.gone)
		return;
	assert_true(offset + width <= sizeof(fake.config));
	/* Size and reserved bits of Message Control are read-only. */
	if (offset == FAKE_CAP + 2) {
		value = (value & 0xc000) | (fake_get16(offset) & 0x3fffu);
		if (fake.enable_stuck)
			value &= 0x7fff;
	}
	for (unsigned int i = 0; i < width; i++)
		fake.config[offset + i] = (uint8_t)(value >> 8 * i);
	if (!was_armed && enabled() && !function_masked())
		look_for_open_entries();
}

static bool fails(void)
{
	fake.allocations++;
	return fake.fail_alloc && fake.allocations == fake.fail_alloc;
}

void *umsi_host_mmio_map(void *host, uint64_t phys, size_t bytes)
{
	(void)host;
	(void)bytes;
	if (fails())
		return NULL;
	fake.live_maps++;
	if (phys >= FAKE_BAR2)
		return (void *)(PBA_AT + (uintptr_t)(phys - FAKE_BAR2));
	return (void *)(TABLE_AT + (uintptr_t)(phys - FAKE_BAR0));
}

void umsi_host_mmio_unmap(void *host, void *mapped, size_t bytes)
{
	(void)host;
	(void)mapped;
	(void)bytes;
	fake.live_maps--;
}

void *umsi_host_alloc(void *host, size_t bytes)
{
	void *memory;

	(void)host;
	if (fails())
		return NULL;
	fake.live_allocations++;
	memory = aligned_alloc(64, (bytes + GUARD + 63) / 64 * 64);
	memset((unsigned char *)memory + bytes, GUARD_BYTE, GUARD);
	return memset(memory, 0, bytes);
}

void umsi_host_free(void *host, void *memory, size_t bytes)
{
	unsigned char guard[64];

	(void)host;
	memset(guard, GUARD_BYTE, sizeof(guard));
	assert_memory_equal((unsigned char *)memory + bytes, guard, GUARD);
	fake.live_allocations--;
	free(memory);
}

uint64_t umsi_host_time_ns(void *host)
{
	static uint64_t now;

	(void)host;
	return now += 1000;
}

void umsi_host_log(void *host, enum umsi_log_level level, const char *line)
{
	(void)host;
	print_message("# log %d: %s\n", level, line);
}

umsi_cpu umsi_host_cpu(void *host)
{
	(void)host;
	return 0;
}

uintptr_t umsi_host_lock(void *host, struct umsi_lock *lock)
{
	(void)host;
	assert_int_equal(lock->word, 0);
	lock->word = 1;
	return 0;
}

void umsi_host_unlock(void *host, struct umsi_lock *lock, uintptr_t state)
{
	(void)host;
	(void)state;
	lock->word = 0;
}

void umsi_host_mutex_lock(void *host, struct umsi_mutex *mutex)
{
	(void)host;
	assert_int_equal(mutex->word[0], 0);
	mutex->word[0] = 1;
}

void umsi_host_mutex_unlock(void *host, struct umsi_mutex *mutex)
{
	(void)host;
	mutex->word[0] = 0;
}

void umsi_host_relax(void *host)
{
	(void)host;
	fail_msg("nobody runs who could be waited for");
}

/* ---- Seam: one thread, so plain accesses; registers go to the function. ---- */

uint64_t umsi_hosted_load(const void *p, unsigned int size, enum umsi_hosted_order order)
{
	(void)order;
	return size == 4 ? *(const uint32_t *)p : *(const uint64_t *)p;
}

void umsi_hosted_store(void *p, unsigned int size, uint64_t value, enum umsi_hosted_order order)
{
	(void)order;
	if (size == 4)
		*(uint32_t *)p = (uint32_t)value;
	else
		*(uint64_t *)p = value;
}

bool umsi_hosted_cas(void *p, unsigned int size, uint64_t *expected, uint64_t desired,
		     enum umsi_hosted_order order)
{
	uint64_t now = umsi_hosted_load(p, size, order);

	if (now != *expected) {
		*expected = now;
		return false;
	}
	umsi_hosted_store(p, size, desired, order);
	return true;
}

uint64_t umsi_hosted_rmw(void *p, unsigned int size, enum umsi_hosted_op op, uint64_t operand,
			 enum umsi_hosted_order order)
{
	uint64_t was = umsi_hosted_load(p, size, order);
	uint64_t now[] = {
		[UMSI_HOSTED_ADD] = was + operand, [UMSI_HOSTED_OR] = was | operand,
		[UMSI_HOSTED_AND] = was & operand, [UMSI_HOSTED_XCHG] = operand,
	};

	umsi_hosted_store(p, size, now[op], order);
	return was;
}

void umsi_hosted_barrier(enum umsi_hosted_barrier which)
{
	(void)which;
}

uintptr_t umsi_hosted_irq_save(void)
{
	return 0;
}

void umsi_hosted_irq_restore(uintptr_t state)
{
	(void)state;
}

/* The dword of the table or the pending bits at a mapped address. */
static uint32_t *dword_at(uintptr_t at, bool *out_table)
{
	uint32_t table = (uint32_t)(fake_get16(FAKE_CAP + 4) & ~7u);
	uint32_t pba = (uint32_t)(fake_get16(FAKE_CAP + 8) & ~7u);
	uint32_t entries = (fake_get16(FAKE_CAP + 2) & 0x7ffu) + 1;

	assert_int_equal(at % 4, 0);
	*out_table = at < PBA_AT;
	if (*out_table) {
		assert_true(at >= TABLE_AT + table);
		assert_true(at < TABLE_AT + table + entries * 16);
		return &fake.table[(at - TABLE_AT - table) / 4];
	}
	assert_true(at >= PBA_AT + pba);
	assert_true(at < PBA_AT + pba + (entries + 63) / 64 * 8);
	return &fake.pba[(at - PBA_AT - pba) / 4];
}

uint64_t umsi_hosted_mmio_read(const volatile void *address, unsigned int width)
{
	bool table;
	uint32_t *dword = dword_at((uintptr_t)address, &table);

	assert_int_equal(width, 4);
	fake.mmio_reads++;
	if (fake.gone_after_reads && !--fake.gone_after_reads)
		fake.gone = true;
	if (!decodes()) {
		fake.undecoded++;
		return UINT32_MAX;
	}
	return *dword;
}

void umsi_hosted_mmio_write(volatile void *address, unsigned int width, uint64_t value)
{
	bool table;
	uint32_t *dword = dword_at((uintptr_t)address, &table);
	uint32_t n;

	assert_int_equal(width, 4);
	assert_true(table);
	fake.mmio_writes++;
	if (!decodes()) {
		fake.undecoded++;
		return;
	}
	n = (uint32_t)(dword - fake.table);
	if (n % 4 != 3 && enabled() && !(fake.table[n | 3] & 1))
		fake.open_writes++;
	*dword = (uint32_t)value;
}

uint64_t umsi_hosted_csr_read(unsigned int csr)
{
	fail_msg("no CSR here: %x", csr);
	return 0;
}

uint64_t umsi_hosted_csr_swap(unsigned int csr, uint64_t value)
{
	(void)value;
	return umsi_hosted_csr_read(csr);
}

void umsi_hosted_csr_set(unsigned int csr, uint64_t bits)
{
	umsi_hosted_csr_swap(csr, bits);
}

void umsi_hosted_csr_clear(unsigned int csr, uint64_t bits)
{
	umsi_hosted_csr_swap(csr, bits);
}

/* ---- A machine around it. ---- */

static struct umsi_storage storage;
static struct umsi_domain root;
static const struct umsi_controller_ops root_controller;
static const struct umsi_domain_ops root_ops = { .name = "fixed", .number_name = "n", .controller = &root_controller };

struct umsi_device *fake_device(struct umsi **out_machine)
{
	static const struct umsi_cpu_desc cpu;
	const struct umsi_config config = { .cpus = &cpu, .ncpus = 1 };
	const struct umsi_device_config dc = {
		.name = "fake", .requester_id = FAKE_RID, .parent = &root,
	};
	struct umsi_device *dev;

	assert_int_equal(umsi_init(&storage, NULL, &config, out_machine), UMSI_OK);
	memset(&root, 0, sizeof(root));
	umsi_domain_add(*out_machine, &root, NULL, &root_ops);
	assert_int_equal(umsi_device_add(*out_machine, &dc, &dev), UMSI_OK);
	return dev;
}

void fake_device_remove(struct umsi *m, struct umsi_device *dev)
{
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	assert_int_equal(umsi_domain_remove(&root), UMSI_OK);
	assert_int_equal(umsi_destroy(m), UMSI_OK);
	assert_int_equal(fake.live_allocations, 0);
	assert_int_equal(fake.live_maps, 0);
}
