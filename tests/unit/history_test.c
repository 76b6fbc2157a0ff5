// SPDX-License-Identifier: GPL-2.0
/*
 * zrec history on the recording of tests/data: its text, documents and tables, and
 * what it says of files and words that are no good
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "cmocka-all.h"
#include "fixtures.h"
#include "recording.h"
#include "run.h"
#include "schema.h"
#include "base/caps.h"
#include "serve/live-client.h"
#include "serve/served.h"

#define RECORDING	GOLDEN_DIR "/../../data/two-hosts.jsonl"

static const struct command *const commands[] = { &cmd_history, &cmd_help, NULL };
static const struct command zrec = { .name = "zrec", .doc = "x", .commands = commands };

#define RUN(...) run_command(&zrec, (char *[]){ "zrec", "history", ##__VA_ARGS__, NULL })
#define READ(...) RUN(__VA_ARGS__, "--file", RECORDING)

/* No recorder runs */
int live_client_run(void)
{
	return -ENOENT;
}

int caps_drop(void)
{
	return 0;
}

/* A command line that a client of zrec run sent */
static struct run served(char **argv)
{
	struct run r;

	setenv(SERVED_ENV, RECORDING, 1);
	r = run_command(&zrec, argv);
	unsetenv(SERVED_ENV);
	return r;
}

#define SERVE(...) served((char *[]){ "zrec", "history", ##__VA_ARGS__, NULL })

/* The years of the recording are not this one */
time_t __wrap_time(time_t *ret);
time_t __wrap_time(time_t *ret)
{
	const time_t now = 1784000000;	/* 2026-07-14 */

	if (ret)
		*ret = now;
	return now;
}

static void print_recording(FILE *f, const void *arg)
{
	(void)arg;
	recording_write(f);
}

static void the_recording_is_what_is_written_today(void **state)
{
	char *text = capture(print_recording, NULL);

	(void)state;
	assert_golden("../../data/two-hosts.jsonl", text);
	free(text);
}

static void assert_run(struct run r, int rc, const char *golden, const char *err)
{
	if (r.rc != rc || strcmp(r.err, err))
		fail_msg("exit code %d, says: %s", r.rc, r.err);
	if (golden)
		assert_golden(golden, r.out);
	end_run(&r);
}

static void text_has_the_newest_first_and_names_years(void **state)
{
	(void)state;
	assert_run(READ("--since", "2025-11-01"), 0, "history.text", "");
	assert_run(READ("--limit", "3"), 0, "history-limit.text", "");
	assert_run(READ("-v", "--policy", "isolate-flapping", "--host", "lpar1"), 0,
		   "history-policy.text", "");
	assert_run(READ("--fid", "0x77"), 0, "history-none.text", "");
}

static void a_table_is_safe_in_a_spreadsheet(void **state)
{
	(void)state;
	assert_run(READ("-f", "csv"), 0, "history.csv", "");
}

