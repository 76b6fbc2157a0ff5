// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "policy/sysfs.h"

/* Parses one line; false if it does not know the name */
typedef bool (*line_fn)(void *ctx, const char *name, const char *value);

static int read_lines(const char *dir, const char *file, line_fn fn, void *ctx)
{
	char path[256];
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/%s", dir, file) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while ((len = getline(&line, &size, f)) > 0) {
		char *value;

		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		value = strchr(line, ' ');
		if (!value)
			continue;
		*value++ = '\0';
		fn(ctx, line, value);
	}
	free(line);
	fclose(f);
	return 0;
}

static void copy(char *to, size_t size, const char *from, size_t len)
{
	if (len > size - 1)
		len = size - 1;
	memcpy(to, from, len);
	to[len] = '\0';
}

static uint64_t number(const char *value)
{
	return strtoull(value, NULL, 10);
}

/* "event_default_isolate": the last two words are verdicts, and have no "_" */
static bool add_row(struct policy_slot *slot, const char *name, const char *value)
{
	const char *verdict = strrchr(name, '_'), *dflt = verdict;
	struct policy_disagreement *row;

	if (!verdict)
		return false;
	while (dflt > name && *--dflt != '_')
		;
	if (*dflt != '_')
		return false;
	if (slot->nr_rows == POLICY_MAX_ROWS) {
		slot->unlisted++;
		return true;
	}
	row = &slot->rows[slot->nr_rows++];
	copy(row->member, sizeof(row->member), name, dflt - name);
	copy(row->dflt, sizeof(row->dflt), dflt + 1, verdict - dflt - 1);
	copy(row->verdict, sizeof(row->verdict), verdict + 1, strlen(verdict + 1));
	row->count = number(value);
	return true;
}

static bool slot_line(void *ctx, const char *name, const char *value)
{
	struct policy_slot *slot = ctx;
	const struct {
		const char *name;
		uint64_t *to;
	} numbers[] = {
		{ "since_ns", &slot->since_ns },
		{ "decisions", &slot->decisions },
		{ "disagreements", &slot->disagreements },
		{ "clamps", &slot->clamps },
		{ "isolations", &slot->isolations },
		{ "failures", &slot->failures },
		{ "isolations_left", &slot->isolations_left },
		{ "clamps_left", &slot->clamps_left },
		{ "failures_left", &slot->failures_left },
		{ "window_s", &slot->window_s },
	};

	if (!strncmp(name, "disagree_", 9))
		return add_row(slot, name + 9, value);
	if (!strcmp(name, "name")) {
		copy(slot->name, sizeof(slot->name), value, strlen(value));
		return true;
	}
	if (!strcmp(name, "ejected")) {
		slot->ejected = number(value);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (!strcmp(name, numbers[i].name)) {
			*numbers[i].to = number(value);
			return true;
		}
	}
	return false;
}

/* "vote_isolate 3" */
static bool clamp_line(void *ctx, const char *name, const char *value)
{
	struct policy_state *state = ctx;
	const char *verdict = strrchr(name, '_');
	struct policy_clamp *clamp;

	if (!verdict || !number(value) || state->nr_clamps == POLICY_MAX_ROWS)
		return false;
	clamp = &state->clamps[state->nr_clamps++];
	copy(clamp->member, sizeof(clamp->member), name, verdict - name);
	copy(clamp->verdict, sizeof(clamp->verdict), verdict + 1, strlen(verdict + 1));
	clamp->count = number(value);
	return true;
}

static bool exit_line(void *ctx, const char *name, const char *value)
{
	struct policy_end *exit = ctx;

	if (!strcmp(name, "policy"))
		copy(exit->policy, sizeof(exit->policy), value, strlen(value));
	else if (!strcmp(name, "kind"))
		copy(exit->kind, sizeof(exit->kind), value, strlen(value));
	else if (!strcmp(name, "text"))
		copy(exit->text, sizeof(exit->text), value, strlen(value));
	else if (!strcmp(name, "code"))
		exit->code = number(value);
	else if (!strcmp(name, "at_ns"))
		exit->at_ns = number(value);
	else
		return false;
	return true;
}

/* "enabled 1", or the number alone */
static int read_enabled(const char *dir, bool *ret)
{
	char path[256], text[32] = "";
	const char *value;
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/enabled", dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT ? -EOPNOTSUPP : -errno;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	value = strrchr(text, ' ');
	*ret = number(value ? value + 1 : text);
	return 0;
}

int policy_sysfs_read(struct policy_state *ret, const char *dir)
{
	int err;

	if (!dir)
		dir = POLICY_SYSFS;
	memset(ret, 0, sizeof(*ret));
	err = read_enabled(dir, &ret->enabled);
	if (!err)
		err = read_lines(dir, "enforced", slot_line, &ret->enforced);
	for (int i = 0; !err && i < POLICY_NR_SHADOWS; i++) {
		char file[16];

		snprintf(file, sizeof(file), "shadow%d", i);
		err = read_lines(dir, file, slot_line, &ret->shadow[i]);
	}
	if (!err)
		err = read_lines(dir, "clamps", clamp_line, ret);
	if (!err)
		err = read_lines(dir, "exit", exit_line, &ret->exit);
	return err;
}

const struct policy_slot *policy_sysfs_find(const struct policy_state *state, const char *name,
					    bool shadow)
{
	if (!shadow)
		return strcmp(state->enforced.name, name) ? NULL : &state->enforced;
	for (int i = 0; i < POLICY_NR_SHADOWS; i++)
		if (!strcmp(state->shadow[i].name, name))
			return &state->shadow[i];
	return NULL;
}
