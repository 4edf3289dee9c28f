/* SPDX-License-Identifier: MIT */
/* Wrong calls: each gets its own error and changes nothing. */
#include "rig.h"

/* What must be the same after a refused call. */
static struct umsi_stats facts(struct rig *r)
{
	return rig_stats(r);
}

static struct rig *the_rig;
static umsi_irq the_irq, freed_irq;	/* requested; freed */

#define M (the_rig->umsi)
#define AFF(...) (&(struct umsi_affinity){ __VA_ARGS__ })

static int w_init_null(void) { return umsi_init(NULL, NULL, &the_rig->config, &M); }
static int w_init_no_config(void)
{
	struct umsi_storage s;
	struct umsi *m;

	return umsi_init(&s, the_rig->m, NULL, &m);
}
static int init_with(struct umsi_config c)
{
	static struct umsi_storage s;
	struct umsi *m;

	return umsi_init(&s, the_rig->m, &c, &m);
}
static int w_init_no_cpus(void) { return init_with((struct umsi_config){ .cpus = the_rig->cpus }); }
static int w_init_many_cpus(void)
{
	return init_with((struct umsi_config){ .cpus = the_rig->cpus, .ncpus = UMSI_CPUS_MAX + 1 });
}
static int w_init_many_irqs(void)
{
	return init_with((struct umsi_config){ .cpus = the_rig->cpus, .ncpus = 1,
					       .max_irqs = UMSI_IRQS_MAX + 1 });
}
static int w_init_repeats(void)
{
	return init_with((struct umsi_config){ .cpus = the_rig->cpus, .ncpus = 1, .max_repeats = 256 });
}
static int w_destroy_used(void) { return umsi_destroy(M); }
static int w_online_range(void) { return umsi_cpu_online(M, RIG_CPUS); }
static int w_online_elsewhere(void) { return umsi_cpu_online(M, 1); }
static int w_second_root(void)
{
	struct umsi_domain *d;

	return umsi_imsic_create(M, &the_rig->imsic, &d);
}
static int w_root_used(void) { return umsi_imsic_destroy(the_rig->root); }
static int w_device_no_parent(void)
{
	struct umsi_device *d;

	return umsi_device_add(M, &(struct umsi_device_config){ .name = "x" }, &d);
}
static int w_device_null(void) { return umsi_device_remove(NULL); }
static int w_msix_twice(void)
{
	struct umsi_table *t;

	return umsi_pci_msix_create(the_rig->dev, &the_rig->fn[0], &t);
}
static int w_msix_wrong_function(void)
{
	struct umsi_table *t;

	return umsi_pci_msix_create(the_rig->dev, &the_rig->fn[1], &t);
}
static int alloc(uint32_t first, uint32_t last, struct umsi_affinity a)
{
	struct umsi_irq_request_at at = { .first = first, .last = last, .affinity = a };
	umsi_irq irq;

	return umsi_irq_alloc(the_rig->table, &at, &irq);
}
static int w_alloc_taken(void) { return alloc(3, 3, (struct umsi_affinity){ 0 }); }
static int w_alloc_backwards(void) { return alloc(5, 4, (struct umsi_affinity){ 0 }); }
static int w_alloc_beyond(void) { return alloc(RIG_ENTRIES, RIG_ENTRIES, (struct umsi_affinity){ 0 }); }
static int w_alloc_last_beyond(void) { return alloc(0, UMSI_TABLE_MAX, (struct umsi_affinity){ 0 }); }
static int w_alloc_no_such_cpu(void)
{
	return alloc(9, 9, (struct umsi_affinity){ .kind = UMSI_AFFINITY_CPU, .cpu = RIG_CPUS });
}
static int w_alloc_offline_cpu(void)
{
	return alloc(9, 9, (struct umsi_affinity){ .kind = UMSI_AFFINITY_CPU, .cpu = 3 });
}
static int w_alloc_empty_set(void)
{
	uint64_t none = 0;

	return alloc(9, 9, (struct umsi_affinity){ .kind = UMSI_AFFINITY_SET,
						   .set = { .bits = &none, .nbits = 64 } });
}
static int w_alloc_wide_set(void)
{
	uint64_t wide = 1 | 1u << RIG_CPUS;

	return alloc(9, 9, (struct umsi_affinity){ .kind = UMSI_AFFINITY_SET,
						   .set = { .bits = &wide, .nbits = 64 } });
}
static int w_alloc_null_set(void)
{
	return alloc(9, 9, (struct umsi_affinity){ .kind = UMSI_AFFINITY_SET, .set = { .nbits = 4 } });
}
static int w_alloc_bad_kind(void) { return alloc(9, 9, (struct umsi_affinity){ .kind = 77 }); }
static int w_request_null(void) { return umsi_irq_request(M, the_irq, NULL, NULL, NULL); }
static int w_request_twice(void)
{
	return umsi_irq_request(M, the_irq, rig_handler, the_rig, NULL);
}
static int w_request_zero(void) { return umsi_irq_request(M, 0, rig_handler, the_rig, NULL); }
static int w_request_freed(void)
{
	return umsi_irq_request(M, freed_irq, rig_handler, the_rig, NULL);
}
static int w_release_freed(void) { return umsi_irq_release(M, freed_irq); }
static int w_free_twice(void) { return umsi_irq_free(M, freed_irq); }
static int w_free_max(void) { return umsi_irq_free(M, UINT64_MAX); }
static int w_free_next_record(void) { return umsi_irq_free(M, the_irq + 40); }
static int w_free_old_generation(void) { return umsi_irq_free(M, the_irq - (UINT64_C(1) << 32)); }
static int w_enable_enabled(void) { return umsi_irq_enable(M, the_irq); }
static int w_disable_zero(void) { return umsi_irq_disable(M, 0); }
static int w_sync_freed(void) { return umsi_irq_synchronize(M, freed_irq); }
static int w_trigger_freed(void) { return umsi_irq_trigger(M, freed_irq); }
static int w_move_null(void) { return umsi_irq_set_affinity(M, the_irq, NULL); }
static int w_move_nowhere(void)
{
	return umsi_irq_set_affinity(M, the_irq, AFF(.kind = UMSI_AFFINITY_CPU, .cpu = RIG_CPUS));
}
static int w_move_offline(void)
{
	return umsi_irq_set_affinity(M, the_irq, AFF(.kind = UMSI_AFFINITY_CPU, .cpu = 3));
}
static int w_move_freed(void)
{
	return umsi_irq_set_affinity(M, freed_irq, AFF(.kind = UMSI_AFFINITY_CPU, .cpu = 1));
}
static int w_stats_null(void) { return umsi_irq_stats_read(M, the_irq, NULL); }
static int w_index_freed(void)
{
	uint32_t index;

	return umsi_irq_index(M, freed_irq, &index);
}
static int w_range_backwards(void) { return umsi_irq_free_range(the_rig->table, 4, 3); }
static int w_ipi_unknown(void) { return umsi_imsic_ipi_send(the_rig->root, 0, 0); }
static int w_ipi_null(void)
{
	uint32_t ipi;

	return umsi_imsic_ipi_add(the_rig->root, NULL, NULL, &ipi);
}
static int imsic_with(struct umsi_imsic_config c)
{
	static struct umsi_storage s;
	struct umsi_domain *root;
	struct umsi *m;
	int status;

	assert_int_equal(umsi_init(&s, the_rig->m, &the_rig->config, &m), UMSI_OK);
	status = umsi_imsic_create(m, &c, &root);
	assert_int_equal(umsi_destroy(m), UMSI_OK);
	return status;
}
static int imsic_changed(uint32_t num_ids, uint32_t system_ids, uint32_t group_bits, uint32_t shift)
{
	struct umsi_imsic_config c = the_rig->imsic;

	c.num_ids = num_ids;
	c.system_ids = system_ids;
	c.group_index_bits = group_bits;
	c.group_index_shift = shift;
	return imsic_with(c);
}
static int w_imsic_ids_few(void) { return imsic_changed(62, 8, 0, 0); }
static int w_imsic_ids_odd(void) { return imsic_changed(100, 8, 0, 0); }
static int w_imsic_ids_many(void) { return imsic_changed(2111, 8, 0, 0); }
static int w_imsic_system_one(void) { return imsic_changed(63, 1, 0, 0); }
static int w_imsic_system_many(void) { return imsic_changed(63, 33, 0, 0); }
static int w_imsic_group_shift(void) { return imsic_changed(63, 8, 1, 12); }
static int imsic_files(uint64_t a, uint64_t b)
{
	struct umsi_imsic_file files[RIG_CPUS] = { { a }, { b } };
	struct umsi_imsic_config c = the_rig->imsic;

	c.files = files;
	return imsic_with(c);
}
static int w_imsic_no_file(void) { return imsic_files(0, 0); }
static int w_imsic_same_page(void) { return imsic_files(0x28000000, 0x28000000); }
static int w_imsic_unaligned(void) { return imsic_files(0x28000004, 0); }
static int w_imsic_foreign_page(void) { return imsic_files(0x28000000, 0x28100000); }