static void filters_count(void **state)
{
	static const struct {
		const char *option, *value;
		int lines;
	} filters[] = {
		{ "--fid", "0x12", 9 }, { "--driver", "vfio-pci", 9 }, { "--pec", "0x3b", 3 },
		{ "--outcome", "isolated", 3 }, { "--function", "0003:1f:1f.3", 3 },
		{ "--policy", "limits", 3 }, { "--host", "lpar1", 26 }, { "--since", "2026-01-01", 26 },
		{ "--until", "2026-01-01", 13 }, { "--limit", "5", 5 }, { "--limit", "0", 39 },
		{ "--host", "fedcba9876543210fedcba9876543210", 13 }, { "--since", "@1764000005", 39 },
		{ "--since", "tomorrow", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		struct run r = READ((char *)filters[i].option, (char *)filters[i].value, "-f", "csv");
		int lines = -1;

		for (char *c = r.out; (c = strchr(c, '\n')); c++)
			lines++;
		if (lines != filters[i].lines)
			fail_msg("%s %s: %d lines", filters[i].option, filters[i].value, lines);
		assert_int_equal(r.rc, 0);
		end_run(&r);
	}
}

static void one_recovery_is_shown_with_its_decisions(void **state)
{
	(void)state;
	assert_run(READ("show", "1"), 0, "history-show.text", "");
	assert_run(READ("show", "10"), 0, "history-show-policy.text", "");
	assert_run(READ("show", "40"), 8, NULL, "zrec: there is no recovery 40 in the history\n");
	assert_run(READ("show", "0"), 1, NULL,
		   "zrec history show: ROW is a number of the first column of zrec history, not '0'; see 'zrec history show --help'\n");
}

static void stats_count_and_find_relapses(void **state)
{
	(void)state;
	assert_run(READ("stats"), 0, "history-stats-function.text", "");
	assert_run(READ("stats", "--host", "lpar1"), 0, "history-stats-host1.text", "");
	assert_run(READ("stats", "-b", "driver"), 0, "history-stats-driver.text", "");
	assert_run(READ("stats", "-b", "pec"), 0, "history-stats-pec.text", "");
	assert_run(READ("stats", "-b", "host"), 0, "history-stats-host.text", "");
	assert_run(READ("stats", "--since", "tomorrow"), 0, "history-stats-none.text", "");
}

/* The second error is not of this PEC, and a relapse all the same */
static void a_filter_hides_no_relapse(void **state)
{
	struct run r = READ("stats", "-b", "host", "--pec", "0x4", "--host", "lpar1", "-f", "jsonl");

	(void)state;
	assert_non_null(strstr(r.out, "\"relapses\":2}"));
	end_run(&r);
	r = READ("stats", "-b", "host", "--pec", "0x4", "--host", "lpar1", "-f", "jsonl", "--relapse", "59");
	assert_non_null(strstr(r.out, "\"relapses\":0}"));
	end_run(&r);
}

/* --- documents ------------------------------------------------------------- */

static void add_document(json_t *set, const char *name, struct run r)
{
	json_t *v = json_loads(r.out, 0, NULL);

	assert_int_equal(r.rc, 0);
	assert_non_null(v);
	json_object_del(v, "meta");
	schema_add(set, name, v);
	json_decref(v);
	end_run(&r);
}

static void documents_have_the_keys_of_this_api_level(void **state)
{
	json_t *set = json_object();

	(void)state;
	add_document(set, "list", READ("-f", "json"));
	add_document(set, "show", READ("show", "10", "-f", "json"));
	add_document(set, "statsfunction", READ("stats", "-f", "json"));
	add_document(set, "statsdriver", READ("stats", "-f", "json", "-b", "driver"));
	add_document(set, "statspec", READ("stats", "-f", "json", "-b", "pec"));
	add_document(set, "check", READ("check", "-f", "json"));
	add_document(set, "statshost", READ("stats", "-f", "json", "-b", "host"));
	assert_schema("history", set);
	json_decref(set);
}

static void an_export_is_what_was_read(void **state)
{
	char *text = capture(print_recording, NULL), *was = strchr(text, '\n');
	struct run r = READ("export");

	(void)state;
	assert_int_equal(r.rc, 0);
	/* but for who wrote it when */
	assert_string_equal(strchr(r.out, '\n'), was);
	end_run(&r);
	free(text);
}

/* --- recordings of SQLite ---------------------------------------------------- */

static char *in_dir(const char *dir, const char *name)
{
	char *path;

	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	return path;
}

static void assert_imported(struct run r, const char *counts)
{
	if (r.rc || !strstr(r.out, counts))
		fail_msg("%d: %s%s", r.rc, r.out, r.err);
	end_run(&r);
}

static char *export(char *path)
{
	struct run r = RUN("export", "--file", path);
	char *text = strdup(strchr(r.out, '\n'));

	assert_int_equal(r.rc, 0);
	assert_string_equal(r.err, "");
	end_run(&r);
	return text;
}

static void what_is_imported_twice_is_there_once(void **state)
{
	char *dir = make_temp_dir(), *db = in_dir(dir, "a.db"), *other = in_dir(dir, "b.db");
	char *lines = in_dir(dir, "c.jsonl"), *text = capture(print_recording, NULL);
	char *was = strchr(text, '\n'), *now;
	struct run r;

	(void)state;
	assert_imported(RUN("import", RECORDING, "-o", db),
			": added recoveries: 39, gaps: 1, policy events: 2; there before: 0\n");
	now = export(db);
	assert_string_equal(now, was);
	free(now);
	/* The same lines, twice; then by way of another file of each kind */
	assert_imported(RUN("import", RECORDING, RECORDING, "-o", db),
			": added recoveries: 0, gaps: 0, policy events: 0; there before: 84\n");
	assert_imported(RUN("import", db, "-o", other),
			": added recoveries: 39, gaps: 1, policy events: 2; there before: 0\n");
	r = RUN("export", lines, "--file", other);
	assert_int_equal(r.rc, 0);
	end_run(&r);
	assert_imported(RUN("import", lines, other, "-o", db),
			": added recoveries: 0, gaps: 0, policy events: 0; there before: 84\n");
	now = export(db);
	assert_string_equal(now, was);
	free(now);
	free(text);
	free(db);
	free(other);
	free(lines);
	remove_temp_dir(dir);
}

/* A recording may lack the kernel's clock of them, or a program have written it */
static void policy_events_of_no_known_moment_are_kept_apart(void **state)
{
	static const char lines[] =
		"{\"meta\":{\"format\":\"zrec-history\",\"format_version\":1}}\n"
		"{\"boot\":{\"boot_id\":\"66666666-2222-4333-8444-555555555555\",\"host\":\"a\",\"machine_id\":\"0123456789abcdef0123456789abcdef\"}}\n"
		"{\"policy_event\":{\"time\":\"2026-05-23T16:00:00.000000000Z\",\"policy\":\"calm\","
		"\"what\":\"enforced\",\"code\":0,\"host\":\"a\","
		"\"boot\":\"66666666-2222-4333-8444-555555555555\"}}\n"
		"{\"policy_event\":{\"time\":\"2026-05-24T16:00:00.000000000Z\",\"policy\":\"calm\","
		"\"what\":\"enforced\",\"code\":0,\"host\":\"a\","
		"\"boot\":\"66666666-2222-4333-8444-555555555555\"}}\n";
	char *dir = make_temp_dir(), *db = in_dir(dir, "a.db"), *other = in_dir(dir, "b.db"), *now;
	char *from = in_dir(dir, "c.jsonl");
	FILE *f;

	(void)state;
	f = fopen(from, "w");
	assert_non_null(f);
	fputs(lines, f);
	assert_int_equal(fclose(f), 0);
	assert_imported(RUN("import", from, "-o", db),
			": added recoveries: 0, gaps: 0, policy events: 2; there before: 0\n");
	assert_imported(RUN("import", from, "-o", db),
			": added recoveries: 0, gaps: 0, policy events: 0; there before: 2\n");
	assert_imported(RUN("import", db, "-o", other),
			": added recoveries: 0, gaps: 0, policy events: 2; there before: 0\n");
	now = export(other);
	assert_null(strstr(now, "at_ns"));
	assert_non_null(strstr(now, "2026-05-24T16:00:00"));
	free(now);
	free(db);
	free(other);
	free(from);
	remove_temp_dir(dir);
}

/* A file is there as a whole, or nothing is, however an export ends */
static void a_killed_export_leaves_nothing(void **state)
{
	const struct rlimit no_core = { 0 }, little = { 100, 100 };
	char *dir = make_temp_dir(), *to = in_dir(dir, "a.jsonl");
	pid_t pid = fork();
	struct run r;
	int status;

	(void)state;
	assert_true(pid >= 0);
	if (!pid) {
		/* The file system says no with a signal */
		setrlimit(RLIMIT_CORE, &no_core);
		setrlimit(RLIMIT_FSIZE, &little);
		READ("export", to);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	/* It can be removed, so it is empty */
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(mkdir(dir, 0700), 0);
	/* The second one replaces the first */
	for (int i = 0; i < 2; i++) {
		r = READ("export", to);
		assert_int_equal(r.rc, 0);
		end_run(&r);
	}
	assert_int_equal(unlink(to), 0);
	assert_int_equal(rmdir(dir), 0);
	free(to);
	free(dir);
}

/* The two kinds of file are one history: every command prints the same of both */
static void both_kinds_of_file_say_the_same(void **state)
{
	static const char *const words[][2] = {
		{ "-v", "--verbose" }, { "-f", "csv" }, { "--limit", "5" }, { "--policy", "limits" },
		{ "--driver", "vfio-pci" }, { "--function", "fid:0x13" }, { "--outcome", "dropped" },
		{ "--host", "lpar1" }, { "--since", "2026-06-01" }, { "--until", "2026-01-01" },
		{ "--host", "fedcba9876543210fedcba9876543210" }, { "stats", "--host=lpar1" },
		{ "--pec", "0x4" }, { "stats", "--by=function" }, { "stats", "--by=driver" },
		{ "stats", "--by=pec" }, { "stats", "--by=host" }, { "stats", "--policy=limits" },
		{ "stats", "--outcome=failed" }, { "show", "1" }, { "show", "11" }, { "show", "30" },
	};
	char *dir = make_temp_dir(), *db = in_dir(dir, "a.db");

	(void)state;
	assert_imported(RUN("import", RECORDING, "-o", db), "added recoveries: 39");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct run a = READ((char *)words[i][0], (char *)words[i][1]);
		struct run b = RUN((char *)words[i][0], (char *)words[i][1], "--file", db);

		if (strcmp(a.out, b.out) || a.rc != b.rc || a.rc)
			fail_msg("%s %s: %d %s\n%s%d %s\n%s", words[i][0], words[i][1], a.rc, a.err,
				 a.out, b.rc, b.err, b.out);
		end_run(&a);
		end_run(&b);
	}
	free(db);
	remove_temp_dir(dir);
}

static void an_import_keeps_what_came_before_a_mistake(void **state)
{
	char *dir = make_temp_dir(), *db = in_dir(dir, "a.db"), *bad = in_dir(dir, "bad.jsonl");
	char *text = capture(print_recording, NULL), *line = text, want[600];
	struct run r;

	(void)state;
	for (int i = 0; i < 11; i++)
		line = strchr(line, '\n') + 1;
	memcpy(line, "{\"recovery\":7}", 14);
	put_file(dir, "bad.jsonl", text);
	r = RUN("import", bad, "-o", db);
	assert_int_equal(r.rc, 8);
	snprintf(want, sizeof(want), "%s:12: ", bad);
	assert_true(!strncmp(r.err, want, strlen(want)));
	end_run(&r);
	assert_imported(RUN("check", "--file", db), ": ok, recoveries: 8,");
	/* Nothing came before it: there is no file then */
	put_file(dir, "bad.jsonl", "no");
	free(db);
	db = in_dir(dir, "none.db");
	r = RUN("import", bad, "-o", db);
	assert_int_equal(r.rc, 8);
	end_run(&r);
	assert_int_equal(access(db, F_OK), -1);
	/* A file of somebody else is left alone */
	r = RUN("import", RECORDING, "-o", bad);
	assert_int_equal(r.rc, 8);
	end_run(&r);
	r = RUN("import", RECORDING);
	assert_int_equal(r.rc, 1);
	end_run(&r);
	free(text);
	free(db);
	free(bad);
	remove_temp_dir(dir);
}

static void damage_is_found_and_room_returned(void **state)
{
	char *dir = make_temp_dir(), *db = in_dir(dir, "a.db"), garbage[5000];
	struct stat st;
	struct run r;
	int fd;

	(void)state;
	assert_imported(RUN("import", RECORDING, "-o", db), "added recoveries: 39");
	assert_imported(RUN("check", "--file", db),
			": ok, recoveries: 39, hosts: 2, gaps: 1, policy events: 2, from 2025-11-24 16:00:05 to Nov 20 04:00:05.123\n");
	assert_imported(RUN("vacuum", "--file", db), " before\n");
	assert_int_equal(stat(db, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(chmod(db, 0600), 0);
	assert_imported(RUN("vacuum", "--file", db), " before\n");
	assert_int_equal(stat(db, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_imported(RUN("check", "--file", db), ": ok, recoveries: 39,");
	fd = open(db, O_RDWR);
	memset(garbage, 0xa5, sizeof(garbage));
	assert_int_equal(pwrite(fd, garbage, sizeof(garbage), st.st_size / 2), sizeof(garbage));
	close(fd);
	r = RUN("check", "--file", db);
	assert_int_equal(r.rc, 8);
	assert_true(!strncmp(r.err, db, strlen(db)));
	end_run(&r);
	r = RUN("vacuum", "--file", RECORDING);
	assert_int_equal(r.rc, 8);
	end_run(&r);
	free(db);
	remove_temp_dir(dir);
}

/* --- what is no good -------------------------------------------------------- */

static void words_that_are_not_understood_are_refused(void **state)
{
	(void)state;
	assert_run(RUN("--since", "soon"), 1, NULL,
		   "zrec history: --since is a time as \"2026-11-25 10:00\", 2026-11-25, 10:00, -2h, \"3 days ago\", today, yesterday, now or @UNIX, not 'soon'; see 'zrec history --help'\n");
	assert_run(RUN("--limit", "-1"), 1, NULL,
		   "zrec history: --limit is a number up to 4294967295, not '-1'; see 'zrec history --help'\n");
	assert_run(RUN("--host", ""), 1, NULL,
		   "zrec history: --host is a host, not ''; see 'zrec history --help'\n");
	assert_run(RUN("nvme"), 1, NULL,
		   "zrec history: there is no command 'nvme'; see 'zrec history --help'\n");
	assert_run(RUN("--fid", "1", "stats"), 1, NULL,
		   "zrec history: give the options of 'stats' after it; see 'zrec history --help'\n");
	assert_run(RUN("show"), 1, NULL,
		   "zrec history show: ROW is missing: give a number of the first column of zrec history; see 'zrec history show --help'\n");
}

static void files_that_are_no_recording_are_named(void **state)
{
	char *dir = make_temp_dir(), path[300], want[600];
	struct run r;

	(void)state;
	put_file(dir, "text", "hello\n");
	snprintf(path, sizeof(path), "%s/text", dir);
	r = RUN("--file", path);
	assert_int_equal(r.rc, 8);
	snprintf(want, sizeof(want), "%s:1: not a history; 'zrec history export' writes one\n", path);
	assert_string_equal(r.err, want);
	assert_string_equal(r.out, "");
	end_run(&r);
	r = RUN("stats", "-f", "jsonl", "--file", path);
	assert_int_equal(r.rc, 8);
	assert_non_null(strstr(r.out, "\"line\":1,\"text\":\"not a history"));
	end_run(&r);
	snprintf(path, sizeof(path), "%s/none", dir);
	r = RUN("--file", path);
	assert_int_equal(r.rc, 8);
	snprintf(want, sizeof(want), "%s: No such file or directory\n", path);
	assert_string_equal(r.err, want);
	end_run(&r);
	remove_temp_dir(dir);
}

/* Of what root may do, others get what reads the history, and nothing else */
static void what_is_run_for_others_reads_one_file(void **state)
{
	struct run r = SERVE("--limit", "1");

	(void)state;
	assert_int_equal(r.rc, EXIT_OK);
	end_run(&r);
	r = SERVE("--file", "/etc/passwd");
	assert_int_equal(r.rc, EXIT_PERMISSION);
	assert_string_equal(r.out, "");
	end_run(&r);
}

static void what_is_run_for_others_writes_no_file(void **state)
{
	char *dir = make_temp_dir(), path[PATH_MAX];
	struct run r;

	(void)state;
	snprintf(path, sizeof(path), "%s/mine", dir);
	r = SERVE("export", path);
	assert_int_equal(r.rc, EXIT_PERMISSION);
	assert_int_equal(access(path, F_OK), -1);
	end_run(&r);
	r = SERVE("import", RECORDING, "-o", path);
	assert_int_equal(r.rc, EXIT_PERMISSION);
	assert_int_equal(access(path, F_OK), -1);
	end_run(&r);
	r = SERVE("vacuum", path);
	assert_int_not_equal(r.rc, EXIT_OK);
	end_run(&r);
	remove_temp_dir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_run_for_others_reads_one_file),
		cmocka_unit_test(what_is_run_for_others_writes_no_file),
		cmocka_unit_test(the_recording_is_what_is_written_today),
		cmocka_unit_test(text_has_the_newest_first_and_names_years),
		cmocka_unit_test(a_table_is_safe_in_a_spreadsheet),
		cmocka_unit_test(filters_count),
		cmocka_unit_test(one_recovery_is_shown_with_its_decisions),
		cmocka_unit_test(stats_count_and_find_relapses),
		cmocka_unit_test(a_filter_hides_no_relapse),
		cmocka_unit_test(documents_have_the_keys_of_this_api_level),
		cmocka_unit_test(an_export_is_what_was_read),
		cmocka_unit_test(what_is_imported_twice_is_there_once),
		cmocka_unit_test(policy_events_of_no_known_moment_are_kept_apart),
		cmocka_unit_test(a_killed_export_leaves_nothing),
		cmocka_unit_test(both_kinds_of_file_say_the_same),
		cmocka_unit_test(an_import_keeps_what_came_before_a_mistake),
		cmocka_unit_test(damage_is_found_and_room_returned),
		cmocka_unit_test(words_that_are_not_understood_are_refused),
		cmocka_unit_test(files_that_are_no_recording_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
