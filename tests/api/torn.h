/* SPDX-License-Identifier: MIT */
/* A store that cannot mask: its words are written one by one, and what was written is noted. */
#ifndef API_TORN_H
#define API_TORN_H

#include "rig.h"

/* A message, the order in which its words were written, and which writes or flushes go wrong. */
struct torn {
	struct umsi_msg msg;
	unsigned int order[16];		/* which words; 0: a flush */
	uint32_t writes, settles;
	bool not_now;
	uint32_t refuse_in;		/* the n-th write from now is refused, and so many after it; 0 = none */
	uint32_t refusals;
	int refuse_with;
	uint32_t gone_in;		/* the n-th flush from now proves nothing; 0 = none */
};

static inline void torn_apply(struct torn *s, const struct umsi_msg *msg, unsigned int which)
{
	uint64_t low = UINT32_MAX;

	if (which & UMSI_WORD_ADDRESS_LOW)
		s->msg.address = (s->msg.address & ~low) | (msg->address & low);
	if (which & UMSI_WORD_ADDRESS_HIGH)
		s->msg.address = (s->msg.address & low) | (msg->address & ~low);
	if (which & UMSI_WORD_DATA)
		s->msg.data = msg->data;
}

static inline bool torn_refuses(struct torn *s)
{
	if (s->refuse_in > 1) {
		s->refuse_in--;
		return false;
	}
	if (!s->refuse_in)
		return false;
	s->refuse_in = s->refusals ? 1 : 0;
	s->refusals -= s->refusals ? 1 : 0;
	return true;
}

static inline int torn_write_words(void *store, uint32_t index, uint64_t cookie,
				   const struct umsi_msg *msg, unsigned int which)
{
	struct torn *s = store;

	(void)index, (void)cookie;
	if (s->not_now)
		return UMSI_EAGAIN;
	if (torn_refuses(s))
		return s->refuse_with;
	torn_apply(s, msg, which);
	s->order[s->writes++ % 16] = which;
	return 1;
}

static inline int torn_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	return torn_write_words(store, index, cookie, msg,
				UMSI_WORD_ADDRESS_LOW | UMSI_WORD_ADDRESS_HIGH | UMSI_WORD_DATA);
}

static inline int torn_settle(void *store, uint32_t index, uint64_t cookie)
{
	struct torn *s = store;

	(void)index, (void)cookie;
	s->settles++;
	s->order[s->writes++ % 16] = 0;
	return s->gone_in && !--s->gone_in ? UMSI_EGONE : UMSI_OK;
}

static const struct umsi_store_ops torn_ops = {
	.name = "torn", .number_name = "torn_index", .write = torn_write,
	.write_words = torn_write_words, .settle = torn_settle,
};

static inline umsi_irq torn_irq_of(struct rig *r, const struct umsi_store_ops *ops, struct torn *s, umsi_cpu cpu,
				   struct umsi_table **table)
{
	struct umsi_table_config config = { .size = 1 };
	struct umsi_irq_request_at at = { .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = cpu } };
	umsi_irq irq;

	memset(s, 0, sizeof(*s));
	assert_int_equal(umsi_table_create(r->dev, ops, s, &config, table), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(*table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r->umsi, irq, rig_handler, r, "torn"), UMSI_OK);
	s->writes = 0;
	return irq;
}

static inline umsi_irq torn_irq(struct rig *r, struct torn *s, umsi_cpu cpu, struct umsi_table **table)
{
	return torn_irq_of(r, &torn_ops, s, cpu, table);
}

/* What the store holds reaches the handler, on that CPU. */
static inline void check_reaches(struct rig *r, const struct torn *s, umsi_cpu cpu)
{
	uint32_t calls = r->calls;

	assert_true(s->msg.address == mach_imsic_phys(r->m, cpu));
	mach_imsic_inject(r->m, cpu, s->msg.data);
	rig_settle(r);
	assert_int_equal(r->calls, calls + 1);
	assert_int_equal(r->last_cpu, cpu);
}

/* The CPUs' files in two groups, 64 GiB apart: CPUs 0 and 1, CPUs 2 and 3. */
static inline void torn_groups(struct rig *r)
{
	const struct mach_config config = {
		.num_ids = 63, .chaos = &mach_chaos_none, .hart_bits = 1, .group_bits = 1,
		.group_shift = 36,
	};

	rig_machine_from(r, config, 1);
	r->imsic.hart_index_bits = 1;
	r->imsic.group_index_bits = 1;
	r->imsic.group_index_shift = 36;
}

#endif
