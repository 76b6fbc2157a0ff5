// SPDX-License-Identifier: GPL-2.0
/* Policies into the kernel, and what they decide there */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/batch.h"
#include "policy/object-int.h"
#include "rules/rules-int.h"

#define LOG_LINES	12		/* of the verifier's, the last ones */

/* bpf/rules.bpf.c, compiled; bpf/embed.py put it here */
extern const unsigned char rules_object[];
extern const size_t rules_object_size;

/* --- a rule file becomes an object --- */

static int fill_map(struct policy *policy, const char *name, const void *data, size_t size)
{
	struct bpf_map *map = bpf_object__find_map_by_name(policy->object, name);
	size_t have = 0;
	void *value;
	int err;

	if (!map)
		return -EINVAL;
	err = bpf_map__value_size(map) == size ? 0 : bpf_map__set_value_size(map, (__u32)size);
	if (err)
		return err;
	value = bpf_map__initial_value(map, &have);
	if (!value || have < size)
		return -EINVAL;
	memcpy(value, data, size);
	return 0;
}

static int fill_tables(struct policy *policy, const struct rules_table *t)
{
	const struct rules_head *head = &t->head;
	int err;

	err = fill_map(policy, ".rodata.head", head, sizeof(*head));
	if (!err)
		err = fill_map(policy, ".rodata.rules", t->rules,
			       (head->nr_rules ? head->nr_rules : 1) * sizeof(*t->rules));
	if (!err)
		err = fill_map(policy, ".rodata.intervals", t->intervals,
			       (head->nr_intervals ? head->nr_intervals : 1) *
			       sizeof(*t->intervals));
	if (!err)
		err = fill_map(policy, ".rodata.drivers", t->drivers,
			       (head->nr_drivers ? head->nr_drivers : 1) * sizeof(*t->drivers));
	if (!err)
		err = fill_map(policy, ".rodata.sets", t->sets, (head->set_mask + 1ul) * sizeof(*t->sets));
	return err;
}

static int compile(struct policy *policy)
{
	struct rules_table *table = NULL;
	int err = rules_compile(policy->rules, &table);

	if (!err)
		err = fill_tables(policy, table);
	rules_table_free(table);
	return err;
}

/* The rules in force can be read again, even when the file is gone */
static int fill_text(struct policy *policy)
{
	char *text = rules_to_text(policy->rules);
	int err = text ? fill_map(policy, RULES_TEXT_MAP, text, strlen(text) + 1) : -ENOMEM;

	free(text);
	return err;
}

/* What a BPF object has from its source */
static int write_settings(struct policy *policy)
{
	size_t size = 0;
	char *name = policy_field(policy, "name", &size);
	int err;

	if (!name || !policy->setup || size != ZPCI_POLICY_NAME_LEN)
		return -EINVAL;
	memset(name, 0, size);
	strcpy(name, policy->about.name);
	strcpy(policy->setup->description, policy->about.description);
	err = policy_write_mode(policy);
	return err ? err : policy_write_budget(policy);
}

static int make_object(struct policy *policy)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "zrec_rules",
		    .kernel_log_size = POLICY_LOG_SIZE);
	int err;

	policy->log = calloc(1, POLICY_LOG_SIZE);
	if (!policy->log)
		return -ENOMEM;
	opts.kernel_log_buf = policy->log;
	policy->object = bpf_object__open_mem(rules_object, rules_object_size, &opts);
	err = policy->object ? policy_adopt(policy, NULL) : -errno;
	if (!err)
		err = write_settings(policy);
	if (!err)
		err = compile(policy);
	return err ? err : fill_text(policy);
}

static void write_canary(struct policy *policy)
{
	policy->setup->canary = policy->canary.kind;
	policy->setup->percent = policy->canary.percent;
	policy->setup->nr_fids = (uint32_t)policy->canary.nr_fids;
	memcpy(policy->setup->fid, policy->canary.fid, sizeof(policy->setup->fid));
}

static int prepare(struct policy *policy)
{
	int err = policy->rules ? make_object(policy) : 0;

	if (err) {
		log_error("%s: cannot prepare the rule program: %s", policy->path, strerror(-err));
		return err;
	}
	if (policy->setup)
		write_canary(policy);
	return 0;
}

/* --- into the kernel --- */

bool policy_kernel_has_hook(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool has = btf && btf__find_by_name_kind(btf, POLICY_OPS_TYPE, BTF_KIND_STRUCT) > 0;

	btf__free(btf);
	return has;
}

