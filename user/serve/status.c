// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>

#include "base/clock.h"
#include "base/output.h"
#include "base/systemd.h"
#include "base/text.h"
#include "serve/status.h"

static int put(json_t *o, const char *key, json_t *value)
{
	return json_object_set_new(o, key, value);
}

static int put_time(json_t *o, const char *key, int64_t wall_ns)
{
	char when[CLOCK_TEXT_LEN];

	return wall_ns ? put(o, key, json_string(clock_utc(wall_ns, when))) : 0;
}

/* What did not come into it, and why the last entry did not */
static int put_journal(json_t *o, const struct journal_stats *stats)
{
	json_t *journal = json_object();
	int err = 0;

	err |= put(journal, "written", output_count(stats->written));
	err |= put(journal, "held_back", output_count(stats->held_back));
	err |= put(journal, "lost", output_count(stats->lost));
	if (stats->error)
		err |= put(journal, "error", json_string(systemd_journal_reason(stats->error)));
	if (err) {
		json_decref(journal);
		return err;
	}
	return put(o, "journal", journal);
}

json_t *recorder_status_to_json(const struct recorder_state *state, const struct live_stats *live,
				const char *path)
{
	json_t *o = json_object();
	int err = 0;

	err |= put(o, "pid", json_integer(getpid()));
	/* A path may be no text that JSON knows */
	err |= put(o, "history", json_string(path) ?: json_string("unknown"));
	err |= put(o, "recording", json_boolean(!state->error));
	if (state->error) {
		err |= put(o, "error", json_string(state->reason));
		err |= put_time(o, "error_since", state->error_since_ns);
	}
	err |= put(o, "recorded", output_count(state->recorded));
	err |= put(o, "missing", output_count(state->missing));
	err |= put(o, "commits", output_count(state->commits));
	err |= put_time(o, "last_commit", state->committed_ns);
	err |= put(o, "wal_bytes", output_count(state->wal_bytes));
	if (state->journal)
		err |= put_journal(o, state->journal);
	err |= put(o, "clients", output_count(live->clients));
	err |= put(o, "clients_missed", output_count(live->missed));
	err |= put(o, "clients_refused", output_count(live->refused));
	if (err) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static unsigned long long count_of(const json_t *status, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(status, key));

	return n > 0 ? (unsigned long long)n : 0;
}

static const char *text_of(const json_t *status, const char *key)
{
	return json_string_value(json_object_get(status, key)) ?: "unknown";
}

static void print_journal(FILE *f, const json_t *journal)
{
	unsigned long long held = count_of(journal, "held_back"), lost = count_of(journal, "lost");
	unsigned long long written = count_of(journal, "written");

	fprintf(f, "%-11s %llu %s", "  journal", written, text_nr(written, "entry", "entries"));
	if (held)
		fprintf(f, ", %llu held back", held);
	if (lost)
		fprintf(f, ", %llu lost", lost);
	if (json_object_get(journal, "error"))
		fprintf(f, "; %s", text_shown(text_of(journal, "error")));
	fputc('\n', f);
}

/* A document has UTC, and people have their own time */
static const char *local_time_of(const json_t *status, const char *key, char buf[CLOCK_TEXT_LEN])
{
	int64_t wall_ns;

	return clock_parse_utc(text_of(status, key), &wall_ns) ? "an unknown time" :
	       clock_local(wall_ns, buf);
}

void recorder_status_print(FILE *f, const json_t *status)
{
	char since[CLOCK_TEXT_LEN];
	unsigned long long recorded = count_of(status, "recorded");
	unsigned long long missing = count_of(status, "missing");
	unsigned long long clients = count_of(status, "clients");

	fprintf(f, "%-11s by zrec run (%llu) in %s: %llu %s", "recorded",
		count_of(status, "pid"), text_shown(text_of(status, "history")), recorded,
		text_nr(recorded, "recovery", "recoveries"));
	if (missing)
		fprintf(f, ", %llu missing", missing);
	if (clients)
		fprintf(f, "; %llu %s on", clients, text_nr(clients, "looks", "look"));
	fputc('\n', f);
	if (json_is_false(json_object_get(status, "recording")))
		fprintf(f, "%-11s since %s: %s\n", "  stopped", local_time_of(status, "error_since", since),
			text_shown(text_of(status, "error")));
	if (json_object_get(status, "journal"))
		print_journal(f, json_object_get(status, "journal"));
}
