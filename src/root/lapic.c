/* SPDX-License-Identifier: MIT */
/* Creating and destroying the local APIC root: checks, mapping, operations. */
#include "codec/sort.h"
#include "root/lapic.h"

#define MMIO_DEFAULT	0xfee00000u
#define SYSTEM_DEFAULT	0xf0u

static const struct umsi_controller_ops lapic_controller_ops = {
	.keeps_places = true,
	.cpu_started = umsi_vec_started,
	.make_room = umsi_vec_make_room,
	.reap = umsi_vec_reap,
	.grant = UMSI_FOR_WISHES(umsi_vec_grant),
	.band_of = UMSI_FOR_WISHES(umsi_vec_band_of),
	.cpu_online = umsi_lapic_cpu_online,
	.cpu_leave = UMSI_FOR_HOTPLUG(umsi_vec_leave),
	.cpu_stay = UMSI_FOR_HOTPLUG(umsi_vec_stay),
	.cpu_dead = UMSI_FOR_HOTPLUG(umsi_lapic_cpu_dead),
	.cpu_restore = UMSI_FOR_HOTPLUG(umsi_lapic_cpu_restore),
	.drain = umsi_lapic_drain,
	.dump = UMSI_FOR_DUMPS(umsi_vec_dump),
	.stats = UMSI_FOR_STATS(umsi_vec_stats),
};

static const struct umsi_domain_ops lapic_ops = {
	.name = "lapic",
	.number_name = "vector",
	.controller = &lapic_controller_ops,
	.reserve = umsi_vec_reserve,
	.unreserve = umsi_vec_unreserve,
	.activate = umsi_vec_activate,
	.compose = umsi_vec_compose,
	.move_prepare = UMSI_FOR_MOVES(umsi_vec_move_prepare),
	.move_commit = UMSI_FOR_MOVES(umsi_vec_move_commit),
	.move_abort = UMSI_FOR_MOVES(umsi_vec_move_abort),
	.room = UMSI_FOR_LIMITS(umsi_vec_room),
	.reaches = umsi_vec_reaches,
	.dump_path = UMSI_FOR_DUMPS(umsi_vec_dump_path),
};

/* A message goes to one CPU. UMSI_EINVAL: an id is none, or two have the same. */
static int check_ids(const struct umsi *m, uint64_t limit)
{
	size_t bytes = m->ncpus * sizeof(uint64_t);
	uint64_t *id = umsi_host_alloc(m->host, bytes);
	int status = UMSI_OK;

	if (!id)
		return UMSI_ENOMEM;
	for (umsi_cpu i = 0; i < m->ncpus; i++)
		id[i] = m->cpu[i].hw_id;
	umsi_sort64(id, m->ncpus);
	for (umsi_cpu i = 0; i < m->ncpus; i++)
		if (id[i] >= limit || (i && id[i] == id[i - 1]))
			status = UMSI_EINVAL;
	umsi_host_free(m->host, id, bytes);
	return status;
}

static int check_config(const struct umsi *m, const struct umsi_lapic_config *c, uint32_t first, uint32_t system)
{
	if (first < LAPIC_FIRST_VECTOR || first > 0xd8 || system < 0xe0 || system > 0xfa)
		return UMSI_ERANGE;
	if (c->mmio_phys % LAPIC_PAGE_BYTES || (c->remapped && c->extended_ids))
		return UMSI_EINVAL;
	/* All ones is the broadcast in either mode. */
	return check_ids(m, c->x2apic ? UINT32_MAX : LAPIC_ID_BROADCAST);
}

static void log_left_out(struct umsi *m, uint32_t n, umsi_cpu first, uint32_t bits)
{
	struct umsi_text t;

	umsi_text_begin(&t, "umsi: CPUs whose APIC id fits no message, left out as targets:");
	umsi_text_field(&t, "cpus", n);
	umsi_text_field(&t, "first", first);
	umsi_text_field(&t, "apic_id", m->cpu[first].hw_id);
	umsi_text_field(&t, "bits", bits);
	umsi_host_log(m->host, UMSI_LOG_WARN, t.line);
}

