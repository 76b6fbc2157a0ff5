// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/conf.h"
#include "base/text.h"
#include "policy/wishes.h"

static void *find(void *config, const char *name)
{
	struct policy_wishes *w = config;
	struct policy_wish *wish = array_add(&w->wish, &w->nr, sizeof(*wish));

	if (!wish)
		return NULL;
	snprintf(wish->name, sizeof(wish->name), "%s", name);
	wish->mode = POLICY_SHADOW;
	return wish;
}

static int set_mode(void *to, const char *value)
{
	return policy_parse_mode(value, &((struct policy_wish *)to)->mode);
}

static int set_functions(void *to, const char *value)
{
	struct policy_wish *wish = to;

	wish->has_canary = strcmp(value, "all");
	return wish->has_canary ? policy_parse_canary(value, &wish->canary) : 0;
}

static int set_file(void *to, const char *value)
{
	struct policy_wish *wish = to;

	if (value[0] != '/' || !text_is_plain(value))
		return -EINVAL;
	wish->file = strdup(value);
	return wish->file ? 0 : -ENOMEM;
}

static const struct conf_key keys[] = {
	{ "mode", "enforce or shadow", set_mode },
	{ "functions", "all, fid=FID,... of at most 128, or a percentage", set_functions },
	{ "file", "an absolute path", set_file },
	{ 0 }
};

static const struct conf_section sections[] = { { "policy", true, keys, find }, { 0 } };

static int check(const struct policy_wishes *w, const char *file, FILE *errors)
{
	const struct policy_wish *enforced = NULL;

	for (size_t i = 0; i < w->nr; i++) {
		if (w->wish[i].mode != POLICY_ENFORCE)
			continue;
		if (enforced) {
			if (errors)
				fprintf(errors, "%s: '%s' and '%s' are to be enforced, but the kernel follows one policy\n",
					text_shown(file), enforced->name, w->wish[i].name);
			return -EINVAL;
		}
		enforced = &w->wish[i];
	}
	return 0;
}

int policy_wishes_parse(struct policy_wishes *w, const char *file, const char *text, size_t len,
			FILE *errors)
{
	int err;

	*w = (struct policy_wishes){ 0 };
	err = conf_parse(sections, file, text, len, w, errors);
	if (!err)
		err = check(w, file, errors);
	if (err)
		policy_wishes_free(w);
	return err;
}

int policy_wishes_read(struct policy_wishes *w, const char *path, FILE *errors)
{
	int err;

	*w = (struct policy_wishes){ 0 };
	err = conf_read(sections, path, w, errors);
	if (!err)
		err = check(w, path, errors);
	if (err)
		policy_wishes_free(w);
	return err;
}

void policy_wishes_free(struct policy_wishes *w)
{
	for (size_t i = 0; i < w->nr; i++)
		free(w->wish[i].file);
	free(w->wish);
	*w = (struct policy_wishes){ 0 };
}
