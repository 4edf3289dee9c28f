/* SPDX-License-Identifier: MIT */
#include "core/mask.h"

#include "idspace/word.h"

static uint32_t words_for(const struct umsi *m)
{
	return (m->ncpus + 63) / 64;
}

/* The second level: a bit for each word that is not 0. */
static uint32_t summary_words_for(const struct umsi *m)
{
	return (words_for(m) + 63) / 64;
}

static size_t mask_bytes(const struct umsi *m)
{
	return sizeof(struct umsi_mask) +
	       (words_for(m) + summary_words_for(m)) * sizeof(uint64_t);
}

/* Word @w of a set, bits from nbits on cleared. */
static uint64_t set_word(const struct umsi_cpuset *set, uint32_t w)
{
	uint32_t first = w * 64;

	if (first >= set->nbits)
		return 0;
	if (set->nbits - first >= 64)
		return set->bits[w];
	return set->bits[w] & ((UINT64_C(1) << (set->nbits - first)) - 1);
}

/* Is it one of this machine's? Its hash, of what is in it: FNV-1a, a word and its place at a time. */
static int check_set(const struct umsi *m, const struct umsi_cpuset *set, uint32_t *out_hash)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325), any = 0;

	if (!set->bits)
		return UMSI_EINVAL;
	for (uint64_t first = 0; first < set->nbits; first += 64) {
		uint64_t word = set_word(set, (uint32_t)(first / 64));

		if (!word)
			continue;
		if (first >= m->ncpus || (m->ncpus - first < 64 && word >> (m->ncpus - first)))
			return UMSI_ERANGE;
		any |= word;
		hash = (hash ^ word ^ first) * UINT64_C(0x100000001b3);
	}
	*out_hash = (uint32_t)(hash >> 32);
	return any ? UMSI_OK : UMSI_EINVAL;
}

umsi_cpu umsi_mask_next(const struct umsi_mask *mask, umsi_cpu cpu)
{
	const uint64_t *summary = &mask->bits[mask->words];
	uint32_t w = cpu / 64, s;
	uint64_t left;

	if (w >= mask->words)
		return UMSI_CPU_NONE;
	left = mask->bits[w] >> (cpu % 64);
	if (left)
		return cpu + umsi_lowest_bit(left);
	w++;
	for (s = w / 64; s < (mask->words + 63) / 64; s++, w = s * 64) {
		left = summary[s] >> (w % 64) << (w % 64);
		if (!left)
			continue;
		w = s * 64 + umsi_lowest_bit(left);
		return w * 64 + umsi_lowest_bit(mask->bits[w]);
	}
	return UMSI_CPU_NONE;
}

/* ---- A mask that is being made. ---- */

static void free_list(struct umsi *m, struct umsi_mask *list)
{
	while (list) {
		struct umsi_mask *next = list->next;

		umsi_host_free(m->host, list, mask_bytes(m));
		list = next;
	}
}

/* All CPUs, or all of the node that its first one is in? */
static uint32_t node_of(const struct umsi *m, const struct umsi_mask *mask)
{
	umsi_cpu first = umsi_mask_next(mask, 0);
	uint32_t node = m->cpu[first].node, n = 0, of_node = 0;

	for (umsi_cpu cpu = first; cpu != UMSI_CPU_NONE; cpu = umsi_mask_next(mask, cpu + 1)) {
		n++;
		of_node += m->cpu[cpu].node == node;
	}
	if (n == m->ncpus)
		return UMSI_MASK_ALL_CPUS;
	return n == of_node && n == m->node[node].ncpus ? node : UMSI_MASK_ANY_CPUS;
}

static struct umsi_mask *new_mask(struct umsi *m, const struct umsi_cpuset *set, uint32_t hash)
{
	struct umsi_mask *mask = umsi_host_alloc(m->host, mask_bytes(m));
	uint64_t *summary;