/* Which CPUs a message can name. UMSI_ENOCPU when there is none. */
static int find_targets(struct umsi *m, const struct umsi_lapic_config *config, bool *has)
{
	umsi_cpu first = UMSI_CPU_NONE;
	uint32_t out = 0;

	for (umsi_cpu i = 0; i < m->ncpus; i++) {
		has[i] = config->remapped || umsi_lapic_id_fits(m->cpu[i].hw_id, config->extended_ids);
		if (has[i])
			continue;
		if (!out++)
			first = i;
	}
	if (out)
		log_left_out(m, out, first, config->extended_ids ? 15 : 8);
	return out == m->ncpus ? UMSI_ENOCPU : UMSI_OK;
}

static size_t lapic_bytes(const struct umsi *m)
{
	return sizeof(struct umsi_lapic) + m->ncpus * sizeof(bool);
}

static struct umsi_lapic *new_lapic(struct umsi *m, const struct umsi_lapic_config *config)
{
	struct umsi_lapic *la = umsi_host_alloc(m->host, lapic_bytes(m));

	if (!la)
		return NULL;
	la->x2apic = config->x2apic;
	la->directed_eoi = config->directed_eoi;
	la->remapped = config->remapped;
	la->system = config->system_vector ? config->system_vector : SYSTEM_DEFAULT;
	la->ipis.limit = LAPIC_SPURIOUS - UMSI_SLOT_IPI - la->system;
	la->timer = config->timer;
	la->v.ops = &umsi_lapic_vec_ops;
	/* Nothing written says when an accepted message can be seen in the IRR (M1). */
	la->v.ageing = true;
	la->v.higher_first = true;
	la->v.entries = LAPIC_VECTORS;
	la->v.system = umsi_lapic_system;
	la->v.domain.m = m;
	return la;
}

static int map_page(struct umsi_lapic *la, struct umsi *m, const struct umsi_lapic_config *config)
{
	if (la->x2apic)
		return UMSI_OK;
	la->page = umsi_host_mmio_map(m->host, config->mmio_phys ? config->mmio_phys : MMIO_DEFAULT,
				      LAPIC_PAGE_BYTES);
	return la->page ? UMSI_OK : UMSI_ENOMEM;
}

static void end(struct umsi_lapic *la)
{
	struct umsi *m = la->v.domain.m;

	if (la->page)
		umsi_host_mmio_unmap(m->host, la->page, LAPIC_PAGE_BYTES);
	umsi_host_free(m->host, la, lapic_bytes(m));
}

static int build(struct umsi_lapic *la, struct umsi *m, const struct umsi_lapic_config *config)
{
	uint32_t first = config->first_vector ? config->first_vector : LAPIC_FIRST_VECTOR;
	bool *has = (bool *)(la + 1);
	int status = check_config(m, config, first, la->system);

	if (!status)
		status = find_targets(m, config, has);
	if (!status)
		status = map_page(la, m, config);
	/* The vector space ends where the system range begins. */
	return status ? status : umsi_vec_init(&la->v, m, la->system, first, has);
}

int umsi_lapic_create(struct umsi *m, const struct umsi_lapic_config *config,
		      struct umsi_domain **out)
{
	struct umsi_lapic *la;
	int status;

	if (!m || !config || !out)
		return UMSI_EINVAL;
	if (m->kick_ops)
		return UMSI_EEXIST;
	la = new_lapic(m, config);
	if (!la)
		return UMSI_ENOMEM;
	status = build(la, m, config);
	if (status) {
		end(la);
		return status;
	}
	umsi_vec_add(&la->v, &lapic_ops);
	*out = &la->v.domain;
	return UMSI_OK;
}

int umsi_lapic_destroy(struct umsi_domain *root)
{
	struct umsi_lapic *la;
	int status;

	if (!root)
		return UMSI_EINVAL;
	la = umsi_lapic_of(umsi_vec_of(root));
	status = umsi_vec_remove(&la->v);
	if (!status)
		end(la);
	return status;
}
