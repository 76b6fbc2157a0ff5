// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* reallocarray() */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void *array_add(void *array, size_t *nr, size_t size)
{
	char *old, *bigger;

	/* A pointer to any type, which is not a pointer to void */
	memcpy(&old, array, sizeof(old));
	/* Full at each power of two */
	if (!(*nr & (*nr - 1))) {
		bigger = reallocarray(old, *nr ? *nr * 2 : 1, size);
		if (!bigger)
			return NULL;
		memcpy(array, &bigger, sizeof(bigger));
		old = bigger;
	}
	return memset(old + (*nr)++ * size, 0, size);
}
