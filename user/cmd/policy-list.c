// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "base/log.h"
#include "base/output.h"
#include "cmd/policy-cmd.h"
#include "policy/find.h"
#include "policy/installed.h"

struct list {
	enum output_format format;
};

static int show(const struct policy_installed *installed, enum output_format format)
{
	struct output o;
	int err;

	if (format == OUTPUT_TEXT) {
		policy_installed_print(stdout, installed);
		return output_flush(stdout);
	}
	err = output_open(&o, stdout, format);
	if (!err)
		err = policy_installed_put(&o, installed);
	return err ? err : output_close(&o);
}

static void say_where_none_is(void)
{
	struct policy_dir dirs[POLICY_NR_DIRS];

	policy_dirs(dirs);
	log_info("no policy is installed in %s, %s or %s", dirs[0].path, dirs[1].path, dirs[2].path);
}

static int run(void *args)
{
	const struct list *l = args;
	struct policy_installed installed;
	int err = policy_installed_read(&installed);

	if (err)
		log_error("cannot list the policies: %s", strerror(-err));
	else
		err = output_exit_code(show(&installed, l->format), EXIT_OK);
	if (err == EXIT_OK && !installed.nr)
		say_where_none_is();
	policy_installed_free(&installed);
	return err;
}

static const struct cli_option options[] = { CLI_FORMAT(struct list, format), { 0 } };

const struct command policy_cmd_list = {
	.name = "list",
	.summary = "policies that are installed",
	.doc = "List the policies that are installed, by the names that the other commands want: "
	       "the stable ones, those that are being tested, and those of this machine.",
	.page = "zrec-policy(8)",
	.options = options,
	.size = sizeof(struct list),
	.run = run,
};
