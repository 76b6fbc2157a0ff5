// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/find.h"
#include "policy/in-force.h"
#include "policy/installed.h"
#include "policy/sysfs.h"

struct reader {
	struct policy_installed *list;
	struct policy_state state;	/* all zero on a kernel without policies */
	char *in_force;			/* the rules that are enforced; NULL: not known */
};

/* --- what the kernel does with it --- */

static enum policy_use_now use_of(const struct policy_state *state, const char *name)
{
	if (!strcmp(state->enforced.name, name))
		return state->enforced.ejected ? POLICY_IS_EJECTED : POLICY_IS_ENFORCED;
	return policy_sysfs_find(state, name, true) ? POLICY_IS_SHADOW : POLICY_UNUSED;
}

/* By its rules, where these are known, so that of two files with one name the right one is meant */
static int find_use(const struct reader *r, const struct policy *policy, struct policy_file *file)
{
	const struct rules *rules = policy_rules(policy);
	char *text;

	file->use = use_of(&r->state, file->name);
	if (!r->in_force || file->use == POLICY_UNUSED || file->use == POLICY_IS_SHADOW)
		return 0;
	text = rules ? rules_to_text(rules) : NULL;
	if (rules && !text)
		return -ENOMEM;
	file->sure = text && !strcmp(text, r->in_force);
	file->differs = !file->sure;
	if (file->differs)
		file->use = POLICY_UNUSED;
	free(text);
	return 0;
}

/* A name alone says enough if one file has it */
static void judge_names(struct policy_installed *list)
{
	for (size_t i = 0; i < list->nr; i++) {
		struct policy_file *file = &list->files[i];
		bool alone = true;

		for (size_t j = 0; alone && j < list->nr; j++)
			alone = j == i || strcmp(list->files[j].name, file->name) != 0;
		file->sure = file->sure || alone;
	}
}

/* --- reading --- */

/* True if the file's name finds this file, and not one in an earlier directory */
static int find_hidden(struct policy_file *file, const char *path)
{
	char found[PATH_MAX];

	if (policy_find(file->file, found) || !strcmp(found, path))
		return 0;
	file->hidden_by = strdup(found);
	return file->hidden_by ? 0 : -ENOMEM;
}

static int read_file(struct reader *r, const char *tier, const char *path, const char *name)
{
	struct policy_about about;
	struct policy_file *file;
	struct policy *policy;
	int err = policy_open_quick(&policy, path, log_errors());

	/* Why was said */
	if (err) {
		log_warn("%s is left out; see 'zrec policy check'", path);
		return 0;
	}
	file = array_add(&r->list->files, &r->list->nr, sizeof(*file));
	policy_about(policy, &about);
	err = -ENOMEM;
	if (!file)
		goto out;
	file->tier = tier;
	file->is_rules = about.is_rules;
	snprintf(file->name, sizeof(file->name), "%s", about.name);
	snprintf(file->description, sizeof(file->description), "%s", about.description);
	file->about = policy_about_to_json(&about);
	file->file = strndup(name, strlen(name) - policy_suffix(name));
	if (!file->about || !file->file)
		goto out;
	err = find_use(r, policy, file);
	if (!err)
		err = find_hidden(file, path);
out:
	policy_close(policy);
	return err;
}

static int is_policy_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && policy_suffix(entry->d_name);
}

