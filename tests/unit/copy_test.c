// SPDX-License-Identifier: GPL-2.0
/* A recording beside a recorder: its rows are those that the recorder writes */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "cmocka-all.h"
#include "keep/experiment-host.h"
#include "recorder-world.h"
#include "serve/copy.h"

/* --- the recorder that it looks at, and the experiment that runs ------------- */

static struct {
	struct ring_record record[8];
	size_t nr, read;
} sent;

static bool looked, ended;

int live_client_read(struct live_client *c, live_client_fn fn, void *ctx)
{
	int err = 0;

	(void)c;
	while (!err && sent.read < sent.nr)
		err = fn(ctx, &sent.record[sent.read++]);
	return err ? err : -ESHUTDOWN;
}

int experiment_host_look(struct experiment_host_state *state, const char *path)
{
	(void)state;
	assert_null(path);
	looked = true;
	return 0;
}

void experiment_host_exit(struct experiment_host_state *state, const struct zrec_policy_exit *exit)
{
	(void)state;
	(void)exit;
	ended = true;
}

bool experiment_arm_of(const struct experiment_host_state *state, const struct zrec_span *span,
		       char experiment[HISTORY_NAME_LEN], char arm[HISTORY_NAME_LEN])
{
	(void)state;
	(void)span;
	strcpy(experiment, looked && !ended ? "spring" : "");
	strcpy(arm, looked && !ended ? "reset" : "");
	return arm[0];
}

void experiment_host_free(struct experiment_host_state *state)
{
	(void)state;
}

/* --- what happens ---------------------------------------------------------- */

static int fresh(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	memset(&file, 0, sizeof(file));
	memset(&sent, 0, sizeof(sent));
	looked = ended = false;
	return 0;
}

static void comes(const void *data, size_t size)
{
	sent.record[sent.nr] = (struct ring_record){
		.position = 100 * (sent.nr + 1), .data = data, .size = size,
	};
	sent.nr++;
}

static int copy(struct copy_result *ret)
{
	struct live_client client = { .fd = eventfd(1, 0) };
	const struct copy_opts opts = { .path = "FILE", .signal_fd = -1 };
	int err = copy_records(&client, &opts, ret);

	close(client.fd);
	return err;
}

static void each_has_its_experiment_and_arm(void **state)
{
	static const struct zrec_span first = { .abi = ZREC_ABI, .size = sizeof(first), .id = 1 };
	static const struct zrec_policy_exit exit = {
		.abi = ZREC_ABI, .size = sizeof(exit), .flags = ZREC_RECORD_EXIT,
	};
	static const struct zrec_span second = { .abi = ZREC_ABI, .size = sizeof(second), .id = 2 };
	struct copy_result result;

	(void)state;
	comes(&first, sizeof(first));
	comes(&exit, sizeof(exit));
	comes(&second, sizeof(second));
	assert_int_equal(copy(&result), 0);
	assert_int_equal(result.recorded, 2);
	assert_int_equal(file.committed, 2);
	assert_string_equal(file.arm[0].experiment, "spring");
	assert_string_equal(file.arm[0].arm, "reset");
	assert_string_equal(file.arm[1].experiment, "");
	assert_string_equal(file.arm[1].arm, "");
}

static void policies_in_force_are_recorded(void **state)
{
	struct copy_result result;

	(void)state;
	assert_int_equal(copy(&result), 0);
	assert_true(file.policies > 0);
}

/* What the message says is the file's, not the observation's */
static void a_bad_file_is_reported(void **state)
{
	struct copy_result result;
	FILE *err = tmpfile();
	int old = dup(STDERR_FILENO);
	char text[256] = "";

	(void)state;
	file.open_error = -EUCLEAN;
	log_level = 0;
	dup2(fileno(err), STDERR_FILENO);
	assert_int_equal(copy(&result), -EUCLEAN);
	dup2(old, STDERR_FILENO);
	close(old);
	log_level = -1;
	rewind(err);
	assert_non_null(fgets(text, sizeof(text), err));
	fclose(err);
	assert_string_equal(text, "zrec: cannot record in FILE: it is damaged, or no history: name another file\n");
}

#define TEST(f)	cmocka_unit_test_setup(f, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_has_its_experiment_and_arm),
		TEST(policies_in_force_are_recorded),
		TEST(a_bad_file_is_reported),
	};

	/* What is said of the file is said on purpose */
	log_level = -1;
	return cmocka_run_group_tests_name("copy", tests, NULL, NULL);
}
