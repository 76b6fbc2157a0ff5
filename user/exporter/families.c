// SPDX-License-Identifier: GPL-2.0
#include "exporter/families.h"
#include "exporter/snapshot.h"
#include "exporter/buckets.h"

#define NAME(id, n)		[id] = { .name = "zrec_" n
#define LABELS(...)		.labels = { __VA_ARGS__ }
#define COUNTER(h)		, .type = FAMILY_COUNTER, .help = h
#define GAUGE(h)		, .type = FAMILY_GAUGE, .help = h
#define INFO(h)			, .type = FAMILY_INFO, .help = h
#define SECONDS(t, h)		, .type = t, .unit = "seconds", .help = h
#define BYTES(h)		, .type = FAMILY_GAUGE, .unit = "bytes", .help = h

static const struct family families[NR_FAMILIES] = {
	NAME(F_OBSERVER_UP, "observer_up")
		GAUGE("1 if recoveries are observed and their sums can be read.") },
	NAME(F_OBSERVER_STATE, "observer_state")
		GAUGE("1 for the state that the observation is in: observing, none, taking_over (from an older zrec), other_version, no_permission, unreadable."),
		LABELS("state") },
	NAME(F_OBSERVATION, "observation")
		INFO("How this kernel is observed, and the version of the zrec that began."),
		LABELS("tier", "version") },
	NAME(F_OBSERVATION_START, "observation_start_time_seconds")
		SECONDS(FAMILY_GAUGE, "When the observation began. Counters of recoveries begin at 0 then.") },
	NAME(F_HOOK, "observer_hook")
		GAUGE("1 if the observation is attached to the tracepoint. A removed link is noticed while the recorder runs."),
		LABELS("tracepoint") },
	NAME(F_EMITTED, "observer_recoveries_emitted")
		COUNTER("Recoveries that ended: delivered, or lost.") },
	NAME(F_DELIVERED, "observer_recoveries_delivered")
		COUNTER("Recoveries that were put into the ring buffer.") },
	NAME(F_LOST, "observer_recoveries_lost")
		COUNTER("Recoveries that the observation lost, by reason."), LABELS("reason") },
	NAME(F_UNSUMMED, "observer_recoveries_unsummed")
		COUNTER("Recoveries that are missing in a sum, by the table that had no room."),
		LABELS("table") },
	NAME(F_JOINED, "observer_events_joined")
		COUNTER("Error events that joined a recovery under way.") },
	NAME(F_EVENT_RECORDS_LOST, "observer_event_records_lost")
		COUNTER("Error events that were not announced, since the ring buffer was full.") },
	NAME(F_READ_FAILURES, "observer_error_read_failures")
		COUNTER("Reads of an error by user space that failed.") },
	NAME(F_MEDIATIONS_STARTED, "observer_mediation_starts")
		COUNTER("How often user space began to drive recoveries of a function.") },
	NAME(F_MEDIATIONS_STOPPED, "observer_mediation_stops")
		COUNTER("How often user space ended to drive recoveries of a function.") },

	NAME(F_RECOVERIES, "recoveries")
		COUNTER("Recoveries by function and outcome, at 0 for each function of this host."),
		LABELS("fid", "outcome") },
	NAME(F_FUNCTION_PEC, "function_pec_recoveries")
		COUNTER("Recoveries by function, PEC and outcome, for what happened so far."),
		LABELS("fid", "pec", "outcome") },
	NAME(F_PEC_RECOVERIES, "pec_recoveries")
		COUNTER("Recoveries by PEC and outcome, at 0 for each PEC that has a name."),
		LABELS("pec", "outcome") },
	NAME(F_DURATION, "recovery_duration_seconds")
		SECONDS(FAMILY_HISTOGRAM, "How long recoveries took, by driver, at 0 for each driver that is bound."),
		LABELS("driver") },
	NAME(F_PEC_DURATION, "pec_recovery_duration_seconds")
		SECONDS(FAMILY_HISTOGRAM, "How long recoveries took, by PEC."), LABELS("pec") },
	NAME(F_FUNCTION_DURATION, "function_recovery_duration_seconds")
		SECONDS(FAMILY_SUMMARY, "How long recoveries took, by function: count and sum."),
		LABELS("fid") },
	NAME(F_STEP_DURATION, "step_duration_seconds")
		SECONDS(FAMILY_HISTOGRAM, "How long a step of recoveries took, by driver, with every second bound."),
		LABELS("driver", "step") },
	NAME(F_OPEN, "open_recoveries")
		GAUGE("Recoveries without an outcome yet, by the step they are in."), LABELS("step") },
	NAME(F_OPEN_OLDEST, "open_recovery_oldest_seconds")
		SECONDS(FAMILY_GAUGE, "Age of the oldest open recovery, 0 if there is none.") },
	NAME(F_OPEN_AGE, "open_recovery_age_seconds")
		SECONDS(FAMILY_GAUGE, "Age of the oldest open recovery of a function."), LABELS("fid") },
	NAME(F_OPEN_STEP_AGE, "open_recovery_step_age_seconds")
		SECONDS(FAMILY_GAUGE, "How long the oldest open recovery of a function has been in its step."),
		LABELS("fid", "step") },
	NAME(F_OPEN_DEADLINE, "open_recovery_deadline_seconds")
		SECONDS(FAMILY_GAUGE, "What is left of a policy's deadline for user space."), LABELS("fid") },

	NAME(F_FUNCTION, "function")
		INFO("What a FID is: join it by \"* on (instance, fid) group_left(driver) zrec_function_info\"."),
		LABELS("fid", "uid", "pchid", "pci_address", "driver") },
	NAME(F_FUNCTIONS, "functions") GAUGE("Functions that this host has.") },
	NAME(F_FUNCTIONS_UNLABELLED, "functions_without_labels")
		GAUGE("Functions whose recoveries are under fid=\"other\", as there are too many.") },
	NAME(F_MEDIATED, "function_mediated")
		GAUGE("1 if user space drives recoveries of the function, through vfio."), LABELS("fid") },
	NAME(F_ERROR_EVENTS, "function_error_events")
		COUNTER("Error events of the function since it was configured, as the kernel counts them."),
		LABELS("fid") },
	NAME(F_PENDING, "function_pending_errors")
		GAUGE("Errors of the function that user space has not read."), LABELS("fid") },
	NAME(F_PENDING_OVERFLOW, "function_pending_overflow")
		COUNTER("Errors of the function that found no room in the queue for user space."),
		LABELS("fid") },

	NAME(F_POLICY_SUPPORTED, "policy_supported")
		GAUGE("1 if this kernel can ask policies.") },
	NAME(F_POLICY_ENABLED, "policy_enabled")
		GAUGE("1 unless the kill switch of policies was used.") },
	NAME(F_POLICIES, "policies")
		GAUGE("Policies that the kernel has, by mode."), LABELS("mode") },
	NAME(F_POLICY, "policy")
		INFO("A policy that the kernel has."), LABELS("policy", "mode") },
	NAME(F_POLICY_SINCE, "policy_start_time_seconds")
		SECONDS(FAMILY_GAUGE, "When the policy was registered."), LABELS("policy", "mode") },
	NAME(F_POLICY_DECISIONS, "policy_decisions")
		COUNTER("Decisions that the policy was asked for."), LABELS("policy", "mode") },
	NAME(F_POLICY_DISAGREEMENTS, "policy_disagreements")
		COUNTER("Answers of the policy that differ from what the kernel does by itself."),
		LABELS("policy", "mode") },
	NAME(F_POLICY_DISAGREEMENTS_BY, "policy_member_disagreements")
		COUNTER("The same by member, default and verdict, for what happened so far."),
		LABELS("policy", "mode", "member", "default", "verdict") },
	NAME(F_POLICY_CLAMPS, "policy_clamps")
		COUNTER("Illegal answers of the policy that the kernel replaced by the default."),
		LABELS("policy", "mode") },
	NAME(F_CLAMPS, "clamps")
		COUNTER("Illegal answers of all policies since boot, for what happened so far."),
		LABELS("member", "verdict") },
	NAME(F_POLICY_BUDGET, "policy_budget_left")
		GAUGE("What is left of a budget of the policy in the window that runs."),
		LABELS("policy", "mode", "budget") },
	NAME(F_POLICY_WINDOW, "policy_budget_window_seconds")
		SECONDS(FAMILY_GAUGE, "Length of the window of the policy's budgets."), LABELS("policy", "mode") },
	NAME(F_POLICY_EJECTED, "policy_ejected")
		GAUGE("1 if the kernel has ejected the policy, which is not asked any more."),
		LABELS("policy", "mode") },
	NAME(F_POLICY_EXITS, "policy_exits")
		COUNTER("Policies that ended since the observation began.") },
	NAME(F_POLICY_EXITS_LOST, "policy_exits_lost")
		COUNTER("Ends of policies that found no room in the ring buffer.") },
	NAME(F_POLICY_LAST_EXIT, "policy_last_exit_time_seconds")
		SECONDS(FAMILY_GAUGE, "When and how the policy that ended last did so."),
		LABELS("policy", "kind") },
	NAME(F_EXPERIMENT_ARM, "experiment_arm")
		INFO("The arm of an experiment that a function is in. The recorder knows."),
		LABELS("fid", "experiment", "arm") },

	NAME(F_RECORDER_UP, "recorder_up")
		GAUGE("1 if a recorder runs (its status file is there, and its process).") },
	NAME(F_RECORDER_START, "recorder_start_time_seconds")
		SECONDS(FAMILY_GAUGE, "When the recorder began. Its counters begin at 0 then.") },
	NAME(F_RECORDER_STATUS_AGE, "recorder_status_age_seconds")
		SECONDS(FAMILY_GAUGE, "How long ago the recorder replaced its status file.") },
	NAME(F_RECORDER_LIFE_AGE, "recorder_last_life_age_seconds")
		SECONDS(FAMILY_GAUGE, "How long ago a sign of life came from the kernel's programs to the recorder.") },
	NAME(F_RECORDER_RECORDING, "recorder_recording")
		GAUGE("1 if the recorder can write the history.") },
	NAME(F_RECORDER_ERROR, "recorder_error")
		INFO("Why the history cannot be written."), LABELS("error") },
	NAME(F_RECORDER_RECORDED, "recorder_recoveries")
		COUNTER("Recoveries that this recorder has committed.") },
	NAME(F_RECORDER_MISSING, "recorder_recoveries_missing")
		COUNTER("Recoveries that are known to be missing in the history, since this recorder began.") },
	NAME(F_RECORDER_GAPS, "recorder_gap_recoveries")
		COUNTER("The same by reason."), LABELS("reason") },
	NAME(F_RECORDER_COMMITS, "recorder_commits") COUNTER("Batches that were committed.") },
	NAME(F_RECORDER_LAST_COMMIT, "recorder_last_commit_timestamp_seconds")
		SECONDS(FAMILY_GAUGE, "When the recorder committed last.") },
	NAME(F_RECORDER_ROWS, "recorder_history_recoveries") GAUGE("Recoveries in the history.") },
	NAME(F_RECORDER_LAG, "recorder_lag_records")
		GAUGE("Records that wait in the ring buffer.") },
	NAME(F_RECORDER_FILE, "recorder_history_bytes") BYTES("Size of the history.") },
	NAME(F_RECORDER_WAL, "recorder_wal_bytes")
		BYTES("Size of what SQLite has not put into the history's file yet.") },
	NAME(F_RECORDER_CLIENTS, "recorder_clients") GAUGE("Commands that look on.") },
	NAME(F_RECORDER_CLIENTS_MISSED, "recorder_clients_missed")
		COUNTER("Records that a command which looked on was too slow for.") },
	NAME(F_RECORDER_CLIENTS_REFUSED, "recorder_clients_refused")
		COUNTER("Commands that found no place to look on.") },

	NAME(F_BUILD, "build") INFO("Version of this zrec-exporter."), LABELS("version") },
	NAME(F_COLLECTED, "exporter_collected_timestamp_seconds")
		SECONDS(FAMILY_GAUGE, "When these values were read; tells of a text file that nobody writes any more.") },
	NAME(F_SOURCE, "exporter_source_up")
		GAUGE("1 if the source could be read, or does not exist on this host."), LABELS("source") },
};

