// SPDX-License-Identifier: GPL-2.0
/*
 * The JSON documents of whole commands: which keys they have, where all there is
 * to say applies. The machine is a directory of the test's own; what takes a
 * kernel with policies or an observation is replaced.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/caps.h"
#include "cmocka-all.h"
#include "fixtures.h"
#include "record/function.h"
#include "record/hist.h"
#include "observe/hooks.h"
#include "observe/observer.h"
#include "cmd/policy-cmd.h"
#include "run.h"
#include "serve/actions-file.h"
#include "serve/actions-status.h"
#include "serve/config.h"
#include "serve/live-client.h"
#include "serve/status.h"
#include "schema.h"

static char *machine;		/* sysfs and installed policies */
static char sysfs_of_policies[PATH_MAX];

/* --- what the commands are told ------------------------------------------ */

bool caps_bpf(void)
{
	return true;
}

bool caps_perfmon(void)
{
	return true;
}

void hooks_probe(struct hooks *hooks)
{
	memset(hooks, 0, sizeof(*hooks));
	for (int i = 0; i < NR_HOOKS; i++)
		hooks->hook[i] = (struct hook){ .tracepoint = "s390_zpci_step_begin" };
}

bool hooks_sufficient(const struct hooks *hooks)
{
	(void)hooks;
	return true;
}

bool hooks_complete(const struct hooks *hooks)
{
	(void)hooks;
	return true;
}

size_t hooks_found(const struct hooks *hooks)
{
	(void)hooks;
	return NR_HOOKS;
}

const char *hook_state_text(enum hook_state state)
{
	(void)state;
	return "found";
}

int bpffs_open(struct bpffs *ret)
{
	*ret = BPFFS_CLOSED;
	snprintf(ret->path, sizeof(ret->path), "%s/zrec", machine);
	return 0;
}

void bpffs_close(struct bpffs *fs)
{
	(void)fs;
}

int observer_reuse(struct observer **ret)
{
	*ret = NULL;
	return 0;
}

void observer_close(struct observer *observer)
{
	(void)observer;
}

int observer_missing(struct observer *observer, const char *ret[OBSERVER_TRACEPOINTS_MAX])
{
	(void)observer;
	ret[0] = "s390_zpci_step_end";
	return 1;
}

void observer_warn_missing(struct observer *observer)
{
	(void)observer;
}

int observer_stats(struct observer *observer, struct zrec_stats *ret)
{
	(void)observer;
	*ret = (struct zrec_stats){ .emitted = 1, .delivered = 1 };
	return 0;
}

const struct zrec_info *observer_info(const struct observer *observer)
{
	static const struct zrec_info info = {
		.abi = ZREC_ABI, .function_slots = ZREC_FUNCTION_SLOTS_MIN, .version = "1",
	};

	(void)observer;
	return &info;
}

int live_client_status(json_t **ret)
{
	static const struct journal_stats journal = { .written = 3, .error = -ENOENT };
	const struct recorder_state state = {
		.error = -ENOSPC, .reason = "No space left on device", .error_since_ns = 1,
		.committed_ns = 1, .journal = &journal,
	};
	const struct live_stats live = { 0 };

	*ret = recorder_status_to_json(&state, &live, "/var/lib/zrec/history.db");
	return *ret ? 0 : -ENOMEM;
}

/* As zrec actions writes it */
int __real_actions_status_read(const char *path, json_t **ret);
int __wrap_actions_status_read(const char *path, json_t **ret);

int __wrap_actions_status_read(const char *path, json_t **ret)
{
	static const char text[] = "[action page]\ncommand = /bin/true\n";
	const struct feed feed = { .live = LIVE_CLIENT_CLOSED };
	struct actions *actions = actions_new();
	char *dir = make_temp_dir(), file[300];
	struct actions_file f;
	struct config config;
	int err;

	(void)path;
	assert_int_equal(config_parse(&config, "", text, strlen(text), NULL), 0);
	assert_int_equal(actions_use(actions, &config.actions), 0);
	config_free(&config);
	actions_file_open(&f, dir);
	actions_file_work(&f, actions, &feed);
	snprintf(file, sizeof(file), "%s/" ACTIONS_FILE_NAME, dir);
	err = __real_actions_status_read(file, ret);
	actions_file_close(&f);
	actions_free(actions);
	remove_temp_dir(dir);
	return err;
}

