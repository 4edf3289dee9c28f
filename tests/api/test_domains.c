/* SPDX-License-Identifier: MIT */
/* One of several domains refuses: what the others are told, and what the caller. */
#include "rig.h"

#include "core/domain.h"
#include "core/text.h"

/* A domain that does nothing but answer, and remember that it was asked. */
struct odd {
	struct umsi_domain domain;
	int status;
	uint32_t asked, undone;
};

static struct odd *odd_of(struct umsi_domain *d)
{
	return (struct odd *)d;
}

static int answer(struct umsi_domain *d, umsi_cpu cpu)
{
	(void)cpu;
	odd_of(d)->asked++;
	return odd_of(d)->status;
}

static void undo(struct umsi_domain *d, umsi_cpu cpu)
{
	(void)cpu;
	odd_of(d)->undone++;
}

static int answer_resume(struct umsi_domain *d)
{
	return answer(d, 0);
}

static int answer_attach(struct umsi_domain *d, struct umsi_device *dev, uint32_t size)
{
	(void)dev, (void)size;
	return answer(d, 0);
}

static void undo_attach(struct umsi_domain *d, struct umsi_device *dev, uint32_t size)
{
	(void)dev, (void)size;
	undo(d, 0);
}

static const struct umsi_controller_ops odd_controller = {
	.cpu_leave = answer, .cpu_stay = undo, .cpu_dead = answer, .cpu_restore = answer, .resume = answer_resume,
	.table_attach = answer_attach, .table_detach = undo_attach,
};
static const struct umsi_controller_ops no_undo_controller = { .cpu_leave = answer, .table_attach = answer_attach };
static const struct umsi_domain_ops odd_ops = { .controller = &odd_controller };
static const struct umsi_domain_ops no_undo = { .controller = &no_undo_controller };

/* Asked last to first: the root comes after these. */
struct odds {
	struct rig rig;
	struct odd odd[3];
	umsi_cpu cpu;
	int status;
};

static void start(struct odds *o)
{
	memset(o, 0, sizeof(*o));
	rig_start(&o->rig, 1);
	for (uint32_t i = 0; i < 3; i++)
		umsi_domain_add(o->rig.umsi, &o->odd[i].domain, NULL, i == 1 ? &no_undo : &odd_ops);
}

static void end(struct odds *o)
{
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(umsi_domain_remove(&o->odd[i].domain), UMSI_OK);
	rig_end(&o->rig);
}

static void who_let_a_cpu_go_hears_that_it_stays(void **state)
{
	struct odds o;

	(void)state;
	start(&o);
	o.odd[0].status = UMSI_EAGAIN;
	assert_int_equal(umsi_cpu_leave(o.rig.umsi, 2), UMSI_EAGAIN);
	assert_true(umsi_cpu_is_online(o.rig.umsi, 2));
	assert_int_equal(o.odd[2].undone, 1);
	assert_int_equal(o.odd[1].asked, 1);
	assert_int_equal(o.odd[0].undone, 0);
	end(&o);
}

static void dies(void *arg)
{
	struct odds *o = arg;

	mach_irq_off(o->rig.m);
	o->status = umsi_cpu_dead(o->rig.umsi, o->cpu);
	mach_cpu_down(o->rig.m);
}

/* Everybody is asked, and the CPU is gone all the same. */
static void a_cpu_dies_whatever_is_said(void **state)
{
	struct odds o;

	(void)state;
	start(&o);
	o.cpu = 2;
	assert_int_equal(umsi_cpu_leave(o.rig.umsi, o.cpu), UMSI_OK);
	o.odd[2].status = UMSI_EAGAIN;
	o.odd[0].asked = 0;
	mach_thread(o.rig.m, o.cpu, dies, &o);
	rig_settle(&o.rig);
	assert_int_equal(o.status, UMSI_ETIMEOUT);
	assert_false(umsi_cpu_is_online(o.rig.umsi, o.cpu));
	assert_int_equal(o.odd[0].asked, 1);
	end(&o);
}

static void restores(void *arg)
{
	struct odds *o = arg;

	mach_irq_off(o->rig.m);
	o->status = umsi_cpu_restore(o->rig.umsi, o->cpu);
	mach_irq_on(o->rig.m);
}

static void the_first_that_cannot_restore_ends_it(void **state)
{
	struct odds o;

	(void)state;
	start(&o);
	o.cpu = 1;
	o.odd[2].status = UMSI_ETIMEOUT;
	mach_thread(o.rig.m, o.cpu, restores, &o);
	rig_settle(&o.rig);
	assert_int_equal(o.status, UMSI_ETIMEOUT);
	assert_int_equal(o.odd[0].asked, 0);
	o.odd[2].status = UMSI_OK;
	mach_thread(o.rig.m, o.cpu, restores, &o);
	rig_settle(&o.rig);
	assert_int_equal(o.status, UMSI_OK);
	assert_int_equal(o.odd[0].asked, 1);
	end(&o);
}