const struct family *family_of(enum family_id id)
{
	return &families[id];
}

unsigned int family_nr_labels(const struct family *family)
{
	unsigned int n = 0;

	while (family->labels[n])
		n++;
	return n;
}

const char *family_type_name(enum family_type type)
{
	static const char *const names[] = {
		[FAMILY_COUNTER] = "counter",
		[FAMILY_GAUGE] = "gauge",
		[FAMILY_INFO] = "info",
		[FAMILY_HISTOGRAM] = "histogram",
		[FAMILY_SUMMARY] = "summary",
	};

	return names[type];
}

const char *family_suffix(const struct family *family)
{
	return family->type == FAMILY_COUNTER ? "_total" : family->type == FAMILY_INFO ? "_info" : "";
}

static void print_family(FILE *f, const struct family *family)
{
	unsigned int n = family_nr_labels(family);

	fprintf(f, "| `%s%s` | %s | ", family->name, family_suffix(family),
		family_type_name(family->type));
	for (unsigned int i = 0; i < n; i++)
		fprintf(f, "%s`%s`", i ? ", " : "", family->labels[i]);
	fprintf(f, "%s| %s |\n", n ? " " : "", family->help);
}

static void print_bounds(FILE *f)
{
	char le[BUCKETS_LE_LEN];

	for (unsigned int i = 0; i < BUCKETS_NR; i++)
		fprintf(f, "%s%s`%s`", i ? "," : "", !i ? "" : i % 8 ? " " : "\n", buckets_le(i, le));
	fputs(".\n", f);
}