/* People have their own time, and a document UTC */
static void since_when_nothing_is_recorded_is_in_local_time(void **state)
{
	char *text = NULL, *tz = strdup(getenv("TZ") ?: "");
	json_t *status;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	setenv("TZ", "XXX-5", 1);
	tzset();
	assert_int_equal(live_client_status(&status), 0);
	recorder_status_print(f, status);
	fclose(f);
	json_decref(status);
	setenv("TZ", tz, 1);
	tzset();
	free(tz);
	assert_non_null(strstr(text, "since Jan 01 05:00:00.000: No space left on device"));
	free(text);
}

void load_plan(struct zrec_info *ret, const struct observer_opts *opts)
{
	(void)opts;
	*ret = (struct zrec_info){ .function_slots = 64 };
}

size_t load_memory_bytes(const struct zrec_info *info)
{
	return info->function_slots * sizeof(struct zrec_function);
}

/* All that there may be to say of one, and one of which nothing is known yet */
int observer_each_open(struct observer *observer, observer_open_fn fn, void *ctx)
{
	struct zrec_open open = {
		.id = 1, .step = ZPCI_STEP_USER, .deadline_ns = 1,
		.span = {
			.flags = ZREC_SPAN_DEVICE | ZREC_SPAN_POLICY, .recoverer = ZREC_BY_USER,
			.life = 1, .owner_pid = 1, .owner_comm = "user", .driver = "vfio-pci",
		},
		.policy = { .policy = "flapping" },
	};
	const struct zrec_open unknown = { .id = 2, .span.fid = 0xf99 };
	int err = fn(ctx, &open);

	(void)observer;
	return err ? err : fn(ctx, &unknown);
}

int observer_each_counter(struct observer *observer, observer_counter_fn fn, void *ctx)
{
	static const struct observer_counter counters[] = {
		{ .fid = 0xf11, .life = 3, .pec = 0x4, .outcome = ZPCI_OUTCOME_RECOVERED, .count = 30 },
		{ .fid = 0xf11, .life = 3, .pec = 0x2b, .outcome = ZPCI_OUTCOME_IGNORED, .count = 2 },
		{ .fid = 0xf11, .life = 9, .pec = 0x4, .outcome = ZPCI_OUTCOME_FAILED, .count = 1 },
		{ .fid = 0xf12, .life = 4, .pec = 0x3a, .outcome = ZPCI_OUTCOME_RECOVERED, .count = 3 },
	};
	int err = 0;

	(void)observer;
	for (size_t i = 0; !err && i < sizeof(counters) / sizeof(counters[0]); i++)
		err = fn(ctx, &counters[i]);
	return err;
}

/* One of each kind */
int observer_each_hist(struct observer *observer, observer_hist_fn fn, void *ctx)
{
	static struct zrec_hist h;
	int err = 0;

	(void)observer;
	memset(&h, 0, sizeof(h));
	hist_add(&h, 1000);
	for (unsigned int by = 0; !err && by < ZREC_NR_HIST_BY; by++) {
		/* As an id: a step, a FID that this machine has, a PEC */
		const struct zrec_hist_key key = {
			.by = by, .id = by == ZREC_HIST_BY_FUNCTION ? 0x11 : 0x1, .driver = "nvme",
		};

		err = fn(ctx, &key, &h);
	}
	return err;
}

void policy_place_shadow(struct policy_place *place, const char *name)
{
	snprintf(place->name, sizeof(place->name), "shadow-%s", name);
}

int policy_pins_look(struct policy_pins *pins)
{
	(void)pins;
	return 0;
}

void policy_pins_close(struct policy_pins *pins)
{
	(void)pins;
}

int policy_pins_shadows(const struct policy_pins *pins, struct policy_place *ret, int max)
{
	(void)pins;
	(void)max;
	policy_place_shadow(&ret[0], "candidate");
	return 1;
}

