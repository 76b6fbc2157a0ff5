// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "exporter/policy-file.h"
#include "policy/wishes.h"

int policy_file_read(struct snapshot *s, const char *path)
{
	struct policy_wishes w;
	int err = policy_wishes_read(&w, path, NULL);

	s->nr_wishes = 0;
	if (err)
		return err == -ENOENT ? 0 : err;
	for (size_t i = 0; i < w.nr && s->nr_wishes < SNAPSHOT_WISHES; i++) {
		struct snapshot_wish *wish = &s->wish[s->nr_wishes++];

		text_copy(wish->name, sizeof(wish->name), w.wish[i].name, strlen(w.wish[i].name));
		wish->shadow = w.wish[i].mode == POLICY_SHADOW;
	}
	policy_wishes_free(&w);
	return 0;
}