static const struct store_case { const char *name; struct umsi_store_ops ops; } bad_stores[];

static int store_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return 3;
}
static int store_mask(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return 1;
}
static const struct store_case bad_stores[] = {
	{ "no settle", { .name = "x", .number_name = "n", .write = store_write } },
	{ "no write", { .name = "x", .number_name = "n", .settle = store_mask } },
	{ "no name", { .write = store_write, .settle = store_mask } },
	{ "mask alone", { .name = "x", .number_name = "n", .write = store_write,
			  .settle = store_mask, .mask = store_mask } },
};
static int table_with(const struct umsi_store_ops *ops, uint32_t size)
{
	struct umsi_table *t;

	return umsi_table_create(the_rig->dev, ops, NULL, &(struct umsi_table_config){ .size = size }, &t);
}
static int w_table_no_settle(void) { return table_with(&bad_stores[0].ops, 4); }
static int w_table_no_write(void) { return table_with(&bad_stores[1].ops, 4); }
static int w_table_no_name(void) { return table_with(&bad_stores[2].ops, 4); }
static int w_table_mask_alone(void) { return table_with(&bad_stores[3].ops, 4); }
static const struct umsi_store_ops good_store = {
	.name = "x", .number_name = "n", .write = store_write, .settle = store_mask,
};
static int w_table_empty(void) { return table_with(&good_store, 0); }
static int w_table_huge(void) { return table_with(&good_store, UMSI_TABLE_MAX + 1); }