int policy_pins_get(const struct policy_pins *pins, const char *place, const char *what)
{
	(void)pins;
	(void)place;
	(void)what;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int policy_link_map_id(int link_fd, uint32_t *ret)
{
	(void)link_fd;
	*ret = 1;
	return 0;
}

int policy_ops_open(struct policy_ops **ret)
{
	*ret = NULL;
	return 0;
}

void policy_ops_close(struct policy_ops *ops)
{
	(void)ops;
}

int policy_ops_name(const struct policy_ops *ops, int map_fd, char name[ZPCI_POLICY_NAME_LEN])
{
	(void)ops;
	(void)map_fd;
	strcpy(name, "before");
	return 0;
}

int policy_ops_setup(const struct policy_ops *ops, int map_fd, struct zpci_policy_setup *ret)
{
	(void)ops;
	(void)map_fd;
	/* The longest list that there can be */
	*ret = (struct zpci_policy_setup){ .canary = ZPCI_CANARY_FIDS, .nr_fids = ZPCI_CANARY_FIDS_MAX };
	memset(ret->fid, 0xff, sizeof(ret->fid));
	return 0;
}

/* The rules in force, NULL: they cannot be read */
static const char *in_force;

int policy_ops_text(const struct policy_ops *ops, int map_fd, char **ret)
{
	(void)ops;
	(void)map_fd;
	*ret = in_force ? strdup(in_force) : NULL;
	return *ret ? 0 : -EPERM;
}

/* The linker turns calls of the real ones, which look at /sys, into these */
int __real_policy_sysfs_read(struct policy_state *ret, const char *dir);
int __wrap_policy_sysfs_read(struct policy_state *ret, const char *dir);
int __real_function_list_read(struct function_list *l, const char *sysfs);
int __wrap_function_list_read(struct function_list *l, const char *sysfs);

int __wrap_policy_sysfs_read(struct policy_state *ret, const char *dir)
{
	return __real_policy_sysfs_read(ret, dir ? dir : sysfs_of_policies);
}

int __wrap_function_list_read(struct function_list *l, const char *sysfs)
{
	return __real_function_list_read(l, sysfs ? sysfs : machine);
}

/* --- the machine --------------------------------------------------------- */

static void put_function(void)
{
	const char *dev = "devices/pci0001:00/0001:00:00.0";
	char path[128];
	const struct {
		const char *name;
		const char *text;
	} attrs[] = {
		{ "function_id", "0x00000011\n" }, { "uid", "0x1\n" }, { "pchid", "0x01a0\n" },
		{ "pft", "0x0b\n" },
		{ "error_recovery", "mediated 1\nevents 6\npending 4\npending_overflow 2\n" },
	};

	for (size_t i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dev, attrs[i].name);
		put_file(machine, path, attrs[i].text);
	}
	snprintf(path, sizeof(path), "%s/driver", dev);
	put_link(machine, path, "../../../bus/pci/drivers/nvme");
	put_link(machine, "bus/pci/devices/0001:00:00.0", "../../../devices/pci0001:00/0001:00:00.0");
}

