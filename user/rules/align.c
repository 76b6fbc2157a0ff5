// SPDX-License-Identifier: GPL-2.0
/* The rules of two files side by side */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/rules-int.h"

/* The longest row of names that both have, from each pair of places on */
static uint16_t *common_rows(const struct rules *a, const struct rules *b)
{
	size_t width = b->nr + 1;
	uint16_t *len = calloc((a->nr + 1) * width, sizeof(*len));

	for (size_t i = a->nr; len && i-- > 0;) {
		for (size_t j = b->nr; j-- > 0;) {
			uint16_t down = len[(i + 1) * width + j], right = len[i * width + j + 1];

			len[i * width + j] = !strcmp(a->rule[i].name, b->rule[j].name) ?
				len[(i + 1) * width + j + 1] + 1 : down > right ? down : right;
		}
	}
	return len;
}

static bool is_elsewhere(const struct rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->nr; i++)
		if (!strcmp(rules->rule[i].name, name))
			return true;
	return false;
}

int rules_align(const struct rules *a, const struct rules *b, struct rules_pair **ret, size_t *nr)
{
	size_t i = 0, j = 0, width = b->nr + 1;
	struct rules_pair *pair = calloc(a->nr + b->nr + 1, sizeof(*pair));
	uint16_t *len = common_rows(a, b);

	if (!pair || !len) {
		free(pair);
		free(len);
		return -ENOMEM;
	}
	for (*nr = 0; i < a->nr || j < b->nr; (*nr)++) {
		bool both = i < a->nr && j < b->nr && !strcmp(a->rule[i].name, b->rule[j].name);
		bool gone = !both && i < a->nr &&
			    (j == b->nr || len[(i + 1) * width + j] >= len[i * width + j + 1]);

		pair[*nr] = (struct rules_pair){
			.a = both || gone ? (int)i : -1,
			.b = both || !gone ? (int)j : -1,
			.moved = both ? false : gone ? is_elsewhere(b, a->rule[i].name) :
				 is_elsewhere(a, b->rule[j].name),
		};
		i += both || gone;
		j += both || !gone;
	}
	free(len);
	*ret = pair;
	return 0;
}
