// SPDX-License-Identifier: GPL-2.0
/* What the recorder says to a service manager, with a socket of the test's own as the manager */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "cmocka-all.h"
#include "fake-journal.h"
#include "fake-ring.h"
#include "recorder-world.h"
#include "keep/experiment-host.h"
#include "serve/life.h"
#include "serve/status-file.h"

static struct world {
	char dir[64], path[80];
	int manager;
	struct recorder *recorder;
	struct life life;
} w;

static void hears(const char *want)
{
	char buf[4096] = "";

	if (recv(w.manager, buf, sizeof(buf) - 1, MSG_DONTWAIT) < 0)
		buf[0] = '\0';
	assert_string_equal(buf, want);
}

static int begin(const char *watchdog)
{
	const struct recorder_opts opts = { .path = "FILE" };

	w = (struct world){ .dir = "/tmp/zrec-life-XXXXXX" };
	recorder_world_begin();
	if (!mkdtemp(w.dir))
		return -1;
	snprintf(w.path, sizeof(w.path), "%s/notify", w.dir);
	w.manager = fake_journal_open(w.path);
	setenv("NOTIFY_SOCKET", w.path, 1);
	unsetenv("WATCHDOG_PID");
	if (watchdog)
		setenv("WATCHDOG_USEC", watchdog, 1);
	else
		unsetenv("WATCHDOG_USEC");
	log_level = LOG_LEVEL_ERROR - 1;
	return w.manager < 0 ? -1 : recorder_open(&w.recorder, &opts);
}

/* Half of it is longer than a test */
static int setup(void **state)
{
	(void)state;
	return begin("3600000000");
}

static int setup_without(void **state)
{
	(void)state;
	return begin(NULL);
}

static int teardown(void **state)
{
	(void)state;
	recorder_close(w.recorder);
	ring_close(&kernel.ring);
	close(w.manager);
	unlink(w.path);
	return rmdir(w.dir);
}

static void turn(void)
{
	assert_int_equal(recorder_work(w.recorder), 0);
	life_work(&w.life);
}

/* Its time has come, whatever the clock says */
static void due(void)
{
	w.life.due_ns = 1;
	turn();
}

static void ready(void)
{
	life_begin(&w.life, w.recorder, "FILE");
	hears("READY=1\nSTATUS=Recording in FILE");
}

static void a_heartbeat_that_came_through_is_a_sign_of_life(void **state)
{
	(void)state;
	ready();
	assert_int_equal(life_timeout_ms(&w.life), 0);
	turn();
	assert_int_equal(kernel.beats, 1);
	/* Sent, and not read yet */
	hears("");
	turn();
	hears("WATCHDOG=1");
	assert_true(w.life.last_ns > 0);
	assert_int_equal(ring_released(&kernel.ring), ring_written(&kernel.ring));
	turn();
	hears("");
	assert_int_equal(kernel.beats, 1);
	/* Twice in the time that there is */
	assert_in_range(life_timeout_ms(&w.life), 1700000, 1800000);
	due();
	turn();
	hears("WATCHDOG=1");
	assert_int_equal(kernel.beats, 2);
}

static void one_that_does_not_come_through_is_none(void **state)
{
	(void)state;
	ready();
	turn();
	/* As if the ring had stopped: the recorder does not read */
	for (int i = 0; i < 3; i++) {
		w.life.due_ns = 1;
		life_work(&w.life);
		hears("");
	}
	assert_int_equal(kernel.beats, 1);
	turn();
	hears("WATCHDOG=1");
}

static void without_a_program_there_is_none(void **state)
{
	(void)state;
	ready();
	kernel.beat_error = -EPERM;
	due();
	turn();
	due();
	turn();
	hears("");
}

static void a_ring_that_is_full_has_to_be_read(void **state)
{
	(void)state;
	ready();
	fake_ring_put(&kernel.ring, "full", 4, BPF_RINGBUF_DISCARD_BIT);
	kernel.beat_error = -ENOSPC;
	life_work(&w.life);
	hears("");
	turn();
	hears("WATCHDOG=1");
}