static void put_policies(void)
{
	static const char *const empty[] = { "shadow1", "shadow2", "shadow3" };

	put_file(machine, "policies/stable/flapping.conf",
		 "[policy]\nname = flapping\ndescription = of a test\n"
		 "[rule all]\nfid = 1, 3-4\ndriver = nvme\ndevice = 1b36:*\nclass = 0x01\npec = 0x4\n"
		 "mediated = yes\nattempt = 0\nerrors-in-window = 3 in 10m\nevent = isolate\n"
		 "vote = isolate\nreset = isolate\ndeadline = 1m\n[rule again]\nfailed = reset\n");
	/* Another file of the same name, which that one hides, and another that says more */
	put_file(machine, "policies/testing/flapping.conf",
		 "[policy]\nname = flapping\n[rule all]\n");
	put_file(machine, "policies/testing/other.conf",
		 "[policy]\nname = other\nmode = enforce\n[rule again]\nfid = 3\n[rule all]\nfid = 2\n");
	snprintf(sysfs_of_policies, sizeof(sysfs_of_policies), "%s/zpci_recovery", machine);
	assert_int_equal(mkdir(sysfs_of_policies, 0755), 0);
	put_file(sysfs_of_policies, "enabled", "1\n");
	put_file(sysfs_of_policies, "enforced",
		 "name flapping\nsince_ns 12345678901\ndecisions 7\nwindow_s 600\n"
		 "disagree_event_default_isolate 2\n");
	put_file(sysfs_of_policies, "shadow0", "name candidate\ndecisions 7\n");
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
		put_file(sysfs_of_policies, empty[i], "");
	put_file(sysfs_of_policies, "clamps", "vote_isolate 3\n");
	put_file(sysfs_of_policies, "exit",
		 "policy old\nkind budget\ncode 2\ntext too many illegal verdicts\nat_ns 99\n");
}

static int make_machine(void **state)
{
	char tree[PATH_MAX];

	(void)state;
	machine = make_temp_dir();
	put_function();
	put_policies();
	snprintf(tree, sizeof(tree), "%s/policies", machine);
	return setenv("ZREC_POLICY_DIR", tree, 1);
}

static int drop_machine(void **state)
{
	(void)state;
	remove_temp_dir(machine);
	return 0;
}

/* --- the documents ------------------------------------------------------- */

/* What the command prints, without "meta", which has its own schema */
static void add_document(json_t *set, const char *name, const struct command *command, char **argv)
{
	struct run r = run_command(command, argv);
	json_error_t error;
	json_t *o = json_loads(r.out, JSON_REJECT_DUPLICATES, &error);

	if (!o)
		fail_msg("%s: %s: %s%s", name, error.text, r.out, r.err);
	assert_int_equal(json_object_del(o, "meta"), 0);
	schema_add(set, name, o);
	json_decref(o);
	end_run(&r);
}

/* What all commands end with that change policies, here with nothing changed */
static int change(void *args)
{
	struct policy_session session;

	(void)args;
	assert_int_equal(policy_state_read(&session.state), 0);
	return policy_print_result(&session, OUTPUT_JSON, "apply", "flapping", "");
}

static const struct cli_option changing_options[] = { CLI_FORMAT(struct policy_args, format), { 0 } };
static const struct command changing = {
	.name = "zrec", .options = changing_options, .size = sizeof(struct policy_args), .run = change,
};