/* In the order of their names. A missing directory has no policies */
static int read_dir(struct reader *r, const struct policy_dir *dir)
{
	struct dirent **entries;
	int nr = scandir(dir->path, &entries, is_policy_file, alphasort), err = 0;

	if (nr < 0) {
		if (errno != ENOENT)
			log_warn("cannot read %s: %s", dir->path, strerror(errno));
		return 0;
	}
	for (int i = 0; i < nr; i++) {
		char path[2 * PATH_MAX];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", dir->path, entries[i]->d_name);
		/* A FIFO would keep everybody waiting */
		if (!stat(path, &st) && !S_ISREG(st.st_mode))
			log_warn("%s is left out: it is not a file", path);
		else if (!err)
			err = read_file(r, dir->tier, path, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return err;
}

int policy_installed_read(struct policy_installed *ret)
{
	struct policy_dir dirs[POLICY_NR_DIRS];
	struct reader r = { .list = ret };
	int err = 0;

	*ret = (struct policy_installed){ 0 };
	/* Any machine has a list; what is in force is more where there is a hook */
	if (policy_sysfs_read(&r.state, NULL))
		memset(&r.state, 0, sizeof(r.state));
	if (r.state.enforced.name[0] && policy_in_force_text(&r.in_force))
		r.in_force = NULL;
	policy_dirs(dirs);
	for (int i = 0; !err && i < POLICY_NR_DIRS; i++)
		err = read_dir(&r, &dirs[i]);
	judge_names(ret);
	free(r.in_force);
	return err;
}

void policy_installed_free(struct policy_installed *installed)
{
	for (size_t i = 0; i < installed->nr; i++) {
		free(installed->files[i].file);
		free(installed->files[i].hidden_by);
		json_decref(installed->files[i].about);
	}
	free(installed->files);
	*installed = (struct policy_installed){ 0 };
}

/* --- showing --- */

static const char *const uses[] = {
	[POLICY_IS_SHADOW] = "shadow",
	[POLICY_IS_ENFORCED] = "enforced",
	[POLICY_IS_EJECTED] = "ejected",
};

/* "enforced?" if that can be another file of the same name */
static const char *state_text(const struct policy_file *file, char *buf, size_t len)
{
	if (file->use == POLICY_UNUSED)
		return file->hidden_by ? "hidden" : file->differs ? "differs" : "-";
	snprintf(buf, len, "%s%s", uses[file->use], file->sure ? "" : "?");
	return buf;
}

/* "flaky", or "flaky (flapping)" if the kernel knows it by another name */
static void name_text(const struct policy_file *file, char *buf, size_t len)
{
	if (strcmp(file->file, file->name))
		snprintf(buf, len, "%s (%s)", text_shown(file->file), file->name);
	else
		snprintf(buf, len, "%s", file->name);
}

#define NAME_TEXT_LEN	(4 * 256 + ZPCI_POLICY_NAME_LEN)

void policy_installed_print(FILE *f, const struct policy_installed *installed)
{
	char name[NAME_TEXT_LEN], state[16];
	size_t width = strlen("NAME");

	for (size_t i = 0; i < installed->nr; i++) {
		name_text(&installed->files[i], name, sizeof(name));
		if (strlen(name) > width)
			width = strlen(name);
	}
	fprintf(f, "%-*s %-8s %-7s %-9s %s\n", (int)width, "NAME", "TIER", "KIND", "STATE",
		"DESCRIPTION");
	for (size_t i = 0; i < installed->nr; i++) {
		const struct policy_file *file = &installed->files[i];

		name_text(file, name, sizeof(name));
		fprintf(f, "%-*s %-8s %-7s %-9s %s\n", (int)width, name, file->tier,
			file->is_rules ? "rules" : "object",
			state_text(file, state, sizeof(state)), text_shown(file->description));
	}
	for (size_t i = 0; i < installed->nr; i++) {
		const struct policy_file *file = &installed->files[i];

		if (file->hidden_by)
			fprintf(f, "'%s' means %s, not the %s one\n", text_shown(file->file),
				text_shown(file->hidden_by), file->tier);
	}
}

static json_t *file_to_json(const struct policy_file *file)
{
	json_t *o = json_copy(file->about);
	int err = json_object_set_new(o, "file", text_to_json(file->file));

	err |= json_object_set_new(o, "tier", json_string(file->tier));
	if (file->hidden_by)
		err |= json_object_set_new(o, "hidden_by", text_to_json(file->hidden_by));
	if (file->use != POLICY_UNUSED) {
		err |= json_object_set_new(o, "state", json_string(uses[file->use]));
		err |= json_object_set_new(o, "state_sure", json_boolean(file->sure));
	}
	if (file->differs)
		err |= json_object_set_new(o, "differs", json_true());
	if (err) {
		json_decref(o);
		return NULL;
	}
	return o;
}

int policy_installed_put(struct output *o, const struct policy_installed *installed)
{
	int err = output_list(o, "policies", "policy");

	for (size_t i = 0; !err && i < installed->nr; i++)
		err = output_item(o, file_to_json(&installed->files[i]));
	return err;
}
