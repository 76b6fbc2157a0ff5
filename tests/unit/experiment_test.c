// SPDX-License-Identifier: GPL-2.0
/* Arms, the file that keeps them, and which recoveries are in one */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "cmocka-all.h"
#include "fixtures.h"
#include "keep/experiment-count.h"
#include "keep/experiment-host.h"
#include "schema.h"

/* --- arms ---------------------------------------------------------------------- */

static const struct experiment_arm halves[] = {
	{ .name = "retry", .policy = "retry-twice", .percent = 50 },
	{ .name = "default", .percent = 50 },
};

#define HOST	"0123456789abcdef0123456789abcdef"

/* These must never change: an experiment that runs would be dealt anew */
static void arms_stay(void **state)
{
	static const size_t known[] = { 1, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0 };

	(void)state;
	for (uint16_t pchid = 0; pchid < 16; pchid++) {
		size_t arm = arms_choose(halves, 2, "nvme-retry", HOST,
					 arms_unit((uint16_t)(0x100 + pchid), 7));

		if (getenv("ZREC_GOLDEN_UPDATE"))
			printf("# %zu\n", arm);
		else
			assert_int_equal(arm, known[pchid]);
	}
}

static void arms_have_their_share(void **state)
{
	static const uint32_t shares[] = { 0, 1, 10, 33, 50, 75, 99, 100 };
	const unsigned int n = 20000;

	(void)state;
	for (size_t s = 0; s < sizeof(shares) / sizeof(shares[0]); s++) {
		struct experiment_arm arms[] = { { .percent = shares[s] }, { .percent = 100 - shares[s] } };
		double p = shares[s] / 100.0, slack = 4 * sqrt(n * p * (1 - p));
		unsigned int first[2] = { 0 };
		char host[HISTORY_ID_LEN];

		for (unsigned int i = 0; i < n; i++) {
			snprintf(host, sizeof(host), "%032x", i);
			/* Neighbouring PCHIDs of one host, and neighbouring hosts */
			first[0] += !arms_choose(arms, 2, "x", HOST, arms_unit((uint16_t)(i + 1), 0));
			first[1] += !arms_choose(arms, 2, "x", host, 0);
		}
		assert_true(fabs(first[0] - n * p) <= slack);
		assert_true(fabs(first[1] - n * p) <= slack);
	}
}

/* Another experiment, and another host, draw anew */
static void arms_do_not_hang_together(void **state)
{
	const unsigned int n = 20000;
	unsigned int same[2] = { 0 };

	(void)state;
	for (unsigned int i = 0; i < n; i++) {
		uint64_t unit = arms_unit((uint16_t)(i + 1), 0);
		size_t arm = arms_choose(halves, 2, "a", HOST, unit);

		same[0] += arm == arms_choose(halves, 2, "b", HOST, unit);
		same[1] += arm == arms_choose(halves, 2, "a", "another", unit);
	}
	assert_true(fabs(same[0] - n / 2.0) <= 4 * sqrt(n / 4.0));
	assert_true(fabs(same[1] - n / 2.0) <= 4 * sqrt(n / 4.0));
}

static void three_arms_have_their_share(void **state)
{
	const struct experiment_arm arms[] = { { .percent = 50 }, { .percent = 30 }, { .percent = 20 } };
	unsigned int count[3] = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 20000; i++)
		count[arms_choose(arms, 3, "x", HOST, arms_unit(0, i))]++;
	assert_true(abs((int)count[0] - 10000) < 300 && abs((int)count[1] - 6000) < 280);
}

static struct function functions[400];
static const struct function_list all_functions = { functions, 400 };

static void make_functions(void)
{
	for (uint32_t i = 0; i < 400; i++)
		functions[i] = (struct function){ .fid = 1000 + i, .pchid = (uint16_t)(0x200 + i % 50) };
	/* Two that have none are each on their own */
	functions[398].pchid = functions[399].pchid = 0;
}

static struct experiment make_experiment(void)
{
	struct experiment e = { .name = "nvme-retry", .nr_arms = 2, .complete = true };

	memcpy(e.arms, halves, sizeof(halves));
	make_functions();
	assert_int_equal(experiment_begin(&e, &all_functions), 0);
	return e;
}