#define ADD(set, name, command, ...) \
	add_document(set, name, command, (char *[]){ "zrec", ##__VA_ARGS__, "--format", "json", NULL })

static void documents_have_the_keys_of_this_api_level(void **state)
{
	json_t *set = json_object();
	char bad[PATH_MAX];

	(void)state;
	ADD(set, "check", &policy_cmd_check, "--no-load", "flapping");
	ADD(set, "doctor", &cmd_doctor);
	ADD(set, "latency", &cmd_latency, "--by", "step");
	ADD(set, "latency", &cmd_latency, "--by", "driver");
	ADD(set, "latency", &cmd_latency, "--by", "function");
	ADD(set, "latency", &cmd_latency, "--by", "pec");
	ADD(set, "diff", &policy_cmd_diff, "flapping", "other");
	ADD(set, "list", &policy_cmd_list);
	in_force = "[policy]\nname = flapping\nmode = shadow\n\n[rule all]\n";
	ADD(set, "list", &policy_cmd_list);
	ADD(set, "diff", &policy_cmd_diff, "flapping");
	in_force = NULL;
	ADD(set, "show", &policy_cmd_show, "flapping");
	ADD(set, "machine", &cmd_status);
	ADD(set, "status", &policy_cmd_status);
	ADD(set, "changed", &changing);
	put_file(machine, "bad.conf", "[policy]\nname = bad\n[rule all]\nevent = isolat\n");
	snprintf(bad, sizeof(bad), "%s/bad.conf", machine);
	ADD(set, "failed", &policy_cmd_check, bad);
	assert_schema("documents", set);
	json_decref(set);
}

/* The same in pieces */
static void jsonl_of_a_command_has_one_key_a_line(void **state)
{
	struct run r = run_command(&policy_cmd_status,
				   (char *[]){ "zrec", "--format", "jsonl", NULL });
	int policies = 0;

	(void)state;
	for (char *line = strtok(r.out, "\n"); line; line = strtok(NULL, "\n")) {
		json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		assert_int_equal(json_object_size(o), 1);
		policies += json_object_get(o, "policy") != NULL;
		json_decref(o);
	}
	assert_int_equal(policies, 2);
	end_run(&r);
}

/* Runs "zrec policy list", and finds the policy of that file in that directory */
static json_t *listed(const char *file, const char *tier)
{
	struct run r = run_command(&policy_cmd_list, (char *[]){ "zrec", "--format", "json", NULL });
	json_t *o = json_loads(r.out, JSON_REJECT_DUPLICATES, NULL), *found = NULL, *v;
	size_t i;

	assert_int_equal(r.rc, 0);
	json_array_foreach(json_object_get(o, "policies"), i, v)
		if (!strcmp(json_string_value(json_object_get(v, "file")), file) &&
		    !strcmp(json_string_value(json_object_get(v, "tier")), tier))
			found = json_incref(v);
	assert_non_null(found);
	json_decref(o);
	end_run(&r);
	return found;
}

static void assert_state(const char *file, const char *tier, const char *state, bool sure, bool differs)
{
	json_t *o = listed(file, tier), *v = json_object_get(o, "state");

	if (state)
		assert_string_equal(json_string_value(v), state);
	else
		assert_null(v);
	assert_int_equal(json_is_true(json_object_get(o, "state_sure")), sure);
	assert_int_equal(json_is_true(json_object_get(o, "differs")), differs);
	json_decref(o);
}

/* Two files have the name that is enforced: their rules say which it is, or nobody knows */
static void what_is_enforced_is_found_by_its_rules(void **state)
{
	(void)state;
	assert_state("flapping", "stable", "enforced", false, false);
	assert_state("flapping", "testing", "enforced", false, false);
	in_force = "[policy]\nname = flapping\nmode = shadow\n\n[rule all]\n";
	assert_state("flapping", "stable", NULL, false, true);
	assert_state("flapping", "testing", "enforced", true, false);
	assert_state("other", "testing", NULL, false, false);
	in_force = NULL;
}

static void assert_diff(const char *a, const char *b, int code, const char *expected)
{
	struct run r = run_command(&policy_cmd_diff, (char *[]){ "zrec", (char *)a, (char *)b, NULL });

	assert_string_equal(r.err, "");
	/* The first line has the path of this test's machine */
	assert_string_equal(r.out + strcspn(r.out, "\n"), expected);
	assert_int_equal(r.rc, code);
	end_run(&r);
}

static void what_is_enforced_is_compared(void **state)
{
	(void)state;
	in_force = "[policy]\nname = other\nmode = enforce\n\n[rule again]\nfid = 0x3\n\n[rule all]\nfid = 0x2\n";
	assert_diff("other", NULL, 0, "");
	assert_diff("enforced", "other", 0, "");
	assert_diff("enforced", "enforced", 0, "");
	in_force = "[policy]\nname = other\nmode = shadow\n\n[rule all]\nfid = 0x2\n\n[rule again]\nfid = 0x3\n";
	assert_diff("other", "enforced", 2,
		    "\n+++ enforced\n [policy]\n-mode = enforce\n+mode = shadow\n"
		    "-[rule again]\n-fid = 0x3\n+[rule again]\n+fid = 0x3\n");
	in_force = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_have_the_keys_of_this_api_level),
		cmocka_unit_test(jsonl_of_a_command_has_one_key_a_line),
		cmocka_unit_test(since_when_nothing_is_recorded_is_in_local_time),
		cmocka_unit_test(what_is_enforced_is_found_by_its_rules),
		cmocka_unit_test(what_is_enforced_is_compared),
	};

	return cmocka_run_group_tests_name("documents", tests, make_machine, drop_machine);
}