void families_print(FILE *f)
{
	static const struct {
		enum family_id first;
		const char *title;
	} parts[] = {
		{ F_OBSERVER_UP, "The observation" },
		{ F_RECOVERIES, "Recoveries" },
		{ F_FUNCTION, "Functions" },
		{ F_POLICY_SUPPORTED, "Policies" },
		{ F_RECORDER_UP, "The recorder" },
		{ F_BUILD, "The exporter" },
	};
	unsigned int part = 0;

	fputs("# Metrics\n\n"
	      "What `zrec-exporter` exports. It prints this page itself (`zrec-exporter --list-metrics`), from the\n"
	      "table that it emits by; zrec-exporter(8) says how to scrape it.\n\n"
	      "A counter begins at 0 with the observation, or with what its text names: that is a reset, which\n"
	      "Prometheus understands. Until then it never falls. A `fid` is as in `0x11`, a `pec` as in `0x3a`.\n"
	      "What can be known of a function beyond its FID is on `zrec_function_info`.\n", f);
	for (unsigned int i = 0; i < NR_FAMILIES; i++) {
		if (part < sizeof(parts) / sizeof(parts[0]) && parts[part].first == i)
			fprintf(f, "\n## %s\n\n| name | type | labels | |\n|---|---|---|---|\n",
				parts[part++].title);
		print_family(f, &families[i]);
	}
	fputs("\n## Bounds of histograms\n\n"
	      "In seconds. Each is one nanosecond less than a power of two, where a bucket of the kernel's histograms\n"
	      "ends, so the counts are exact. Steps have every second one.\n\n", f);
	print_bounds(f);
	fprintf(f, "\n## How many series\n\n"
		"At most %u, whatever happens: %u functions with labels of their own (`--functions`; the rest is under\n"
		"`fid=\"other\"`), %u drivers, and each PEC that has a name, with room for %u more. A host with 16 functions\n"
		"of two drivers has about 500 while nothing has happened yet.\n",
		snapshot_max_series(SNAPSHOT_FUNCTIONS), SNAPSHOT_FUNCTIONS, SNAPSHOT_DRIVERS,
		SNAPSHOT_OTHER_PECS);
}