/* What is nearer to the CPU comes first; the machine sleeps until all have come. */
static void a_machine_resumes_when_everybody_has(void **state)
{
	struct odds o;

	(void)state;
	start(&o);
	assert_int_equal(umsi_suspend(o.rig.umsi), UMSI_OK);
	o.odd[0].status = UMSI_ETIMEOUT;
	assert_int_equal(umsi_resume(o.rig.umsi), UMSI_ETIMEOUT);
	assert_int_equal(o.odd[2].asked, 0);
	assert_int_equal(umsi_suspend(o.rig.umsi), UMSI_ESTATE);
	o.odd[0].status = UMSI_OK;
	assert_int_equal(umsi_resume(o.rig.umsi), UMSI_OK);
	assert_int_equal(o.odd[2].asked, 1);
	end(&o);
}

static void a_machine_of_no_domains_sleeps_too(void **state)
{
	struct rig r;

	(void)state;
	rig_machine(&r, &mach_chaos_none, 1);
	assert_int_equal(umsi_init(&r.storage, r.m, &r.config, &r.umsi), UMSI_OK);
	assert_int_equal(umsi_suspend(r.umsi), UMSI_OK);
	assert_int_equal(umsi_suspend(r.umsi), UMSI_ESTATE);
	assert_int_equal(umsi_resume(r.umsi), UMSI_OK);
	rig_end(&r);
}

/* A table joins every domain of its path, or none. */
static void a_path_is_joined_whole(void **state)
{
	struct odds o;

	(void)state;
	start(&o);
	o.odd[2].domain.parent = &o.odd[1].domain;
	o.odd[1].domain.parent = &o.odd[0].domain;
	o.odd[0].status = UMSI_ENOSLOT;
	assert_int_equal(umsi_path_attach(&o.odd[2].domain, o.rig.dev, 4), UMSI_ENOSLOT);
	assert_int_equal(o.odd[2].undone, 1);
	assert_int_equal(o.odd[0].undone, 0);
	o.odd[0].status = UMSI_OK;
	assert_int_equal(umsi_path_attach(&o.odd[2].domain, o.rig.dev, 4), UMSI_OK);
	assert_int_equal(o.odd[2].undone, 1);
	o.odd[2].domain.parent = o.odd[1].domain.parent = NULL;
	end(&o);
}

/* ---- A store that does not answer ---- */

static int lost_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)index, (void)cookie;
	return *(int *)store;
}

static int lost_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return 1;
}

static int lost_mask(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return 1;
}

static const struct umsi_store_ops lost_ops = {
	.name = "lost", .number_name = "n", .write = lost_write, .mask = lost_mask, .unmask = lost_mask,
	.settle = lost_settle,
};

/* Nobody sleeps, and the others work again. */
static void a_machine_stays_awake_for_a_store_that_does_not_answer(void **state)
{
	struct umsi_table_config config = { .size = 4 };
	struct umsi_irq_request_at at = { 0 };
	struct umsi_table *table;
	int status = UMSI_OK;
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	rig_irq(&r, 2);
	assert_int_equal(umsi_table_create(r.dev, &lost_ops, &status, &config, &table), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, "lost"), UMSI_OK);
	status = UMSI_ETIMEOUT;
	assert_int_equal(umsi_suspend(r.umsi), UMSI_ETIMEOUT);
	assert_int_equal(umsi_resume(r.umsi), UMSI_ESTATE);
	rig_settle(&r);
	r.calls = 0;
	mach_entry_live(r.pci[0], 2, true);
	mach_pci_raise(r.pci[0], 2);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	status = UMSI_OK;
	assert_int_equal(umsi_suspend(r.umsi), UMSI_OK);
	assert_int_equal(umsi_resume(r.umsi), UMSI_OK);
	rig_end(&r);
}

/* ---- Lines of a dump ---- */

static void a_line_ends_where_its_room_does(void **state)
{
	struct umsi_text t;
	size_t n;

	(void)state;
	umsi_text_begin(&t, "");
	for (n = 0; n < sizeof(t.line) - 3; n++)
		umsi_text_add(&t, "x");
	umsi_text_field(&t, "name", 4711);
	assert_int_equal(strlen(t.line), sizeof(t.line) - 1);
	assert_memory_equal(&t.line[sizeof(t.line) - 3], " n", 3);
	umsi_text_add(&t, "more");
	assert_int_equal(strlen(t.line), sizeof(t.line) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_let_a_cpu_go_hears_that_it_stays),
		cmocka_unit_test(a_cpu_dies_whatever_is_said),
		cmocka_unit_test(the_first_that_cannot_restore_ends_it),
		cmocka_unit_test(a_machine_resumes_when_everybody_has),
		cmocka_unit_test(a_machine_of_no_domains_sleeps_too),
		cmocka_unit_test(a_path_is_joined_whole),
		cmocka_unit_test(a_machine_stays_awake_for_a_store_that_does_not_answer),
		cmocka_unit_test(a_line_ends_where_its_room_does),
	};

	return cmocka_run_group_tests_name("domains", tests, NULL, NULL);
}