/* A replay does not need the hook. Only one for many calls needs room for them */
static int choose_programs(struct policy *policy, enum policy_use use)
{
	struct bpf_program *batch = use == POLICY_BATCH ? policy_batch_program(policy) : NULL;
	struct bpf_program *prog, *replay = batch ? batch : policy_replay_program(policy);
	bool attach = use == POLICY_ATTACH;
	int err = bpf_map__set_autocreate(policy->ops, attach);

	if (!err && batch)
		err = bpf_map__set_max_entries(bpf_object__find_map_by_name(policy->object, ZPCI_REPLAY_MAP),
					       POLICY_BATCH_ROOM);
	bpf_object__for_each_program(prog, policy->object) {
		if (!err && bpf_program__type(prog) == BPF_PROG_TYPE_STRUCT_OPS)
			err = bpf_program__set_autoload(prog, attach);
		else if (!err && prog != replay)
			err = bpf_program__set_autoload(prog, false);
	}
	return err;
}

/* The verifier's log is of the program that was refused; its end says why */
static void print_log(const struct policy *policy, FILE *errors)
{
	const char *log = policy->log;
	size_t lines = 0, at = strlen(log);

	while (at && lines <= LOG_LINES)
		if (log[--at] == '\n')
			lines++;
	if (at)
		at++;
	for (const char *s = log + at; *s;) {
		size_t len = strcspn(s, "\n");

		if (len) {
			fprintf(errors, "%s: verifier: ", text_shown(policy->path));
			text_print(errors, s, len);
			fputc('\n', errors);
		}
		s += len + (s[len] == '\n');
	}
}

/* Says why the kernel does not accept it, and returns what that is to zrec */
static int refused_by_kernel(const struct policy *policy, int err, FILE *errors)
{
	const char *why = NULL;

	if (err == -EPERM)
		why = "no permission to load BPF programs, which needs CAP_BPF and CAP_PERFMON; run as root";
	else if (err == -ENOMEM)
		why = strerror(-err);
	else if (err == -EMFILE || err == -ENFILE)
		why = "too many files are open: allow more (ulimit -n)";
	/* What libbpf says when it finds no BTF of the kernel */
	else if (err == -ESRCH)
		why = "no type information of this kernel (CONFIG_DEBUG_INFO_BTF): no /sys/kernel/btf/vmlinux";
	if (why) {
		if (errors)
			fprintf(errors, "%s: %s\n", text_shown(policy->path), why);
		return err == -ESRCH ? -EOPNOTSUPP : err;
	}
	if (!errors)
		return -EREFUSED;
	/* -ENOSPC: the end of the verifier's log is all there was room for */
	fprintf(errors, "%s: the kernel refuses the policy: %s\n", text_shown(policy->path),
		err == -ENOSPC ? "its verifier rejects a program" : strerror(-err));
	print_log(policy, errors);
	return -EREFUSED;
}

int policy_load(struct policy *policy, enum policy_use use, FILE *errors)
{
	int err;

	if (use != POLICY_ATTACH && !policy->about.has_replay) {
		if (errors)
			fprintf(errors, "%s: the object has no replay entry, expected ZPCI_REPLAY() of policy.h in it\n",
				text_shown(policy->path));
		return -EOPNOTSUPP;
	}
	err = prepare(policy);
	if (err)
		return err;
	log_debug("%s: loading its programs, to %s", policy->path,
		  use == POLICY_ATTACH ? "attach them" : "replay them");
	err = choose_programs(policy, use);
	if (!err)
		err = bpf_object__load(policy->object);
	return err ? refused_by_kernel(policy, err, errors) : 0;
}

/* --- what it decides --- */

int policy_replay_call(struct policy *policy, struct zpci_replay *call)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = call, .ctx_size_in = sizeof(*call));
	struct bpf_program *prog = policy_replay_program(policy);
	int err;

	if (!prog)
		return -EOPNOTSUPP;
	err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
	if (!err)
		call->verdict = opts.retval;
	return err;
}

int policy_replay(struct policy *policy, const struct zpci_event_in *event, uint32_t member,
		  uint32_t *verdict)
{
	struct zpci_replay call = { .event = *event, .member = member };
	int err = policy_replay_call(policy, &call);

	if (!err)
		*verdict = call.verdict;
	return err;
}

int policy_replay_done(struct policy *policy, const struct zpci_event_in *event, uint32_t outcome,
		       uint32_t reason)
{
	struct zpci_replay call = {
		.event = *event,
		.member = ZPCI_MEMBER_DONE,
		.outcome = outcome,
		.reason = reason,
	};

	return policy_replay_call(policy, &call);
}