static void functions_of_a_pchid_share_an_arm(void **state)
{
	struct experiment e = make_experiment(), again = make_experiment();
	int arm_of_pchid[0x300];
	unsigned int first = 0;

	(void)state;
	memset(arm_of_pchid, 0xff, sizeof(arm_of_pchid));
	assert_int_equal(e.nr_functions, 400);
	for (size_t i = 0; i < e.nr_functions; i++) {
		const struct experiment_function *f = &e.functions[i];

		if (f->pchid && arm_of_pchid[f->pchid] >= 0)
			assert_int_equal(f->arm, arm_of_pchid[f->pchid]);
		arm_of_pchid[f->pchid] = f->arm;
		assert_int_equal(f->arm, again.functions[i].arm);
		first += !f->arm;
	}
	assert_true(first > 80 && first < 320);
	free(e.functions);
	free(again.functions);
}

/* --- the file -------------------------------------------------------------------- */

static char *dir, path[PATH_MAX];

static int make_dir(void **state)
{
	(void)state;
	dir = make_temp_dir();
	snprintf(path, sizeof(path), "%s/zrec/experiments.json", dir);
	return 0;
}

static int drop_dir(void **state)
{
	(void)state;
	remove_temp_dir(dir);
	return 0;
}

static int quiet_read(struct experiments *ret)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int err;

	log_collect(f);
	err = experiments_read(ret, path);
	log_collect(NULL);
	fclose(f);
	/* A failure has its line, and names the file */
	assert_true(!err || strstr(text, path));
	free(text);
	return err;
}

