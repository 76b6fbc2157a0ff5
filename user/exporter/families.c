// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "base/array.h"
#include "exporter/buckets.h"
#include "exporter/families.h"
#include "exporter/snapshot.h"
#include "serve/config.h"

static const struct family families[NR_FAMILIES] = {
	[F_OBSERVER_UP] = { "zrec_observer_up", FAMILY_GAUGE,
		"1 if recoveries are observed and their sums can be read." },
	[F_OBSERVER_STATE] = { "zrec_observer_state", FAMILY_GAUGE,
		"1 for the state that the observation is in: observing, none, taking_over (from an older zrec), other_version, no_permission, unreadable.",
		{ "state" } },
	[F_OBSERVATION] = { "zrec_observation", FAMILY_INFO,
		"How this kernel is observed, and the version of the zrec that began.",
		{ "tier", "version" } },
	[F_OBSERVATION_START] = { "zrec_observation_start_time_seconds", FAMILY_GAUGE,
		"When the observation began. Counters of recoveries begin at 0 then." },
	[F_HOOK] = { "zrec_observer_hook", FAMILY_GAUGE,
		"1 if the observation is attached to the tracepoint. A removed link is noticed while the recorder runs.",
		{ "tracepoint" } },
	[F_EMITTED] = { "zrec_observer_recoveries_emitted", FAMILY_COUNTER,
		"Recoveries that ended: delivered, or lost." },
	[F_DELIVERED] = { "zrec_observer_recoveries_delivered", FAMILY_COUNTER,
		"Recoveries that were put into the ring buffer." },
	[F_LOST] = { "zrec_observer_recoveries_lost", FAMILY_COUNTER,
		"Recoveries that the observation lost, by reason.", { "reason" } },
	[F_UNSUMMED] = { "zrec_observer_recoveries_unsummed", FAMILY_COUNTER,
		"Recoveries that are missing in a sum, by the table that had no room.", { "table" } },
	[F_JOINED] = { "zrec_observer_events_joined", FAMILY_COUNTER,
		"Error events that joined a recovery under way." },
	[F_EVENT_RECORDS_LOST] = { "zrec_observer_event_records_lost", FAMILY_COUNTER,
		"Error events that were not announced, since the ring buffer was full." },
	[F_READ_FAILURES] = { "zrec_observer_error_read_failures", FAMILY_COUNTER,
		"Reads of an error by user space that failed." },
	[F_MEDIATIONS_STARTED] = { "zrec_observer_mediation_starts", FAMILY_COUNTER,
		"How often user space began to drive recoveries of a function." },
	[F_MEDIATIONS_STOPPED] = { "zrec_observer_mediation_stops", FAMILY_COUNTER,
		"How often user space ended to drive recoveries of a function." },

	[F_RECOVERIES] = { "zrec_recoveries", FAMILY_COUNTER,
		"Recoveries by function and outcome, at 0 for each function of this host.",
		{ "fid", "outcome" } },
	[F_FUNCTION_PEC] = { "zrec_function_pec_recoveries", FAMILY_COUNTER,
		"Recoveries by function, PEC and outcome, for what happened so far.",
		{ "fid", "pec", "outcome" } },
	[F_PEC_RECOVERIES] = { "zrec_pec_recoveries", FAMILY_COUNTER,
		"Recoveries by PEC and outcome, at 0 for each PEC that has a name.", { "pec", "outcome" } },
	[F_DURATION] = { "zrec_recovery_duration_seconds", FAMILY_HISTOGRAM,
		"How long recoveries took, by driver, at 0 for each driver that is bound.", { "driver" } },
	[F_PEC_DURATION] = { "zrec_pec_recovery_duration_seconds", FAMILY_HISTOGRAM,
		"How long recoveries took, by PEC.", { "pec" } },
	[F_FUNCTION_DURATION] = { "zrec_function_recovery_duration_seconds", FAMILY_SUMMARY,
		"How long recoveries took, by function: count and sum.", { "fid" } },
	[F_STEP_DURATION] = { "zrec_step_duration_seconds", FAMILY_HISTOGRAM,
		"How long a step of recoveries took, by driver, with every second bound.",
		{ "driver", "step" } },
	[F_OPEN] = { "zrec_open_recoveries", FAMILY_GAUGE,
		"Recoveries without an outcome yet, by the step they are in.", { "step" } },
	[F_OPEN_OLDEST] = { "zrec_open_recovery_oldest_seconds", FAMILY_GAUGE,
		"Age of the oldest open recovery, 0 if there is none." },
	[F_OPEN_AGE] = { "zrec_open_recovery_age_seconds", FAMILY_GAUGE,
		"Age of the oldest open recovery of a function.", { "fid" } },
	[F_OPEN_STEP_AGE] = { "zrec_open_recovery_step_age_seconds", FAMILY_GAUGE,
		"How long the oldest open recovery of a function has been in its step.", { "fid", "step" } },
	[F_OPEN_DEADLINE] = { "zrec_open_recovery_deadline_seconds", FAMILY_GAUGE,
		"What is left of a policy's deadline for user space.", { "fid" } },

	[F_FUNCTION] = { "zrec_function", FAMILY_INFO,
		"What a FID is: join it by \"* on (instance, fid) group_left(driver) zrec_function_info\".",
		{ "fid", "uid", "pchid", "pci_address", "driver" } },
	[F_FUNCTIONS] = { "zrec_functions", FAMILY_GAUGE,
		"Functions that this host has." },
	[F_FUNCTIONS_UNLABELLED] = { "zrec_functions_without_labels", FAMILY_GAUGE,
		"Functions whose recoveries are under fid=\"other\", as there are too many." },
	[F_MEDIATED] = { "zrec_function_mediated", FAMILY_GAUGE,
		"1 if user space drives recoveries of the function, through vfio.", { "fid" } },
	[F_ERROR_EVENTS] = { "zrec_function_error_events", FAMILY_COUNTER,
		"Error events of the function since it was configured, as the kernel counts them.",
		{ "fid" } },
	[F_PENDING] = { "zrec_function_pending_errors", FAMILY_GAUGE,
		"Errors of the function that user space has not read.", { "fid" } },
	[F_PENDING_OVERFLOW] = { "zrec_function_pending_overflow", FAMILY_COUNTER,
		"Errors of the function that found no room in the queue for user space.", { "fid" } },

	[F_POLICY_SUPPORTED] = { "zrec_policy_supported", FAMILY_GAUGE,
		"1 if this kernel can ask policies." },
	[F_POLICY_ENABLED] = { "zrec_policy_enabled", FAMILY_GAUGE,
		"1 unless the kill switch of policies was used." },
	[F_POLICIES] = { "zrec_policies", FAMILY_GAUGE,
		"Policies that the kernel has, by mode.", { "mode" } },
	[F_POLICY] = { "zrec_policy", FAMILY_INFO,
		"A policy that the kernel has.", { "policy", "mode" } },
	[F_POLICY_WANTED] = { "zrec_policy_wanted", FAMILY_INFO,
		"A policy that policy.conf wants in the kernel after each boot.", { "policy", "mode" } },
	[F_POLICY_SINCE] = { "zrec_policy_start_time_seconds", FAMILY_GAUGE,
		"When the policy was registered.", { "policy", "mode" } },
	[F_POLICY_DECISIONS] = { "zrec_policy_decisions", FAMILY_COUNTER,
		"Decisions that the policy was asked for.", { "policy", "mode" } },
	[F_POLICY_DISAGREEMENTS] = { "zrec_policy_disagreements", FAMILY_COUNTER,
		"Answers of the policy that differ from what the kernel does by itself.",
		{ "policy", "mode" } },
	[F_POLICY_DISAGREEMENTS_BY] = { "zrec_policy_member_disagreements", FAMILY_COUNTER,
		"The same by member, default and verdict, for what happened so far.",
		{ "policy", "mode", "member", "default", "verdict" } },
	[F_POLICY_CLAMPS] = { "zrec_policy_clamps", FAMILY_COUNTER,
		"Illegal answers of the policy that the kernel replaced by the default.",
		{ "policy", "mode" } },
	[F_CLAMPS] = { "zrec_clamps", FAMILY_COUNTER,
		"Illegal answers of all policies since boot, for what happened so far.",
		{ "member", "verdict" } },
	[F_POLICY_BUDGET] = { "zrec_policy_budget_left", FAMILY_GAUGE,
		"What is left of a budget of the policy in the window that runs.",
		{ "policy", "mode", "budget" } },
	[F_POLICY_WINDOW] = { "zrec_policy_budget_window_seconds", FAMILY_GAUGE,
		"Length of the window of the policy's budgets.", { "policy", "mode" } },
	[F_POLICY_EJECTED] = { "zrec_policy_ejected", FAMILY_GAUGE,
		"1 if the kernel has ejected the policy, which is not asked any more.",
		{ "policy", "mode" } },
	[F_POLICY_EJECTIONS] = { "zrec_policy_ejections", FAMILY_COUNTER,
		"Policies that the kernel ejected since the recorder began, which saw it; 0 without a recorder." },
	[F_POLICY_EXITS] = { "zrec_policy_exits", FAMILY_COUNTER,
		"Policies that ended since the observation began." },
	[F_POLICY_EXITS_LOST] = { "zrec_policy_exits_lost", FAMILY_COUNTER,
		"Ends of policies that found no room in the ring buffer." },
	[F_POLICY_LAST_EXIT] = { "zrec_policy_last_exit_time_seconds", FAMILY_GAUGE,
		"When and how the policy that ended last did so.", { "policy", "kind" } },
	[F_EXPERIMENT_ARM] = { "zrec_experiment_arm", FAMILY_INFO,
		"The arm of an experiment that a function is in. The recorder knows.",
		{ "fid", "experiment", "arm" } },
	[F_EXPERIMENT_RECOVERIES] = { "zrec_experiment_recoveries", FAMILY_COUNTER,
		"Recoveries that count in an experiment, by PCHID, which shares an arm (\"fid:0x11\" of a function without one).",
		{ "experiment", "arm", "pchid", "outcome" } },
	[F_EXPERIMENT_RELAPSES] = { "zrec_experiment_relapses", FAMILY_COUNTER,
		"Recovered ones of these that another error of the function followed within five minutes.",
		{ "experiment", "arm", "pchid" } },
	[F_EXPERIMENT_DURATION] = { "zrec_experiment_recovery_duration_seconds", FAMILY_HISTOGRAM,
		"How long those took that recovered.", { "experiment", "arm" } },

	[F_RECORDER_UP] = { "zrec_recorder_up", FAMILY_GAUGE,
		"1 if a recorder runs (its status file is there, and its process)." },
	[F_RECORDER_START] = { "zrec_recorder_start_time_seconds", FAMILY_GAUGE,
		"When the recorder began. Its counters begin at 0 then." },
	[F_RECORDER_STATUS_AGE] = { "zrec_recorder_status_age_seconds", FAMILY_GAUGE,
		"How long ago the recorder replaced its status file." },
	[F_RECORDER_LIFE_AGE] = { "zrec_recorder_last_life_age_seconds", FAMILY_GAUGE,
		"How long ago a sign of life came from the kernel's programs to the recorder." },
	[F_RECORDER_RECORDING] = { "zrec_recorder_recording", FAMILY_GAUGE,
		"1 if the recorder can write the history." },
	[F_RECORDER_ERROR] = { "zrec_recorder_error", FAMILY_INFO,
		"Why the history cannot be written.", { "error" } },
	[F_RECORDER_RECORDED] = { "zrec_recorder_recoveries", FAMILY_COUNTER,
		"Recoveries that this recorder has committed." },
	[F_RECORDER_MISSING] = { "zrec_recorder_recoveries_missing", FAMILY_COUNTER,
		"Recoveries that are known to be missing in the history, since this recorder began." },
	[F_RECORDER_GAPS] = { "zrec_recorder_gap_recoveries", FAMILY_COUNTER,
		"The same by reason.", { "reason" } },
	[F_RECORDER_COMMITS] = { "zrec_recorder_commits", FAMILY_COUNTER,
		"Batches that were committed." },
	[F_RECORDER_LAST_COMMIT] = { "zrec_recorder_last_commit_timestamp_seconds", FAMILY_GAUGE,
		"When the recorder committed last." },
	[F_RECORDER_LAG] = { "zrec_recorder_lag_records", FAMILY_GAUGE,
		"Records that wait in the ring buffer." },
	[F_RECORDER_FILE] = { "zrec_recorder_history_bytes", FAMILY_GAUGE,
		"Size of the history." },
	[F_RECORDER_WAL] = { "zrec_recorder_wal_bytes", FAMILY_GAUGE,
		"Size of what SQLite has not put into the history's file yet." },
	[F_RECORDER_CLIENTS] = { "zrec_recorder_clients", FAMILY_GAUGE,
		"Commands that look on." },
	[F_RECORDER_CLIENTS_MISSED] = { "zrec_recorder_clients_missed", FAMILY_COUNTER,
		"Records that a command which looked on was too slow for." },
	[F_RECORDER_CLIENTS_REFUSED] = { "zrec_recorder_clients_refused", FAMILY_COUNTER,
		"Commands that found no place to look on." },
	[F_RECORDER_JOURNAL] = { "zrec_recorder_journal_entries", FAMILY_COUNTER,
		"Entries for the journal: written, held back by the limits of zrec.conf, or lost, as it did not take them.",
		{ "result" } },

	[F_ACTIONS_UP] = { "zrec_actions_up", FAMILY_GAUGE,
		"1 if zrec actions runs." },
	[F_ACTIONS_CONNECTED] = { "zrec_actions_connected", FAMILY_GAUGE,
		"1 if zrec actions hears from a recorder." },
	[F_ACTIONS_MISSED] = { "zrec_actions_records_missed", FAMILY_COUNTER,
		"Records of the recorder that did not come to zrec actions, so that no command ran." },
	[F_ACTION_COMMANDS] = { "zrec_action_commands", FAMILY_COUNTER,
		"Commands that have ended, by action and how, since zrec actions began.",
		{ "action", "result" } },
	[F_ACTION_DROPS] = { "zrec_action_events_dropped", FAMILY_COUNTER,
		"Events that no command ran for, by action and reason.", { "action", "reason" } },
	[F_ACTION_RUNNING] = { "zrec_action_commands_running", FAMILY_GAUGE,
		"Commands that run.", { "action" } },
	[F_ACTION_QUEUED] = { "zrec_action_events_queued", FAMILY_GAUGE,
		"Events that wait for their command.", { "action" } },

	[F_BUILD] = { "zrec_build", FAMILY_INFO,
		"Version of this zrec-exporter.", { "version" } },
	[F_COLLECTED] = { "zrec_exporter_collected_timestamp_seconds", FAMILY_GAUGE,
		"When these values were read; tells of a text file that nobody writes any more." },
	[F_SOURCE] = { "zrec_exporter_source_up", FAMILY_GAUGE,
		"1 if the source could be read, or does not exist on this host.", { "source" } },
	[F_REQUESTS] = { "zrec_exporter_requests", FAMILY_COUNTER,
		"Requests by the status that they were answered with, since the exporter began.", { "status" } },
	[F_PASSWORDS] = { "zrec_exporter_password_checks", FAMILY_COUNTER,
		"Passwords that were right, wrong, or refused unseen, as too many were wrong. A right one is remembered.",
		{ "result" } },
	[F_SLOW] = { "zrec_exporter_slow_clients", FAMILY_COUNTER,
		"Connections that were ended, since a request needed too long." },
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

const char *family_unit(const struct family *family)
{
	const char *word = strrchr(family->name, '_') + 1;

	return !strcmp(word, "seconds") || !strcmp(word, "bytes") ? word : NULL;
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
		{ F_EXPERIMENT_ARM, "Experiments" },
		{ F_RECORDER_UP, "The recorder" },
		{ F_ACTIONS_UP, "Actions" },
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
		if (part < ARRAY_SIZE(parts) && parts[part].first == i)
			fprintf(f, "\n## %s\n\n| name | type | labels | |\n|---|---|---|---|\n",
				parts[part++].title);
		print_family(f, &families[i]);
	}
	fputs("\n## Bounds of histograms\n\n"
	      "In seconds. Each is one nanosecond less than a power of two, where a bucket of the kernel's histograms\n"
	      "ends, so the counts are exact. Steps have every second one.\n\n", f);
	print_bounds(f);
	fputs("\nNative histograms are not exported. Their bounds are powers of two of a second, and those of the kernel's\n"
	      "histograms are powers of two of a nanosecond, so no count would be exact any more. A Prometheus that is told\n"
	      "`convert_classic_histograms_to_nhcb: true` in its scrape job makes native histograms of these buckets, with\n"
	      "these bounds and one series each.\n", f);
	fprintf(f, "\n## How many series\n\n"
		"At most %u, whatever happens: %u functions with labels of their own (`--functions`; the rest is under\n"
		"`fid=\"other\"`), %u drivers, and each PEC that has a name, with room for %u more. A host with 16 functions\n"
		"of two drivers has about 500 while nothing has happened yet.\n",
		snapshot_max_series(CONFIG_FUNCTIONS), CONFIG_FUNCTIONS, SNAPSHOT_DRIVERS,
		SNAPSHOT_OTHER_PECS);
}