	if (!mask)
		return NULL;
	mask->words = words_for(m);
	mask->references = 1;
	mask->hash = hash;
	summary = &mask->bits[mask->words];
	for (uint32_t w = 0; w < mask->words; w++) {
		mask->bits[w] = set_word(set, w);
		summary[w / 64] |= (uint64_t)(mask->bits[w] != 0) << (w % 64);
	}
	mask->node = node_of(m, mask);
	return mask;
}

/* ---- Masks that are kept. ---- */

static struct umsi_mask **chain_of(struct umsi *m, uint32_t hash)
{
	return &m->masks[hash % UMSI_MASK_CHAINS];
}

static bool same(const struct umsi_mask *mask, const struct umsi_cpuset *set)
{
	for (uint32_t w = 0; w < mask->words; w++)
		if (mask->bits[w] != set_word(set, w))
			return false;
	return true;
}

static struct umsi_mask *find_locked(struct umsi *m, const struct umsi_cpuset *set, uint32_t hash)
{
	for (struct umsi_mask *mask = *chain_of(m, hash); mask; mask = mask->next)
		if (mask->hash == hash && same(mask, set)) {
			m->masks_unused -= !mask->references++;
			return mask;
		}
	return NULL;
}

/* Unlinks every mask nobody refers to, once they are enough to be worth the walk. */
static struct umsi_mask *unlink_unused_locked(struct umsi *m)
{
	struct umsi_mask *unused = NULL;

	if (m->masks_unused <= m->masks_kept / 8)
		return NULL;
	for (uint32_t i = 0; i < UMSI_MASK_CHAINS; i++) {
		struct umsi_mask **at = &m->masks[i];

		while (*at) {
			struct umsi_mask *mask = *at;

			if (mask->references) {
				at = &mask->next;
				continue;
			}
			*at = mask->next;
			mask->next = unused;
			unused = mask;
		}
	}
	m->masks_kept -= m->masks_unused;
	m->masks_unused = 0;
	return unused;
}

/* The kept one, or @fresh if nobody was first with the same set; NULL: neither. */
static struct umsi_mask *keep(struct umsi *m, const struct umsi_cpuset *set, uint32_t hash, struct umsi_mask *fresh)
{
	uintptr_t state = umsi_lock(m, &m->masks_lock);
	struct umsi_mask *mask = find_locked(m, set, hash);
	struct umsi_mask *unused = fresh ? unlink_unused_locked(m) : NULL;
	struct umsi_mask **to = mask ? &unused : chain_of(m, hash);

	if (fresh) {
		fresh->next = *to;
		*to = fresh;
		m->masks_kept += !mask;
	}
	umsi_unlock(m, &m->masks_lock, state);
	free_list(m, unused);
	return mask ? mask : fresh;
}

int umsi_mask_get(struct umsi *m, const struct umsi_cpuset *set, struct umsi_mask **out)
{
	struct umsi_mask *fresh;
	uint32_t hash;
	int status;

	status = check_set(m, set, &hash);
	if (status)
		return status;
	*out = keep(m, set, hash, NULL);
	if (*out)
		return UMSI_OK;
	/* It has to be copied. */
	if (umsi_in_trap(m))
		return UMSI_ECONTEXT;
	fresh = new_mask(m, set, hash);
	if (!fresh)
		return UMSI_ENOMEM;
	*out = keep(m, set, hash, fresh);
	return UMSI_OK;
}

void umsi_mask_drop(struct umsi *m, struct umsi_mask *mask)
{
	uintptr_t state;

	if (!mask)
		return;
	state = umsi_lock(m, &m->masks_lock);
	mask->references--;
	m->masks_unused += !mask->references;
	umsi_unlock(m, &m->masks_lock, state);
}

void umsi_masks_destroy(struct umsi *m)
{
	for (uint32_t i = 0; i < UMSI_MASK_CHAINS; i++) {
		free_list(m, m->masks[i]);
		m->masks[i] = NULL;
	}
}
