// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/output.h"
#include "base/text.h"
#include "cmd/policy-cmd.h"

struct list {
	enum output_format format;
	struct output output;
	struct policy_state state;	/* all zero on a kernel without policies */
	size_t shown;
};

static bool is_policy_file(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && ((len > 5 && !strcmp(name + len - 5, ".conf")) ||
				  (len > 6 && !strcmp(name + len - 6, ".bpf.o")));
}

static int filter(const struct dirent *entry)
{
	return is_policy_file(entry->d_name);
}

/* What the kernel does with it now */
static const char *in_kernel(const struct list *l, const char *name)
{
	if (!strcmp(l->state.enforced.name, name))
		return l->state.enforced.ejected ? "ejected" : "enforced";
	return policy_sysfs_find(&l->state, name, true) ? "shadow" : NULL;
}

static json_t *to_json(const struct list *l, const char *tier, const struct policy_about *about)
{
	const char *state = in_kernel(l, about->name);
	json_t *o = policy_about_to_json(about);
	int err = json_object_set_new(o, "tier", json_string(tier));

	if (state)
		err |= json_object_set_new(o, "state", json_string(state));
	if (err) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static int show_file(struct list *l, const char *tier, const char *path)
{
	struct policy_about about;
	struct policy *policy;
	int err = policy_open(&policy, path, log_errors());

	if (err) {
		log_warn("%s is no policy; see 'zrec policy check'", path);
		return 0;
	}
	policy_about(policy, &about);
	l->shown++;
	if (l->format == OUTPUT_TEXT)
		printf("%-31s %-8s %-7s %-9s %s\n", text_shown(about.name), tier,
		       about.is_rules ? "rules" : "object", in_kernel(l, about.name) ?: "-",
		       text_shown(about.description));
	else
		err = output_item(&l->output, to_json(l, tier, &about));
	policy_close(policy);
	return err;
}

/* In the order of their names; no directory is no policy */
static int show_dir(struct list *l, const struct policy_dir *dir)
{
	struct dirent **entries;
	int nr = scandir(dir->path, &entries, filter, alphasort), err = 0;

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
			log_warn("%s is no file", path);
		else if (!err)
			err = show_file(l, dir->tier, path);
		free(entries[i]);
	}
	free(entries);
	return err;
}

static int show_all(struct list *l)
{
	struct policy_dir dirs[POLICY_NR_DIRS];
	int err = 0;

	policy_dirs(dirs);
	if (l->format == OUTPUT_TEXT)
		printf("%-31s %-8s %-7s %-9s %s\n", "NAME", "TIER", "KIND", "STATE", "DESCRIPTION");
	else
		err = output_open(&l->output, stdout, l->format);
	if (!err)
		err = output_list(&l->output, "policies", "policy");
	for (int i = 0; !err && i < POLICY_NR_DIRS; i++)
		err = show_dir(l, &dirs[i]);
	if (err)
		return err;
	return l->format == OUTPUT_TEXT ? output_flush(stdout) : output_close(&l->output);
}

static int run(void *args)
{
	struct list *l = args;

	/* Any machine has a list; what is in force is more where there is a hook */
	if (policy_sysfs_read(&l->state, NULL))
		memset(&l->state, 0, sizeof(l->state));
	return output_exit_code(show_all(l), EXIT_OK);
}

static const struct cli_option options[] = { CLI_FORMAT(struct list, format), { 0 } };

const struct command policy_cmd_list = {
	.name = "list",
	.summary = "policies that are installed",
	.doc = "List the policies that are installed: the stable ones, those that are being "
	       "tested, and those of this machine.",
	.page = "zrec-policy(8)",
	.options = options,
	.size = sizeof(struct list),
	.run = run,
};
