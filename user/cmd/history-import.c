// SPDX-License-Identifier: GPL-2.0
/* zrec history import: recordings into one recording */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "base/text.h"
#include "cmd/history-cmd.h"
#include "keep/import.h"

struct import_args {
	const char *to;
	enum output_format format;
	const char **from;
	size_t nr_from;
};

static int parse_from(void *args, const char *value)
{
	struct import_args *a = args;
	const char **from;

	if (!*value)
		return -EINVAL;
	from = array_add(&a->from, &a->nr_from, sizeof(*from));
	if (!from)
		return -ENOMEM;
	*from = value;
	return 0;
}

static int say(const struct import *i, int err)
{
	const char *why = i ? import_error(i) : NULL;

	fprintf(log_errors(), "%s\n", text_shown(why ? why : strerror(-err)));
	return err;
}

static int put_json(const struct import_args *a, const struct import_counts *c)
{
	struct output o;
	int err = output_open(&o, stdout, a->format);

	if (!err)
		err = output_value(&o, "import",
				   json_pack("{s:o, s:o, s:o, s:o, s:o}", "file", text_to_json(a->to),
					     "recoveries", output_count(c->recoveries),
					     "gaps", output_count(c->gaps),
					     "policy_events", output_count(c->policy_events),
					     "there", output_count(c->there)));
	return err ? err : output_close(&o);
}

static int put_text(const struct import_args *a, const struct import_counts *c)
{
	if (!log_is_quiet())
		printf("%s: added recoveries: %" PRIu64 ", gaps: %" PRIu64 ", policy events: %" PRIu64
		       "; there before: %" PRIu64 "\n", text_shown(a->to), c->recoveries, c->gaps,
		       c->policy_events, c->there);
	return output_flush(stdout);
}

static int import_all(const struct import_args *a, struct import *i)
{
	int err = 0;

	for (size_t n = 0; !err && n < a->nr_from; n++)
		err = import_file(i, a->from[n]);
	return err ? err : import_finish(i);
}

static int run(void *args)
{
	struct import_args *a = args;
	struct import *i = NULL;
	int err;

	if (!a->to)
		return cli_usage_error("zrec history import", "name the recording to import into with --output");
	err = import_open(&i, a->to);
	if (!err)
		err = import_all(a, i);
	if (err) {
		say(i, err);
		import_close(i);
		return err;
	}
	err = a->format == OUTPUT_TEXT ? put_text(a, import_counts(i)) :
	      put_json(a, import_counts(i));
	import_close(i);
	return output_exit_code(err, EXIT_OK);
}

static void release(void *args)
{
	free(((struct import_args *)args)->from);
}

static const struct cli_option options[] = {
	{ 'o', "output", "FILE", "The recording to import into, which is made if there is none",
	  CLI_TEXT(struct import_args, to), .no_stream = true, .complete = complete_files },
	CLI_FORMAT(struct import_args, format),
	{ 0 }
};

static const struct cli_option arguments[] = {
	{ .arg = "FILE", .wants = "a recording, or - for JSON lines of standard input",
	  .required = true, .more = true, .parse = parse_from, .complete = complete_files },
	{ 0 }
};

const struct command history_cmd_import = {
	.name = "import",
	.summary = "recordings into one recording",
	.doc = "Put recordings of any hosts, of JSON lines or SQLite, into one recording. What is "
	       "there already stays as it is, so the same file twice changes nothing.",
	.page = "zrec-history(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct import_args),
	.run = run,
	.release = release,
};