static const struct {
	const char *what;
	int (*call)(void);
	int expected;
} wrong[] = {
	{ "init without storage", w_init_null, UMSI_EINVAL },
	{ "init without config", w_init_no_config, UMSI_EINVAL },
	{ "init with 0 CPUs", w_init_no_cpus, UMSI_ERANGE },
	{ "init with too many CPUs", w_init_many_cpus, UMSI_ERANGE },
	{ "init with too many interrupts", w_init_many_irqs, UMSI_ERANGE },
	{ "init with 256 repeats", w_init_repeats, UMSI_ERANGE },
	{ "destroy while used", w_destroy_used, UMSI_EBUSY },
	{ "online: no such CPU", w_online_range, UMSI_ERANGE },
	{ "online: not on that CPU", w_online_elsewhere, UMSI_ECONTEXT },
	{ "second root", w_second_root, UMSI_EEXIST },
	{ "root destroyed while used", w_root_used, UMSI_EBUSY },
	{ "device without parent", w_device_no_parent, UMSI_EINVAL },
	{ "remove no device", w_device_null, UMSI_EINVAL },
	{ "MSI-X enabled twice", w_msix_twice, UMSI_EEXIST },
	{ "another function's table", w_msix_wrong_function, UMSI_EINVAL },
	{ "index taken", w_alloc_taken, UMSI_EEXIST },
	{ "range backwards", w_alloc_backwards, UMSI_ERANGE },
	{ "index beyond the table", w_alloc_beyond, UMSI_ERANGE },
	{ "last beyond any table", w_alloc_last_beyond, UMSI_ERANGE },
	{ "affinity: no such CPU", w_alloc_no_such_cpu, UMSI_ERANGE },
	{ "affinity: CPU offline", w_alloc_offline_cpu, UMSI_ENOCPU },
	{ "affinity: empty set", w_alloc_empty_set, UMSI_EINVAL },
	{ "affinity: set too wide", w_alloc_wide_set, UMSI_ERANGE },
	{ "affinity: set without bits", w_alloc_null_set, UMSI_EINVAL },
	{ "affinity: unknown kind", w_alloc_bad_kind, UMSI_EINVAL },
	{ "request without handler", w_request_null, UMSI_EINVAL },
	{ "request twice", w_request_twice, UMSI_EEXIST },
	{ "P-08 request irq 0", w_request_zero, UMSI_ENOENT },
	{ "P-08 request a freed irq", w_request_freed, UMSI_ENOENT },
	{ "release a freed irq", w_release_freed, UMSI_ENOENT },
	{ "free twice", w_free_twice, UMSI_ENOENT },
	{ "P-08 free irq max", w_free_max, UMSI_ENOENT },
	{ "P-08 free an unused record", w_free_next_record, UMSI_ENOENT },
	{ "P-08 free an older generation", w_free_old_generation, UMSI_ENOENT },
	{ "enable an enabled irq", w_enable_enabled, UMSI_ESTATE },
	{ "disable irq 0", w_disable_zero, UMSI_ENOENT },
	{ "synchronize a freed irq", w_sync_freed, UMSI_ENOENT },
	{ "trigger a freed irq", w_trigger_freed, UMSI_ENOENT },
	{ "move: no affinity", w_move_null, UMSI_EINVAL },
	{ "move: no such CPU", w_move_nowhere, UMSI_ERANGE },
	{ "move: CPU offline", w_move_offline, UMSI_ENOCPU },
	{ "move a freed irq", w_move_freed, UMSI_ENOENT },
	{ "statistics into NULL", w_stats_null, UMSI_EINVAL },
	{ "index of a freed irq", w_index_freed, UMSI_ENOENT },
	{ "free a range backwards", w_range_backwards, UMSI_EINVAL },
	{ "unknown IPI", w_ipi_unknown, UMSI_ERANGE },
	{ "IPI without handler", w_ipi_null, UMSI_EINVAL },
	{ "IMSIC: 62 identities", w_imsic_ids_few, UMSI_ERANGE },
	{ "IMSIC: 100 identities", w_imsic_ids_odd, UMSI_ERANGE },
	{ "IMSIC: 2111 identities", w_imsic_ids_many, UMSI_ERANGE },
	{ "IMSIC: one system identity", w_imsic_system_one, UMSI_ERANGE },
	{ "IMSIC: 33 system identities", w_imsic_system_many, UMSI_ERANGE },
	{ "IMSIC: group index inside the hart index", w_imsic_group_shift, UMSI_ERANGE },
	{ "IMSIC: no file at all", w_imsic_no_file, UMSI_EINVAL },
	{ "IMSIC: one page for two CPUs", w_imsic_same_page, UMSI_EINVAL },
	{ "IMSIC: page not aligned", w_imsic_unaligned, UMSI_EINVAL },
	{ "IMSIC: page outside the arrangement", w_imsic_foreign_page, UMSI_EINVAL },
	{ "store without settle", w_table_no_settle, UMSI_EINVAL },
	{ "store without write", w_table_no_write, UMSI_EINVAL },
	{ "store without a name", w_table_no_name, UMSI_EINVAL },
	{ "store that can mask but not unmask", w_table_mask_alone, UMSI_EINVAL },
	{ "table of 0 indices", w_table_empty, UMSI_ERANGE },
	{ "table of 65,537 indices", w_table_huge, UMSI_ERANGE },
};

