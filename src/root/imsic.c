/* SPDX-License-Identifier: MIT */
/* Creating and destroying the IMSIC root: checks, mappings, operations. */
#include "codec/sort.h"
#include "root/imsic.h"

/* Groups may lie above 4 GiB of each other: the CPU of one's group at the other's place. */
static umsi_cpu imsic_move_via(struct umsi_domain *d, umsi_cpu from, umsi_cpu to)
{
	struct umsi_imsic *im = umsi_imsic_of(umsi_vec_of(d));
	uint64_t low = UINT32_MAX;
	uint64_t one = (im->phys[from] & ~low) | (im->phys[to] & low);
	uint64_t other = (im->phys[to] & ~low) | (im->phys[from] & low);

	for (umsi_cpu cpu = 0; cpu < d->m->ncpus; cpu++)
		if (im->phys[cpu] && (im->phys[cpu] == one || im->phys[cpu] == other) &&
		    umsi_cpu_open(d->m, cpu))
			return cpu;
	return UMSI_CPU_NONE;
}

static const struct umsi_controller_ops imsic_controller_ops = {
	.keeps_places = true,
	.cpu_started = umsi_vec_started,
	.move_via = UMSI_FOR_MOVES(imsic_move_via),
	.make_room = umsi_vec_make_room,
	.reap = umsi_vec_reap,
	.grant = UMSI_FOR_WISHES(umsi_vec_grant),
	.band_of = UMSI_FOR_WISHES(umsi_vec_band_of),
	.cpu_online = umsi_imsic_cpu_online,
	.cpu_leave = UMSI_FOR_HOTPLUG(umsi_vec_leave),
	.cpu_stay = UMSI_FOR_HOTPLUG(umsi_vec_stay),
	.cpu_dead = UMSI_FOR_HOTPLUG(umsi_imsic_cpu_dead),
	.cpu_restore = UMSI_FOR_HOTPLUG(umsi_imsic_cpu_restore),
	.drain = umsi_imsic_drain,
	.dump = UMSI_FOR_DUMPS(umsi_vec_dump),
	.stats = UMSI_FOR_STATS(umsi_vec_stats),
};

