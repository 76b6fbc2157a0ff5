// SPDX-License-Identifier: GPL-2.0
/* zrec run: records every recovery in the history, and shares them with all who look on */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/output.h"
#include "base/signals.h"
#include "base/systemd.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/observing.h"
#include "keep/history.h"
#include "policy/ejections.h"
#include "record/names.h"
#include "serve/config.h"
#include "serve/life.h"
#include "serve/live-protocol.h"
#include "serve/served.h"
#include "serve/service.h"
#include "serve/status-file.h"
#include "serve/status.h"

struct run {
	struct observer_opts opts;	/* first, see observing.h */
	const char *history;
	struct writer_limits limits;
	bool has_days;
	bool has_size;
	uint64_t open_after_ns;
	bool has_open_after;
	const char *config_file;
	bool check_config;
	struct config config;
	struct recorder *recorder;
	struct live *live;
	struct life life;
	struct status_file file;
	struct served served;
};

static int parse_keep_days(void *args, const char *value)
{
	struct run *r = args;

	r->has_days = true;
	return config_parse_keep_days(&r->limits, value);
}

static int parse_max_size(void *args, const char *value)
{
	struct run *r = args;

	r->has_size = true;
	return config_parse_max_size(&r->limits, value);
}

static int parse_open_after(void *args, const char *value)
{
	struct run *r = args;

	r->has_open_after = true;
	return config_parse_open_after(&r->open_after_ns, value);
}

/* --- the configuration --- */

static void say_good(const char *path)
{
	printf("%s: ok\n", text_shown(path));
}

/* A mistake in it is one of usage: nothing was tried */
static int read_config(struct config *config, const char *path, void (*read)(const char *path))
{
	int err = config_read(config, path, log_is_quiet() ? NULL : log_errors(), read);

	return err == -EINVAL ? EXIT_USAGE : err;
}

static int check_config(struct run *r)
{
	int err = read_config(&r->config, r->config_file, log_is_quiet() ? NULL : say_good);

	config_free(&r->config);
	return err ? err : output_exit_code(output_flush(stdout), EXIT_OK);
}

/* What an option says wins */
static struct writer_limits limits_of(const struct run *r, const struct config *config)
{
	return (struct writer_limits){
		.keep_ns = r->has_days ? r->limits.keep_ns : config->history.limits.keep_ns,
		.max_bytes = r->has_size ? r->limits.max_bytes : config->history.limits.max_bytes,
	};
}

static void use_config(struct run *r)
{
	const struct config *config = &r->config;

	r->limits = limits_of(r, config);
	if (!r->has_open_after)
		r->open_after_ns = config->journal.open_after_ns;
	if (!r->opts.functions)
		r->opts.functions = config->observe.functions;
	if (!r->opts.ring_bytes)
		r->opts.ring_bytes = config->observe.ring_bytes;
	if (!r->history)
		r->history = config->history.file;
	if (r->history)
		return;
	r->history = HISTORY_FILE;
	/* A service manager makes it, too; what fails here shows when the file is opened */
	if (mkdir(HISTORY_DIR, 0750) < 0 && errno != EEXIST)
		log_debug("cannot make " HISTORY_DIR ": %s", strerror(errno));
}

/* --- the service --- */

static json_t *status(void *args)
{
	const struct run *r = args;
	const struct live_stats live = live_stats(r->live);

	/* A zrec watch still hands over */
	if (!r->recorder)
		return json_object();
	return recorder_status_to_json(recorder_state(r->recorder), &live, r->history);
}

static int serve_history(void *args, int client)
{
	return served_start(&((struct run *)args)->served, client);
}

static int serve_clients(void *args)
{
	return live_work(((struct run *)args)->live);
}

/* For zrec policy restore, after the next boot */
static void note_ejection(const struct zrec_policy_exit *exit)
{
	char policy[ZPCI_POLICY_NAME_LEN + 1], why[sizeof(exit->text) + 1];
	int err;

	if (exit->kind != ZPCI_POLICY_EXIT_BUDGET)
		return;
	snprintf(policy, sizeof(policy), "%.*s", (int)sizeof(exit->policy), exit->policy);
	snprintf(why, sizeof(why), "%.*s", (int)sizeof(exit->text), exit->text);
	err = ejections_add(EJECTIONS_DIR, policy, why);
	if (err)
		log_error("cannot note in " EJECTIONS_DIR " that the kernel ejected %s, so it comes back after a reboot: %s",
			  text_shown(policy), strerror(-err));
}

static void share(void *args, const struct ring_record *record)
{
	const struct zrec_record *head = record->data;

	if (head->flags & ZREC_RECORD_EXIT)
		note_ejection(record->data);
	live_send(((struct run *)args)->live, record);
}

static void share_open(void *args, const struct zrec_open *open)
{
	live_send_open(((struct run *)args)->live, open);
}

