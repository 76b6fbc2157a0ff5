// SPDX-License-Identifier: GPL-2.0
#include "keep/arms.h"

/* FNV-1a, with the end of each part in it, so that "ab" + "c" is not "a" + "bc" */
static uint64_t add(uint64_t hash, const char *text, size_t max)
{
	size_t i = 0;

	do {
		hash = (hash ^ (uint8_t)(i < max ? text[i] : 0)) * 0x100000001b3ull;
	} while (i < max && text[i++]);
	return hash;
}

/* FNV leaves neighbours close to each other: the finalizer of MurmurHash3 spreads them */
static uint64_t spread(uint64_t hash)
{
	hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdull;
	hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53ull;
	return hash ^ hash >> 33;
}

uint64_t arms_unit(uint16_t pchid, uint32_t fid)
{
	return pchid ? 1ull << 32 | pchid : 1ull << 33 | fid;
}

size_t arms_choose(const struct experiment_arm *arms, size_t nr, const char *experiment,
		   const char *host, uint64_t unit)
{
	uint64_t hash = 0xcbf29ce484222325ull, at, sum = 0;

	hash = add(hash, experiment, HISTORY_NAME_LEN);
	hash = add(hash, host, HISTORY_HOST_LEN);
	at = spread(spread(hash) ^ unit) % 100;
	for (size_t i = 0; i + 1 < nr; i++) {
		sum += arms[i].percent;
		if (at < sum)
			return i;
	}
	return nr - 1;
}