static const struct umsi_domain_ops imsic_ops = {
	.name = "imsic",
	.number_name = "eiid",
	.controller = &imsic_controller_ops,
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

static int check_widths(const struct umsi_imsic_config *c)
{
	uint32_t low = IMSIC_PAGE_SHIFT + c->guest_index_bits + c->hart_index_bits;

	if (c->guest_index_bits > 7 || c->hart_index_bits > 15 || c->group_index_bits > 7)
		return UMSI_ERANGE;
	if (!c->group_index_bits)
		return UMSI_OK;
	if (c->group_index_shift < 24 || c->group_index_shift < low ||
	    c->group_index_shift + c->group_index_bits > 63)
		return UMSI_ERANGE;
	return UMSI_OK;
}

/* Every file a page of the same arrangement, each a supervisor file, no two the same. @scratch: ncpus. */
static int check_files(const struct umsi *m, const struct umsi_imsic_config *config,
		       const struct umsi_imsic_layout *layout, uint64_t *scratch)
{
	uint64_t base = 0;
	bool any = false;
	uint32_t n = 0;

	for (umsi_cpu i = 0; i < m->ncpus; i++) {
		uint64_t phys = config->files[i].phys;

		if (!phys)
			continue;
		if (phys % IMSIC_PAGE_BYTES || umsi_imsic_guest_index(layout, phys))
			return UMSI_EINVAL;
		if (any && umsi_imsic_base(layout, phys) != base)
			return UMSI_EINVAL;
		base = umsi_imsic_base(layout, phys);
		any = true;
		scratch[n++] = phys;
	}
	umsi_sort64(scratch, n);
	for (uint32_t i = 1; i < n; i++)
		if (scratch[i] == scratch[i - 1])
			return UMSI_EINVAL;
	return any ? UMSI_OK : UMSI_EINVAL;
}

static int check_config(const struct umsi *m, const struct umsi_imsic_config *config,
			const struct umsi_imsic_layout *layout, uint64_t *scratch)
{
	int status;

	if (!umsi_imsic_ids_valid(config->num_ids))
		return UMSI_ERANGE;
	if (config->system_ids == 1 || config->system_ids > IMSIC_SYSTEM_IDS_MAX)
		return UMSI_ERANGE;
	status = check_widths(config);
	return status ? status : check_files(m, config, layout, scratch);
}

static int map_files(struct umsi_imsic *im, struct umsi *m, const struct umsi_imsic_config *config,
		     bool *has)
{
	for (umsi_cpu i = 0; i < m->ncpus; i++) {
		im->phys[i] = config->files[i].phys;
		has[i] = im->phys[i] != 0;
		if (!has[i])
			continue;
		im->page[i] = umsi_host_mmio_map(m->host, im->phys[i], IMSIC_PAGE_BYTES);
		if (!im->page[i])
			return UMSI_ENOMEM;
	}
	return UMSI_OK;
}

/* One allocation: the root, then by CPU its address, its mapping and whether it has one. */
static size_t imsic_bytes(const struct umsi *m)
{
	return sizeof(struct umsi_imsic) +
	       m->ncpus * (sizeof(uint64_t) + sizeof(void *) + sizeof(bool));
}

static struct umsi_imsic *new_imsic(struct umsi *m, const struct umsi_imsic_config *config)
{
	struct umsi_imsic *im = umsi_host_alloc(m->host, imsic_bytes(m));

	if (!im)
		return NULL;
	im->phys = (uint64_t *)(im + 1);
	im->page = (void **)(im->phys + m->ncpus);
	im->num_ids = config->num_ids;
	im->system_ids = config->system_ids ? config->system_ids : 8;
	im->ipis.limit = im->system_ids - UMSI_SLOT_IPI + 1;
	im->layout.guest_bits = config->guest_index_bits;
	im->layout.hart_bits = config->hart_index_bits;
	im->layout.group_bits = config->group_index_bits;
	im->layout.group_shift = config->group_index_shift;
	im->timer = config->timer;
	im->software = config->software;
	im->v.ops = &umsi_imsic_vec_ops;
	im->v.marker = true;
	im->v.system = umsi_imsic_system;
	im->v.domain.m = m;
	return im;
}

static int build(struct umsi_imsic *im, struct umsi *m, const struct umsi_imsic_config *config)
{
	bool *has = (bool *)(im->page + m->ncpus);
	/* Not in use yet: im->phys. */
	int status = check_config(m, config, &im->layout, im->phys);

	if (!status)
		status = map_files(im, m, config, has);
	return status ? status : umsi_vec_init(&im->v, m, im->num_ids + 1, im->system_ids + 1, has);
}

static void end(struct umsi_imsic *im)
{
	struct umsi *m = im->v.domain.m;

	for (umsi_cpu i = 0; i < m->ncpus; i++)
		if (im->page[i])
			umsi_host_mmio_unmap(m->host, im->page[i], IMSIC_PAGE_BYTES);
	umsi_host_free(m->host, im, imsic_bytes(m));
}

int umsi_imsic_create(struct umsi *m, const struct umsi_imsic_config *config,
		      struct umsi_domain **out)
{
	struct umsi_imsic *im;
	int status;

	if (!m || !config || !config->files || !out)
		return UMSI_EINVAL;
	if (m->kick_ops)
		return UMSI_EEXIST;
	im = new_imsic(m, config);
	if (!im)
		return UMSI_ENOMEM;
	status = build(im, m, config);
	if (status) {
		end(im);
		return status;
	}
	umsi_vec_add(&im->v, &imsic_ops);
	*out = &im->v.domain;
	return UMSI_OK;
}

int umsi_imsic_destroy(struct umsi_domain *root)
{
	struct umsi_imsic *im;
	int status;

	if (!root)
		return UMSI_EINVAL;
	im = umsi_imsic_of(umsi_vec_of(root));
	status = umsi_vec_remove(&im->v);
	if (!status)
		end(im);
	return status;
}