static int open_recorder(struct run *r)
{
	const struct tell_opts tell = {
		.path = SYSTEMD_JOURNAL_SOCKET,
		.limits = r->config.journal.limits,
		.open_after_ns = r->open_after_ns,
		.open = share_open,
		.ctx = r,
	};
	const struct recorder_opts opts = {
		.observer = r->opts,
		.path = r->history,
		.limits = r->limits,
		.live = share,
		.meanwhile = serve_clients,
		.tell = &tell,
		.ctx = r,
	};

	return recorder_open(&r->recorder, &opts);
}

static bool differs(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) : a || b;
}

/* What can change while it runs does; what was given as an option stays */
static void take_config(struct run *r, struct config *fresh)
{
	if (differs(r->config.history.file, fresh->history.file))
		log_warn("another file of the history is used from the next start on");
	if (memcmp(&r->config.journal, &fresh->journal, sizeof(fresh->journal)))
		log_warn("what [journal] says now is used from the next start on");
	if (r->config.observe.functions != fresh->observe.functions ||
	    r->config.observe.ring_bytes != fresh->observe.ring_bytes)
		log_warn("what [observe] says now needs another observation: before the next start, 'zrec detach' ends this one");
	r->limits = limits_of(r, fresh);
	recorder_set_limits(r->recorder, &r->limits);
	/* The path that is in use belongs to the old one */
	r->config.history.limits = fresh->history.limits;
	config_free(fresh);
}

static void reload(void *args)
{
	struct run *r = args;
	struct config fresh;

	life_reloading(&r->life);
	if (read_config(&fresh, r->config_file, NULL)) {
		log_error("the configuration is not taken, and what was in force stays");
	} else {
		take_config(r, &fresh);
		log_info("the configuration was read again");
	}
	life_reloaded(&r->life);
}

static int serve(struct run *r, int signal_fd)
{
	const struct service service = {
		.recorder = r->recorder,
		.live = r->live,
		.life = &r->life,
		.file = &r->file,
		.history = r->history,
		.reload = reload,
		.ctx = r,
		.signal_fd = signal_fd,
	};
	int err;

	life_begin(&r->life, r->recorder, r->history);
	status_file_open(&r->file, LIVE_DIR);
	err = service_run(&service);
	status_file_close(&r->file);
	life_stopping();

	if (err == -ESHUTDOWN) {
		log_info("the observation was ended, by 'zrec detach' or a newer zrec");
		return 0;
	}
	if (err)
		log_error("cannot go on recording: %s", strerror(-err));
	return err;
}

static int run(void *args)
{
	struct run *r = args;
	const struct live_answers answers = { status, serve_history, r };
	int signal_fd, err, closed;

	if (r->check_config)
		return check_config(r);
	err = read_config(&r->config, r->config_file, NULL);
	if (err)
		return err;
	use_config(r);
	r->opts.heartbeat = systemd_watchdog_us() > 0;
	r->served.path = r->history;
	signal_fd = signals_open();
	if (signal_fd < 0) {
		config_free(&r->config);
		return signal_fd;
	}
	err = live_open(&r->live, LIVE_SOCKET, &answers);
	if (!err)
		err = open_recorder(r);
	if (!err)
		err = serve(r, signal_fd);
	closed = recorder_close(r->recorder);
	/* Only now: who looked on reads the ring buffer next */
	live_close(r->live);
	close(signal_fd);
	config_free(&r->config);
	return err ? err : closed;
}

static const struct cli_option options[] = {
	{ 0, "history", "FILE", "The history (default " HISTORY_FILE ")",
	  CLI_TEXT(struct run, history), .no_stream = true },
	{ 0, "keep-days", "DAYS", "Remove recoveries that are older (default 400; 0: keep them)",
	  .parse = parse_keep_days, .wants = CONFIG_WANTS_KEEP_DAYS },
	{ 0, "max-size", "MIB",
	  "Remove the oldest recoveries when the history is larger than this many MiB (default 1024; "
	  "0: let it grow)", .parse = parse_max_size, .wants = CONFIG_WANTS_MAX_SIZE },
	{ 0, "open-after", "SECONDS",
	  "Write a recovery into the journal once it has been open for so long, and again when it ends "
	  "(default 5)", .parse = parse_open_after, .wants = CONFIG_WANTS_OPEN_AFTER },
	CLI_ROOM,
	CLI_RING_SIZE,
	{ 0, "check-config", NULL, "Only check the configuration, and say all that is wrong with it",
	  CLI_FLAG(struct run, check_config) },
	{ 0 }
};

static const struct cli_option arguments[] = {
	{ .arg = "CONFIG", .help = "Instead of /etc/zrec/zrec.conf and its drop-ins; see zrec.conf(5)",
	  CLI_TEXT(struct run, config_file) },
	{ 0 }
};

const struct command cmd_run = {
	.name = "run",
	.summary = "record every recovery in the history",
	.doc = "Record every recovery, each exactly once, until SIGTERM or SIGINT, write it into the "
	       "journal, and share it with any number of zrec watch. SIGHUP reads the configuration "
	       "again. While the history cannot be written, recoveries wait in the kernel's ring "
	       "buffer.",
	.page = "zrec(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct run),
	.run = run,
};