static void the_file_keeps_all_of_it(void **state)
{
	struct experiment e = make_experiment();
	const struct experiments one = { &e, 1 }, none = { NULL, 0 };
	struct experiments back;
	struct stat st;

	(void)state;
	e.started_ns = UINT64_MAX - 1;
	assert_int_equal(experiments_write(&one, path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(experiments_read(&back, path), 0);
	assert_int_equal(back.nr, 1);
	assert_string_equal(back.list[0].name, "nvme-retry");
	assert_string_equal(back.list[0].boot_id, e.boot_id);
	assert_true(back.list[0].started_ns == UINT64_MAX - 1 && back.list[0].complete);
	assert_int_equal(back.list[0].wall_ns, e.wall_ns);
	assert_int_equal(back.list[0].nr_functions, 400);
	assert_memory_equal(back.list[0].functions, e.functions, 400 * sizeof(*e.functions));
	assert_memory_equal(back.list[0].arms, e.arms, sizeof(e.arms));
	experiments_free(&back);
	assert_int_equal(experiments_write(&none, path), 0);
	assert_int_equal(access(path, F_OK), -1);
	/* Twice is fine, and none is an empty list */
	assert_int_equal(experiments_write(&none, path), 0);
	assert_int_equal(experiments_read(&back, path), 0);
	assert_int_equal(back.nr, 0);
	free(e.functions);
}

#define GOOD "{\"version\": 1, \"experiments\": [{\"name\": \"a\", \"boot_id\": \"b\", "	\
	"\"started_ns\": \"5\", \"wall_ns\": 1, \"complete\": true, \"by_host\": false, "	\
	"\"host_arm\": 0, \"arms\": ["								\
	"{\"arm\": \"x\", \"policy\": \"p\", \"percent\": 50}, "				\
	"{\"arm\": \"y\", \"policy\": \"\", \"percent\": 50}], "				\
	"\"functions\": [{\"fid\": 1, \"pchid\": 2, \"arm\": 1}]}]}"

static int read_text(const char *text)
{
	struct experiments back;
	int err;

	put_file(dir, "zrec/experiments.json", text);
	chmod(path, 0600);
	err = quiet_read(&back);
	experiments_free(&back);
	return err;
}

/* One place of a good file changed */
static int read_changed(const char *from, const char *to)
{
	char text[2000], *at;

	strcpy(text, GOOD);
	at = strstr(text, from);
	assert_non_null(at);
	memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
	memcpy(at, to, strlen(to));
	return read_text(text);
}

static void a_file_that_is_not_ours_is_refused(void **state)
{
	static const char *const changes[][2] = {
		{ "\"name\": \"a\"", "\"name\": \"\"" },
		{ "\"name\": \"a\"", "\"name\": \"a/b\"" },
		{ "\"name\": \"a\"", "\"name\": 1" },
		{ "\"name\": \"a\"", "\"name\": \"a\", \"name\": \"b\"" },
		{ "\"name\": \"a\"", "\"name\": \"a\", \"more\": 1" },
		{ "\"name\": \"a\", ", "" },
		{ "\"boot_id\": \"b\"", "\"boot_id\": \"0123456789012345678901234567890123456789\"" },
		{ "\"5\"", "\"-5\"" },
		{ "\"5\"", "5" },
		{ "\"complete\": true", "\"complete\": 1" },
		{ "\"host_arm\": 0", "\"host_arm\": 2" },
		{ "\"host_arm\": 0", "\"host_arm\": -1" },
		{ "\"percent\": 50", "\"percent\": 51" },
		{ "\"percent\": 50", "\"percent\": -50" },
		{ "\"fid\": 1", "\"fid\": 4294967296" },
		{ "\"pchid\": 2", "\"pchid\": 65536" },
		{ "\"arm\": 1", "\"arm\": 2" },
		{ "\"arm\": 1", "\"arm\": 1.5" },
		{ "[{\"fid\"", "[1, {\"fid\"" },
		{ "\"experiments\": [", "\"experiments\": [7, " },
		{ "\"version\": 1", "\"version\": \"1\"" },
		{ "}]}", "}]} x" },
	};

	(void)state;
	assert_int_equal(read_text(GOOD), 0);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		assert_int_equal(read_changed(changes[i][0], changes[i][1]), -EUCLEAN);
	assert_int_equal(read_changed("\"version\": 1", "\"version\": 2"), -EPROTO);
	assert_int_equal(read_text(""), -EUCLEAN);
	assert_int_equal(read_text("[]"), -EUCLEAN);
}

static void a_file_that_others_can_write_is_refused(void **state)
{
	struct experiments back;

	(void)state;
	assert_int_equal(read_text(GOOD), 0);
	chmod(path, 0620);
	assert_int_equal(quiet_read(&back), -EUCLEAN);
	unlink(path);
	put_file(dir, "elsewhere", GOOD);
	put_link(dir, "zrec/experiments.json", "../elsewhere");
	assert_int_equal(quiet_read(&back), -EUCLEAN);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(quiet_read(&back), -EUCLEAN);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(quiet_read(&back), -EUCLEAN);
	rmdir(path);
}

/* --- which recoveries count ------------------------------------------------------- */

static struct policy_state kernel;
static int kernel_error;

int __wrap_policy_sysfs_read(struct policy_state *ret, const char *sysfs)
{
	(void)sysfs;
	*ret = kernel;
	return kernel_error;
}

static void follow(const char *policy, uint64_t since_ns)
{
	memset(&kernel, 0, sizeof(kernel));
	snprintf(kernel.enforced.name, sizeof(kernel.enforced.name), "%s", policy);
	kernel.enforced.since_ns = since_ns;
}

static void the_kernel_says_if_it_runs(void **state)
{
	struct experiment e = make_experiment();

	(void)state;
	follow("retry-twice", e.started_ns);
	assert_int_equal(experiment_state(&e, &kernel), EXPERIMENT_RUNS);
	kernel.enforced.ejected = true;
	assert_int_equal(experiment_state(&e, &kernel), EXPERIMENT_EJECTED);
	/* The same name, enforced before: not for some functions only */
	follow("retry-twice", e.started_ns - 1);
	assert_int_equal(experiment_state(&e, &kernel), EXPERIMENT_ENDED);
	follow("retry-twice", e.started_ns + 1);
	assert_int_equal(experiment_state(&e, &kernel), EXPERIMENT_ENDED);
	follow("another", e.started_ns + 1);
	assert_int_equal(experiment_state(&e, &kernel), EXPERIMENT_ENDED);
	follow("", 0);
	assert_int_equal(experiment_state(&e, &kernel), EXPERIMENT_ENDED);
	strcpy(kernel.exit.policy, "retry-twice");
	strcpy(kernel.exit.kind, "budget");
	kernel.exit.at_ns = e.started_ns + 1;
	assert_int_equal(experiment_state(&e, &kernel), EXPERIMENT_EJECTED);
	follow("retry-twice", e.started_ns);
	e.complete = false;
	assert_int_equal(experiment_state(&e, &kernel), EXPERIMENT_INTERRUPTED);
	strcpy(e.boot_id, "another");
	assert_int_equal(experiment_state(&e, &kernel), EXPERIMENT_REBOOTED);
	free(e.functions);
}

static void add_document(json_t *set, const struct experiment *e)
{
	const struct experiments one = { (struct experiment *)e, 1 };
	struct output o;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	json_t *document;

	assert_int_equal(output_open(&o, f, OUTPUT_JSON), 0);
	assert_int_equal(experiments_put(&o, &one, &kernel), 0);
	assert_int_equal(output_close(&o), 0);
	fclose(f);
	document = json_loads(text, 0, NULL);
	schema_add(set, "status.experiments", json_object_get(document, "experiments"));
	json_decref(document);
	free(text);
}

static void the_document_has_the_keys_of_this_api_level(void **state)
{
	struct experiment e = make_experiment();
	json_t *set = json_object();

	(void)state;
	add_document(set, &e);
	e.by_host = true;
	add_document(set, &e);
	assert_schema("experiment-status", set);
	json_decref(set);
	free(e.functions);
}

static struct zrec_full_span recovery(uint32_t fid, uint64_t begin_ns, const char *policy)
{
	struct zrec_full_span full = { .span = {
		.size = sizeof(full), .fid = fid, .begin_ns = begin_ns,
		.flags = policy ? ZREC_SPAN_POLICY : 0,
	} };

	if (policy)
		strcpy(full.policy.policy, policy);
	return full;
}

static const char *arm_of(const struct experiment_host_state *host, uint32_t fid, uint64_t begin_ns,
			  const char *policy)
{
	static char experiment[HISTORY_NAME_LEN], arm[HISTORY_NAME_LEN];
	struct zrec_full_span full = recovery(fid, begin_ns, policy);

	if (!experiment_arm_of(host, &full.span, experiment, arm))
		return NULL;
	assert_string_equal(experiment, "nvme-retry");
	return arm;
}

static void recoveries_count_while_the_policy_is_asked(void **state)
{
	struct experiment e = make_experiment();
	const struct experiments one = { &e, 1 };
	struct experiment_host_state host = { 0 };
	const char *first = halves[e.functions[0].arm].name;
	struct zrec_policy_exit exit = { .policy = "another" };
	uint64_t t = e.started_ns;

	(void)state;
	assert_int_equal(experiment_host_look(&host, path), 0);
	assert_null(arm_of(&host, 1000, t, NULL));
	follow("retry-twice", t);
	assert_int_equal(experiments_write(&one, path), 0);
	assert_int_equal(experiment_host_look(&host, path), 0);
	assert_string_equal(arm_of(&host, 1000, t, "retry-twice"), first);
	/* One in which nobody was asked: no decision came up */
	assert_string_equal(arm_of(&host, 1000, t, NULL), first);
	/* Before it, under another policy, and of a function that came later */
	assert_null(arm_of(&host, 1000, t - 1, "retry-twice"));
	assert_null(arm_of(&host, 1000, t, "another"));
	assert_null(arm_of(&host, 5, t, "retry-twice"));
	/* Ended: in both arms at that moment, and not by what happened to others or before */
	exit.at_ns = t + 50;
	experiment_host_exit(&host, &exit);
	strcpy(exit.policy, "retry-twice");
	exit.at_ns = t - 1;
	experiment_host_exit(&host, &exit);
	assert_non_null(arm_of(&host, 1000, t + 200, "retry-twice"));
	exit.at_ns = t + 100;
	experiment_host_exit(&host, &exit);
	exit.at_ns = t + 300;
	experiment_host_exit(&host, &exit);
	for (uint32_t fid = 1000; fid < 1400; fid++) {
		assert_non_null(arm_of(&host, fid, t + 99, "retry-twice"));
		assert_null(arm_of(&host, fid, t + 100, NULL));
	}
	/* A look at a file that is the same forgets nothing; another file is read */
	assert_int_equal(experiment_host_look(&host, path), 0);
	assert_null(arm_of(&host, 1000, t + 100, NULL));
	assert_int_equal(experiments_write(&(struct experiments){ NULL, 0 }, path), 0);
	assert_int_equal(experiment_host_look(&host, path), 0);
	assert_null(arm_of(&host, 1000, t, "retry-twice"));
	experiment_host_free(&host);
	free(e.functions);
}

/* A recorder that comes later asks the kernel when the policy ended */
static void a_late_recorder_knows_of_an_end(void **state)
{
	struct experiment e = make_experiment();
	struct experiment_host_state host = { 0 };
	uint64_t t = e.started_ns;

	(void)state;
	follow("retry-twice", t);
	kernel.enforced.ejected = true;
	strcpy(kernel.exit.policy, "retry-twice");
	strcpy(kernel.exit.kind, "budget");
	kernel.exit.at_ns = t + 10;
	assert_int_equal(experiments_write(&(struct experiments){ &e, 1 }, path), 0);
	assert_int_equal(experiment_host_look(&host, path), 0);
	assert_non_null(arm_of(&host, 1000, t + 9, NULL));
	assert_null(arm_of(&host, 1000, t + 10, NULL));
	/* One whose start was interrupted counts nothing */
	e.complete = false;
	follow("retry-twice", t);
	assert_int_equal(experiments_write(&(struct experiments){ &e, 1 }, path), 0);
	assert_int_equal(experiment_host_look(&host, path), 0);
	assert_null(arm_of(&host, 1000, t + 9, "retry-twice"));
	/* What cannot be seen is no reason to guess */
	e.complete = true;
	kernel_error = -EACCES;
	assert_int_equal(experiments_write(&(struct experiments){ &e, 1 }, path), 0);
	assert_int_equal(experiment_host_look(&host, path), -EACCES);
	assert_null(arm_of(&host, 1000, t + 9, "retry-twice"));
	kernel_error = 0;
	experiment_host_free(&host);
	free(e.functions);
}

static void whole_hosts_have_functions_that_come_later(void **state)
{
	struct experiment e = { .name = "nvme-retry", .nr_arms = 2, .by_host = true,
				.complete = true };
	struct experiment_host_state host = { 0 };

	(void)state;
	memcpy(e.arms, halves, sizeof(halves));
	assert_int_equal(experiment_begin(&e, NULL), 0);
	e.host_arm = 1;
	follow("", 0);
	assert_int_equal(experiments_write(&(struct experiments){ &e, 1 }, path), 0);
	assert_int_equal(experiment_host_look(&host, path), 0);
	assert_string_equal(arm_of(&host, 77, e.started_ns, NULL), "default");
	/* The default is not what a policy decides */
	assert_null(arm_of(&host, 77, e.started_ns, "another"));
	experiment_host_free(&host);
}

/* --- what is counted of them -------------------------------------------------- */

static const struct writer_arm retry = { "x", "retry" };

static void count(struct experiment_counts *c, const struct writer_arm *arm, uint32_t fid, uint16_t pchid,
		  uint8_t outcome, uint64_t begin_ns)
{
	const struct zrec_span span = {
		.fid = fid, .pchid = pchid, .outcome = outcome, .begin_ns = begin_ns,
		.total_ns = 1u << 20,
	};

	experiment_counts_add(c, &span, arm);
}

static void counted(const struct experiment_counts *c, const char *want)
{
	json_t *list = experiment_counts_to_json(c);
	char *text = json_dumps(list, JSON_COMPACT);

	assert_string_equal(text, want);
	free(text);
	json_decref(list);
}

static void recoveries_are_counted_by_arm_and_pchid(void **state)
{
	const uint64_t within = EXPERIMENT_RELAPSE_NS, t = 1000;
	struct experiment_counts *c = experiment_counts_new();

	(void)state;
	counted(c, "[]");
	count(c, &retry, 1, 0x1c0, ZPCI_OUTCOME_RECOVERED, t);
	/* Another function, none of the experiment, and what is no error */
	count(c, NULL, 2, 0x1c0, ZPCI_OUTCOME_RECOVERED, t + 1);
	count(c, &retry, 1, 0x1c0, ZPCI_OUTCOME_IGNORED, t + 2);
	/* At the last moment, by a recovery that is in no arm */
	count(c, NULL, 1, 0x1c0, ZPCI_OUTCOME_FAILED, t + (1u << 20) + within);
	count(c, &retry, 3, 0, ZPCI_OUTCOME_RECOVERED, t);
	count(c, &retry, 3, 0, ZPCI_OUTCOME_ISOLATED, t + (1u << 20) + within + 1);
	counted(c, "[{\"experiment\":\"x\",\"arm\":\"retry\",\"times\":{\"20\":2},\"sum_ns\":2097152,\"pchids\":["
		"{\"pchid\":\"0x1c0\",\"recovered\":1,\"failed\":0,\"isolated\":0,\"abandoned\":0,\"relapsed\":1},"
		"{\"pchid\":\"fid:0x3\",\"recovered\":1,\"failed\":0,\"isolated\":1,\"abandoned\":0,\"relapsed\":0}]}]");
	experiment_counts_free(c);
}

/* What firmware calls permanent is in no count, as in the report */
static void permanent_errors_are_not_counted(void **state)
{
	struct experiment_counts *c = experiment_counts_new();
	const struct zrec_span span = {
		.outcome = ZPCI_OUTCOME_FAILED, .reason = ZPCI_REASON_PERMANENT,
	};

	(void)state;
	experiment_counts_add(c, &span, &retry);
	counted(c, "[]");
	experiment_counts_free(c);
}

static void too_many_pchids_share_one_count(void **state)
{
	struct experiment_counts *c = experiment_counts_new();
	uint64_t others = 0;
	struct writer_arm arm = { "x", "" };
	json_t *list, *unit;
	size_t i;

	(void)state;
	for (uint32_t n = 0; n < 40; n++) {
		snprintf(arm.arm, sizeof(arm.arm), "%u", n);
		for (uint16_t pchid = 1; pchid <= 300; pchid++)
			count(c, &arm, pchid, pchid, ZPCI_OUTCOME_RECOVERED, 1000 * n);
	}
	list = experiment_counts_to_json(c);
	assert_int_equal(json_array_size(list), EXPERIMENT_COUNT_ARMS);
	json_array_foreach(json_object_get(json_array_get(list, 0), "pchids"), i, unit)
		if (!strcmp(json_string_value(json_object_get(unit, "pchid")), "other"))
			others += (uint64_t)json_integer_value(json_object_get(unit, "recovered"));
	assert_int_equal(others, 300 - (EXPERIMENT_COUNT_UNITS - EXPERIMENT_COUNT_ARMS));
	json_decref(list);
	experiment_counts_free(c);
}

/* Each PCHID is there at 0 from the start, so that its first recovery is an increase */
static void an_experiment_that_runs_is_there_at_0(void **state)
{
	struct experiment e = make_experiment();
	struct experiment_counts *c = experiment_counts_new();
	struct experiment_host_state host = { 0 };
	json_t *list;

	(void)state;
	follow("retry-twice", e.started_ns);
	assert_int_equal(experiments_write(&(struct experiments){ &e, 1 }, path), 0);
	assert_int_equal(experiment_host_look(&host, path), 0);
	experiment_counts_begin(c, &host);
	experiment_counts_begin(c, &host);
	list = experiment_counts_to_json(c);
	assert_int_equal(json_array_size(list), 2);
	json_decref(list);
	experiment_counts_free(c);
	experiment_host_free(&host);
	free(e.functions);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(arms_stay),
		cmocka_unit_test(arms_have_their_share),
		cmocka_unit_test(arms_do_not_hang_together),
		cmocka_unit_test(three_arms_have_their_share),
		cmocka_unit_test(functions_of_a_pchid_share_an_arm),
		cmocka_unit_test(the_file_keeps_all_of_it),
		cmocka_unit_test(a_file_that_is_not_ours_is_refused),
		cmocka_unit_test(a_file_that_others_can_write_is_refused),
		cmocka_unit_test(the_kernel_says_if_it_runs),
		cmocka_unit_test(the_document_has_the_keys_of_this_api_level),
		cmocka_unit_test(recoveries_count_while_the_policy_is_asked),
		cmocka_unit_test(a_late_recorder_knows_of_an_end),
		cmocka_unit_test(whole_hosts_have_functions_that_come_later),
		cmocka_unit_test(recoveries_are_counted_by_arm_and_pchid),
		cmocka_unit_test(permanent_errors_are_not_counted),
		cmocka_unit_test(too_many_pchids_share_one_count),
		cmocka_unit_test(an_experiment_that_runs_is_there_at_0),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
