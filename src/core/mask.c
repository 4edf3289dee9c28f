/* SPDX-License-Identifier: MIT */
#include "core/mask.h"

static uint32_t words_for(const struct umsi *m)
{
	return (m->ncpus + 63) / 64;
}

static size_t mask_bytes(const struct umsi *m)
{
	return sizeof(struct umsi_mask) + words_for(m) * sizeof(uint64_t);
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

static int check_set(const struct umsi *m, const struct umsi_cpuset *set)
{
	uint64_t any = 0;

	if (!set->bits)
		return UMSI_EINVAL;
	for (uint32_t w = 0; w <= (set->nbits - 1) / 64 && set->nbits; w++) {
		uint64_t word = set_word(set, w);

		any |= word;
		if (w >= words_for(m) ? word != 0
				      : m->ncpus - w * 64 < 64 && word >> (m->ncpus - w * 64))
			return UMSI_ERANGE;
	}
	return any ? UMSI_OK : UMSI_EINVAL;
}

static bool same(const struct umsi_mask *mask, const struct umsi_cpuset *set)
{
	for (uint32_t w = 0; w < mask->words; w++)
		if (mask->bits[w] != set_word(set, w))
			return false;
	return true;
}

static struct umsi_mask *find_locked(struct umsi *m, const struct umsi_cpuset *set)
{
	for (struct umsi_mask *mask = m->masks; mask; mask = mask->next)
		if (same(mask, set)) {
			mask->references++;
			return mask;
		}
	return NULL;
}

/* Unlinks every mask nobody refers to and returns them as a list. */
static struct umsi_mask *unlink_unused_locked(struct umsi *m)
{
	struct umsi_mask *unused = NULL;
	struct umsi_mask **at = &m->masks;

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
	return unused;
}

static void free_list(struct umsi *m, struct umsi_mask *list)
{
	while (list) {
		struct umsi_mask *next = list->next;

		umsi_host_free(m->host, list, mask_bytes(m));
		list = next;
	}
}

int umsi_mask_get(struct umsi *m, const struct umsi_cpuset *set, struct umsi_mask **out)
{
	struct umsi_mask *fresh, *mask, *unused;
	uintptr_t state;
	int status;

	status = check_set(m, set);
	if (status)
		return status;
	state = umsi_lock(m, &m->masks_lock);
	mask = find_locked(m, set);
	umsi_unlock(m, &m->masks_lock, state);
	if (mask) {
		*out = mask;
		return UMSI_OK;
	}

	fresh = umsi_host_alloc(m->host, mask_bytes(m));
	if (!fresh)
		return UMSI_ENOMEM;
	fresh->words = words_for(m);
	fresh->references = 1;
	for (uint32_t w = 0; w < fresh->words; w++)
		fresh->bits[w] = set_word(set, w);

	state = umsi_lock(m, &m->masks_lock);
	unused = unlink_unused_locked(m);
	mask = find_locked(m, set);
	if (mask) {
		fresh->next = unused;
		unused = fresh;
	} else {
		fresh->next = m->masks;
		m->masks = fresh;
		mask = fresh;
	}
	umsi_unlock(m, &m->masks_lock, state);
	free_list(m, unused);
	*out = mask;
	return UMSI_OK;
}

void umsi_mask_put(struct umsi *m, struct umsi_mask *mask)
{
	uintptr_t state;

	if (!mask)
		return;
	state = umsi_lock(m, &m->masks_lock);
	mask->references--;
	umsi_unlock(m, &m->masks_lock, state);
}

void umsi_masks_destroy(struct umsi *m)
{
	free_list(m, m->masks);
	m->masks = NULL;
}
