/* SPDX-License-Identifier: MIT */
#ifndef SMMU_H
#define SMMU_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Puts every function of bus 0 into one stage-1 domain: memory where it is, and
 * nothing else yet. False: this machine has no SMMUv3.
 */
bool smmu_start(void);

/* umsi_its_config.map_doorbell: a page of the domain for the doorbell at @phys. */
int smmu_map_doorbell(void *host, uint32_t requester_id, uint64_t phys, uint64_t *out_iova);

#endif
