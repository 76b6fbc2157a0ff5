// SPDX-License-Identifier: GPL-2.0
/* zrec record: recoveries into a file that others can read */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/observing.h"
#include "record/names.h"
#include "rules/time.h"
#include "serve/copy.h"
#include "serve/live-client.h"
#include "serve/service.h"

struct record {
	struct observer_opts opts;	/* first, see observing.h */
	const char *file;
	uint64_t for_ns;
	uint32_t limit;			/* recoveries; 0: any number */
	struct recorder *recorder;
};

static int parse_for(void *args, const char *value)
{
	struct record *r = args;

	return rules_parse_span(value, &r->for_ns) || !r->for_ns ? -EINVAL : 0;
}

static int parse_count(void *args, const char *value)
{
	struct record *r = args;

	return name_parse_u32(value, &r->limit) || !r->limit ? -EINVAL : 0;
}

static bool has_enough(void *args)
{
	struct record *r = args;

	return r->limit && recorder_state(r->recorder)->recorded >= r->limit;
}

static uint64_t end_of(const struct record *r)
{
	return r->for_ns ? clock_ns(CLOCK_MONOTONIC) + r->for_ns : 0;
}

static int record(struct record *r, int signal_fd)
{
	const struct service service = {
		.recorder = r->recorder,
		.signal_fd = signal_fd,
		.end_ns = end_of(r),
		.done = has_enough,
		.ctx = r,
	};
	int err = service_run(&service);

	if (!err || err == -ESHUTDOWN)
		err = recorder_finish(r->recorder);
	if (err)
		log_error("cannot record in %s: %s", r->file, recorder_reason(err));
	return err;
}

static int record_ourselves(struct record *r, int signal_fd)
{
	int err = recorder_open(&r->recorder, &(struct recorder_opts){
		.observer = r->opts, .path = r->file, .once = true });

	if (!err)
		err = record(r, signal_fd);
	if (!err)
		log_info("%llu %s in %s, %llu missing",
			 (unsigned long long)recorder_state(r->recorder)->recorded,
			 text_nr(recorder_state(r->recorder)->recorded, "recovery", "recoveries"), r->file,
			 (unsigned long long)recorder_state(r->recorder)->missing);
	recorder_close(r->recorder);
	return err;
}

static int record_beside(const struct record *r, struct live_client *client, int signal_fd)
{
	const struct copy_opts opts = { r->file, signal_fd, end_of(r), r->limit };
	struct copy_result result;
	int err = copy_records(client, &opts, &result);

	if (!err)
		log_info("%llu %s in %s, beside zrec run", (unsigned long long)result.recorded,
			 text_nr(result.recorded, "recovery", "recoveries"), r->file);
	return err;
}

static int run(void *args)
{
	struct record *r = args;
	struct live_client client;
	int signal_fd, err;

	if (!r->file)
		return cli_usage_error("zrec record", "needs -o FILE");
	signal_fd = signals_open();
	if (signal_fd < 0)
		return signal_fd;
	err = live_client_open(&client);
	if (!err)
		err = record_beside(r, &client, signal_fd);
	else
		err = record_ourselves(r, signal_fd);
	live_client_close(&client);
	close(signal_fd);
	return err;
}

static const struct cli_option options[] = {
	{ 'o', "output", "FILE", "The recording, an SQLite database; added to if it is there",
	  CLI_TEXT(struct record, file), .no_stream = true },
	{ 0, "for", "TIME", "End after this time: 90s, 10m, 1h 30m (default: a signal)",
	  .parse = parse_for, .wants = "a time up to a day, as 90s or 1h 30m" },
	{ 'n', "count", "N", "End after N recoveries",
	  .parse = parse_count, .wants = "a number from 1 to 4294967295" },
	CLI_ROOM,
	CLI_RING_SIZE,
	{ 0 }
};

const struct command cmd_record = {
	.name = "record",
	.summary = "record recoveries in a file for others",
	.doc = "Record every recovery that nobody has read yet in a file, until a signal, a time or a "
	       "number of recoveries. Whoever has the file can read it, with zrec history, zrec replay "
	       "or sqlite3, on any machine.",
	.page = "zrec(8)",
	.options = options,
	.size = sizeof(struct record),
	.run = run,
};