static void a_link_that_is_removed_ends_it(void **state)
{
	(void)state;
	ready();
	turn();
	turn();
	hears("WATCHDOG=1");
	kernel.missing = 1;
	due();
	turn();
	due();
	turn();
	hears("");
	/* The next recorder finds it so, says so, and lives with it */
	life_begin(&w.life, w.recorder, "FILE");
	hears("READY=1\nSTATUS=Recording in FILE, but 1 of the observation's links is missing: see zrec status");
	turn();
	turn();
	hears("WATCHDOG=1");
}

static void a_history_that_cannot_be_written_is_in_the_status(void **state)
{
	const struct zrec_span span = { .abi = ZREC_ABI, .size = sizeof(span), .id = 1 };

	(void)state;
	ready();
	turn();
	turn();
	hears("WATCHDOG=1");
	file.commit_error = -ENOSPC;
	fake_ring_put(&kernel.ring, &span, sizeof(span), 0);
	kernel.stats.emitted = kernel.stats.delivered = 1;
	usleep(150000);
	turn();
	hears("STATUS=Cannot record in FILE: No space left on device; recoveries wait in the ring buffer");
	/* It comes around, and takes no room in the ring from recoveries */
	due();
	hears("WATCHDOG=1");
	assert_int_equal(kernel.beats, 1);
	file.commit_error = 0;
	usleep(1100000);
	turn();
	hears("STATUS=Recording in FILE");
}

static void a_reload_is_said_before_and_after(void **state)
{
	char buf[256] = "";

	(void)state;
	ready();
	life_reloading(&w.life);
	assert_true(recv(w.manager, buf, sizeof(buf) - 1, MSG_DONTWAIT) > 0);
	assert_int_equal(strncmp(buf, "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
	life_reloaded(&w.life);
	hears("READY=1\nSTATUS=Recording in FILE");
	life_stopping();
	hears("STOPPING=1\nSTATUS=Recording what is left");
}

/* --- the status file --- */

static json_t *status(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/" STATUS_FILE_NAME, w.dir);
	return json_load_file(path, 0, NULL);
}

static json_int_t number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static struct zrec_policy_exit an_end(unsigned int kind)
{
	return (struct zrec_policy_exit){
		.abi = ZREC_ABI,
		.size = sizeof(struct zrec_policy_exit),
		.flags = ZREC_RECORD_EXIT,
		.kind = kind,
		.policy = "flapping",
	};
}

static void the_file_says_what_happens(void **state)
{
	const struct zrec_span span = { .abi = ZREC_ABI, .size = sizeof(span), .id = 1 };
	const struct zrec_policy_exit ejected = an_end(ZPCI_POLICY_EXIT_BUDGET);
	const struct zrec_policy_exit detached = an_end(ZPCI_POLICY_EXIT_DETACHED);
	struct status_file f;
	struct stat st;
	char path[128];
	json_t *o;

	(void)state;
	snprintf(path, sizeof(path), "%s/" STATUS_FILE_NAME, w.dir);
	ready();
	status_file_open(&f, w.dir);
	assert_int_equal(status_file_timeout_ms(&f, w.recorder, NULL, &w.life), 0);
	status_file_work(&f, w.recorder, NULL, &w.life, path);
	o = status();
	assert_int_equal(number(o, "pid"), getpid());
	assert_true(json_is_true(json_object_get(o, "recording")));
	assert_non_null(json_object_get(o, "started"));
	assert_null(json_object_get(o, "last_life"));
	/* At 0 before they grow */
	assert_int_equal(json_object_size(json_object_get(o, "gaps")), HISTORY_NR_GAP_REASONS);
	assert_int_equal(number(json_object_get(o, "gaps"), "ring_full"), 0);
	assert_true(json_is_integer(json_object_get(o, "policy_ejections")));
	assert_int_equal(json_array_size(json_object_get(o, "arms")), 0);
	json_decref(o);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	/* Nothing has happened: nobody wakes up for it */
	assert_int_equal(status_file_timeout_ms(&f, w.recorder, NULL, &w.life), -1);

	turn();
	turn();
	hears("WATCHDOG=1");
	kernel.missing = 1;
	kernel.stats.lost[ZREC_LOST_RING_FULL] = 7;
	kernel.stats.emitted = 8;
	kernel.stats.delivered = 1;
	fake_ring_put(&kernel.ring, &span, sizeof(span), 0);
	fake_ring_put(&kernel.ring, &ejected, sizeof(ejected), 0);
	fake_ring_put(&kernel.ring, &detached, sizeof(detached), 0);
	usleep(150000);
	turn();
	/* Not twice in a second */
	status_file_work(&f, w.recorder, NULL, &w.life, path);
	assert_in_range(status_file_timeout_ms(&f, w.recorder, NULL, &w.life), 1, 1000);
	f.next_ns = 0;
	assert_int_equal(status_file_timeout_ms(&f, w.recorder, NULL, &w.life), 0);
	status_file_work(&f, w.recorder, NULL, &w.life, path);
	o = status();
	assert_int_equal(number(o, "recorded"), 1);
	assert_int_equal(number(o, "lag"), 0);
	assert_int_equal(number(o, "missing"), 7);
	assert_int_equal(number(json_object_get(o, "gaps"), "ring_full"), 7);
	assert_int_equal(number(o, "policy_ejections"), 1);
	assert_non_null(json_object_get(o, "last_life"));
	assert_int_equal(json_array_size(json_object_get(o, "removed_tracepoints")), 1);
	assert_true(number(o, "history_bytes") > 0);
	json_decref(o);

	file.commit_error = -ENOSPC;
	fake_ring_put(&kernel.ring, &span, sizeof(span), 0);
	usleep(150000);
	turn();
	f.next_ns = 0;
	status_file_work(&f, w.recorder, NULL, &w.life, path);
	o = status();
	assert_true(json_is_false(json_object_get(o, "recording")));
	assert_string_equal(json_string_value(json_object_get(o, "error")), "No space left on device");
	assert_int_equal(number(o, "lag"), 1);
	json_decref(o);
	file.commit_error = 0;
	status_file_close(&f);
	assert_int_equal(stat(path, &st), -1);
}

/* Of two experiments one runs */
static void the_file_says_who_is_in_which_arm(void **state)
{
	struct experiment_function functions[] = { { 0x11, 0x100, 0 }, { 0x12, 0x100, 1 } };
	struct experiment list[] = {
		{ .name = "over", .arms = { { .name = "a" } }, .functions = functions, .nr_functions = 2 },
		{ .name = "runs", .arms = { { .name = "a" }, { .name = "b" } }, .functions = functions,
		  .nr_functions = 2 },
	};
	uint64_t ended[] = { 7, UINT64_MAX };
	const struct experiment_host_state experiments = {
		.experiments = { list, 2 },
		.ended_ns = ended,
	};
	json_t *got = status_file_arms(&experiments);
	json_t *want = json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s}]",
				 "fid", "0x11", "experiment", "runs", "arm", "a",
				 "fid", "0x12", "experiment", "runs", "arm", "b");

	(void)state;
	assert_true(json_equal(got, want));
	json_decref(got);
	json_decref(want);
}