static void each_wrong_call_is_refused(void **state)
{
	struct rig r;

	(void)state;
	the_rig = &r;
	rig_machine(&r, &mach_chaos_none, 1);
	r.offline = 1u << 3;
	rig_library(&r);
	rig_device(&r);
	the_irq = rig_irq(&r, 3);
	freed_irq = rig_irq(&r, 4);
	assert_int_equal(umsi_irq_free(r.umsi, freed_irq), UMSI_OK);

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct umsi_stats before = facts(&r), after;
		uint64_t writes = mach_pci_writes(r.pci[0]) + mach_pci_writes(r.pci[1]);
		size_t blocks = mach_live_blocks(r.m), maps = mach_live_maps(r.m);
		int status = wrong[i].call();

		if (status != wrong[i].expected)
			print_message("%s: got %d, expected %d\n", wrong[i].what, status,
				      wrong[i].expected);
		assert_int_equal(status, wrong[i].expected);
		assert_string_not_equal(umsi_status_text(status), "unknown status");
		after = facts(&r);
		before.moves_refused = after.moves_refused;
		assert_memory_equal(&before, &after, sizeof(before));
		assert_int_equal(writes, mach_pci_writes(r.pci[0]) + mach_pci_writes(r.pci[1]));
		assert_int_equal(blocks, mach_live_blocks(r.m));
		assert_int_equal(maps, mach_live_maps(r.m));
	}
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_wrong_call_is_refused),
	};

	return cmocka_run_group_tests_name("api misuse", tests, NULL, NULL);
}