static void without_a_directory_there_is_no_file(void **state)
{
	struct status_file f;

	(void)state;
	ready();
	status_file_open(&f, "/nonexistent/zrec");
	assert_int_equal(status_file_timeout_ms(&f, w.recorder, NULL, &w.life), -1);
	status_file_work(&f, w.recorder, NULL, &w.life, "FILE");
	status_file_close(&f);
}

static void nobody_who_wants_it_is_no_wake_up(void **state)
{
	(void)state;
	ready();
	turn();
	turn();
	assert_int_equal(kernel.beats, 0);
	assert_int_equal(life_timeout_ms(&w.life), -1);
	hears("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_heartbeat_that_came_through_is_a_sign_of_life, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_does_not_come_through_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_program_there_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(a_ring_that_is_full_has_to_be_read, setup, teardown),
		cmocka_unit_test_setup_teardown(a_link_that_is_removed_ends_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_history_that_cannot_be_written_is_in_the_status, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reload_is_said_before_and_after, setup, teardown),
		cmocka_unit_test_setup_teardown(the_file_says_what_happens, setup, teardown),
		cmocka_unit_test(the_file_says_who_is_in_which_arm),
		cmocka_unit_test_setup_teardown(without_a_directory_there_is_no_file, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_who_wants_it_is_no_wake_up, setup_without, teardown),
	};

	return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
