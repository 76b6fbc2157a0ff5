// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bpf-abi.h"
#include "base/exit.h"
#include "base/file.h"
#include "base/log.h"
#include "record/names.h"
#include "policy/object.h"
#include "policy/object-int.h"
#include "rules/rules-int.h"

#define OPS_TYPE	"zpci_recovery_ops"
#define REPLAY_PROG	"zpci_replay"
#define LOG_SIZE	(1024 * 1024)
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BPF_TARGET	"bpfeb"
#else
#define BPF_TARGET	"bpfel"
#endif
#define LOG_LINES	12		/* of the verifier's, the last ones */

/* bpf/rules.bpf.c, compiled; bpf/embed.py put it here */
extern const unsigned char rules_object[];
extern const size_t rules_object_size;

static void *initial_value(const struct policy *policy, const char *name, size_t at_least)
{
	struct bpf_map *map = bpf_object__find_map_by_name(policy->object, name);
	size_t size = 0;
	void *value = map ? bpf_map__initial_value(map, &size) : NULL;

	return size >= at_least ? value : NULL;
}

/* --- what is in the file's struct zpci_recovery_ops --- */

static const struct btf_type *ops_type(const struct policy *policy)
{
	const struct btf *btf = bpf_object__btf(policy->object);
	__s32 id = btf ? btf__find_by_name_kind(btf, OPS_TYPE, BTF_KIND_STRUCT) : -1;

	return id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;
}

/* A member of the map's initial value, as the object lays it out */
static void *ops_member(const struct policy *policy, const char *name, size_t *ret_size)
{
	const struct btf *btf = bpf_object__btf(policy->object);
	const struct btf_type *type = ops_type(policy);
	size_t size = 0;
	char *value = bpf_map__initial_value(policy->ops, &size);

	for (__u32 i = 0; value && type && i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		size_t at = btf_member_bit_offset(type, i) / 8;
		__s64 len = btf__resolve_size(btf, member->type);

		if (strcmp(btf__name_by_offset(btf, member->name_off), name))
			continue;
		if (len <= 0 || at + (size_t)len > size)
			return NULL;
		*ret_size = (size_t)len;
		return value + at;
	}
	return NULL;
}

static uint32_t ops_u32(const struct policy *policy, const char *name)
{
	size_t size;
	uint32_t *p = ops_member(policy, name, &size);

	return p && size == sizeof(*p) ? *p : 0;
}

static int ops_set_u32(struct policy *policy, const char *name, uint32_t value)
{
	size_t size;
	uint32_t *p = ops_member(policy, name, &size);

	if (!p || size != sizeof(*p))
		return value ? -EOPNOTSUPP : 0;
	*p = value;
	return 0;
}

/* Programs named in the object's relocations: those of SEC("struct_ops/...") */
static struct bpf_program *member_prog(const struct policy *policy, unsigned int member)
{
	char section[32];
	struct bpf_program *prog;

	snprintf(section, sizeof(section), "struct_ops/%s", name_member(member));
	bpf_object__for_each_program(prog, policy->object)
		if (!strcmp(bpf_program__section_name(prog), section))
			return prog;
	return NULL;
}

static struct bpf_program *replay_prog(const struct policy *policy)
{
	struct bpf_program *prog;

	prog = bpf_object__find_program_by_name(policy->object, REPLAY_PROG);
	return prog && bpf_program__type(prog) == BPF_PROG_TYPE_SYSCALL ? prog : NULL;
}

static struct bpf_map *find_ops(const struct policy *policy, size_t *nr)
{
	struct bpf_map *map, *ops = NULL;

	*nr = 0;
	bpf_object__for_each_map(map, policy->object) {
		if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
			continue;
		(*nr)++;
		ops = map;
	}
	return ops;
}

/* --- opening --- */

static int refuse(FILE *errors, const char *path, const char *text)
{
	if (errors)
		fprintf(errors, "%s: %s\n", path, text);
	return -EREFUSED;
}

static int adopt_object(struct policy *policy, FILE *errors)
{
	size_t nr, size = 0;
	unsigned int window_s;
	const char *name;

	policy->ops = find_ops(policy, &nr);
	if (nr != 1 || !ops_type(policy) || !(bpf_map__map_flags(policy->ops) & ABI_F_LINK))
		return refuse(errors, policy->path,
			      "no policy in it, expected one SEC(\".struct_ops.link\") struct zpci_recovery_ops");
	name = ops_member(policy, "name", &size);
	if (!name || size != ZPCI_POLICY_NAME_LEN || !name[0] || !memchr(name, 0, size))
		return refuse(errors, policy->path,
			      "the policy has no name, expected .name of 1 to 31 characters");
	/* The kernel takes a "." as well, but bpffs does not, where it is pinned by its name */
	if (!policy_name_valid(name))
		return refuse(errors, policy->path,
			      "bad name of the policy, expected .name of letters, digits, '-' and '_'");
	window_s = ops_u32(policy, "window_s");
	if (ops_u32(policy, "flags") & ~ZPCI_POLICY_SHADOW ||
	    (window_s && window_s < ZPCI_WINDOW_S_MIN) || window_s > ZPCI_WINDOW_S_MAX ||
	    ops_u32(policy, "max_isolations") > ZPCI_ISOLATIONS_MAX ||
	    ops_u32(policy, "max_clamps") > ZPCI_CLAMPS_MAX ||
	    ops_u32(policy, "max_failures") > ZPCI_FAILURES_MAX)
		return refuse(errors, policy->path,
			      "flags or limits that the kernel refuses, expected flags 0 or 1 and at most 64 isolations, 1000 clamps, 64 failures in 60 to 86400 s");
	policy->setup = initial_value(policy, ZPCI_POLICY_SETUP_MAP, sizeof(*policy->setup));
	if (policy->setup && policy->setup->abi != ZPCI_POLICY_ABI)
		return refuse(errors, policy->path,
			      "made with the policy.h of another zrec, expected it compiled again");
	if (policy->setup && (!memchr(policy->setup->description, 0, ZPCI_POLICY_TEXT_LEN) ||
			      !name_is_utf8(policy->setup->description)))
		return refuse(errors, policy->path,
			      "bad text in ZPCI_POLICY(), expected at most 119 bytes in UTF-8");
	return 0;
}

static int open_object(struct policy *policy, FILE *errors)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .kernel_log_buf = policy->log,
		    .kernel_log_size = LOG_SIZE);
	int err;

	policy->object = bpf_object__open_file(policy->path, &opts);
	if (policy->object)
		return adopt_object(policy, errors);
	err = -errno;
	/* libbpf says so of an extern that nobody defines: policy.h has one */
	if (err == -ENOENT && !access(policy->path, F_OK))
		return refuse(errors, policy->path,
			      "something in it is declared and not there, expected ZPCI_POLICY() of policy.h in it");
	if (errors)
		fprintf(errors, "%s: %s\n", policy->path,
			err == -ENOENT || err == -EACCES ? strerror(-err) :
			"no BPF object for this machine, expected one made by clang --target=" BPF_TARGET ", with -g");
	return err == -ENOENT || err == -EACCES || err == -EISDIR ? err : -EREFUSED;
}

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

/* The embedded object becomes that policy */
static int dress(struct policy *policy)
{
	struct rules_table *table = NULL;
	size_t size;
	char *name;
	int err;

	err = rules_compile(policy->rules, &table);
	if (!err)
		err = fill_tables(policy, table);
	rules_table_free(table);
	if (err)
		return err;
	name = ops_member(policy, "name", &size);
	memset(name, 0, size);
	strcpy(name, rules_name(policy->rules));
	strcpy((char *)policy->setup->description, rules_description(policy->rules));
	err = policy_set_mode(policy, rules_mode(policy->rules));
	return err ? err : policy_set_budget(policy, rules_budget(policy->rules));
}

static int read_rules(struct policy *policy, FILE *errors)
{
	char *text;
	size_t len;
	int err = file_read(policy->path, RULES_FILE_MAX, &text, &len);

	if (err) {
		if (errors)
			fprintf(errors, "%s: cannot read it: %s\n", policy->path, strerror(-err));
		/* A directory, say, is not a bad rule file */
		return err == -EINVAL ? -EIO : err;
	}
	err = rules_parse(policy->path, text, len, &policy->rules, errors);
	free(text);
	return err;
}

static int open_rules(struct policy *policy, FILE *errors)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "zrec_rules",
		    .kernel_log_buf = policy->log, .kernel_log_size = LOG_SIZE);
	int err;

	err = read_rules(policy, errors);
	if (err)
		return err == -EINVAL ? -EREFUSED : err;
	policy->object = bpf_object__open_mem(rules_object, rules_object_size, &opts);
	err = policy->object ? adopt_object(policy, errors) : -errno;
	if (!err && !policy->setup)
		err = -EINVAL;
	if (!err)
		err = dress(policy);
	if (err && err != -ENOMEM)
		log_error("%s: cannot prepare the rule program: %s", policy->path, strerror(-err));
	return err;
}

static bool ends_in(const char *s, const char *end)
{
	size_t len = strlen(s), end_len = strlen(end);

	return len >= end_len && !strcmp(s + len - end_len, end);
}

int policy_open(struct policy **ret, const char *what, FILE *errors)
{
	struct policy *policy = calloc(1, sizeof(*policy));
	int err = -ENOMEM;

	if (!policy)
		return err;
	policy->log = calloc(1, LOG_SIZE);
	if (!policy->log)
		goto out;
	err = policy_find(what, policy->path);
	if (err) {
		if (errors)
			fprintf(errors, "%s: no such policy or file\n", what);
		goto out;
	}
	err = ends_in(policy->path, ".o") ? open_object(policy, errors) :
	      open_rules(policy, errors);
out:
	if (err) {
		policy_close(policy);
		return err;
	}
	*ret = policy;
	return 0;
}

void policy_close(struct policy *policy)
{
	if (!policy)
		return;
	bpf_object__close(policy->object);
	rules_free(policy->rules);
	free(policy->log);
	free(policy);
}

void policy_about(const struct policy *policy, struct policy_about *ret)
{
	size_t size;

	*ret = (struct policy_about){
		.path = policy->path,
		.name = ops_member(policy, "name", &size),
		.description = policy->setup ? (const char *)policy->setup->description : "",
		.is_rules = policy->rules,
		.has_replay = replay_prog(policy),
		.has_canary = policy->setup,
		.mode = ops_u32(policy, "flags") & ZPCI_POLICY_SHADOW ? POLICY_SHADOW :
			POLICY_ENFORCE,
		.budget = {
			.window_s = ops_u32(policy, "window_s"),
			.max_isolations = ops_u32(policy, "max_isolations"),
			.max_clamps = ops_u32(policy, "max_clamps"),
			.max_failures = ops_u32(policy, "max_failures"),
		},
		.rules = policy->rules ? rules_count(policy->rules) : 0,
	};
	for (unsigned int i = 0; i < ZPCI_NR_MEMBERS; i++)
		ret->member[i] = policy->rules ? rules_decide_member(policy->rules, i) :
				 member_prog(policy, i) != NULL;
}

/* --- changes before the kernel sees it --- */

int policy_set_mode(struct policy *policy, enum policy_mode mode)
{
	uint32_t flags = ops_u32(policy, "flags") & ~ZPCI_POLICY_SHADOW;

	return ops_set_u32(policy, "flags",
			   mode == POLICY_SHADOW ? flags | ZPCI_POLICY_SHADOW : flags);
}

int policy_set_budget(struct policy *policy, const struct policy_budget *budget)
{
	const struct {
		const char *name;
		uint32_t value;
	} limits[] = {
		{ "window_s", budget->window_s },
		{ "max_isolations", budget->max_isolations },
		{ "max_clamps", budget->max_clamps },
		{ "max_failures", budget->max_failures },
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(limits) / sizeof(limits[0]); i++)
		if (limits[i].value)
			err = ops_set_u32(policy, limits[i].name, limits[i].value);
	return err;
}

int policy_set_canary(struct policy *policy, const struct policy_canary *canary)
{
	if (!policy->setup)
		return canary->kind == ZPCI_CANARY_OFF ? 0 : -EOPNOTSUPP;
	policy->setup->canary = canary->kind;
	policy->setup->percent = canary->percent;
	policy->setup->nr_fids = (uint32_t)canary->nr_fids;
	memcpy(policy->setup->fid, canary->fid, sizeof(policy->setup->fid));
	return 0;
}

/* --- into the kernel --- */

bool policy_kernel_has_hook(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool has = btf && btf__find_by_name_kind(btf, OPS_TYPE, BTF_KIND_STRUCT) > 0;

	btf__free(btf);
	return has;
}

/* What only replays needs nothing of the hook */
static int choose_programs(struct policy *policy, bool attach)
{
	struct bpf_program *prog, *replay = replay_prog(policy);
	int err = bpf_map__set_autocreate(policy->ops, attach);

	bpf_object__for_each_program(prog, policy->object) {
		if (!err && bpf_program__type(prog) == BPF_PROG_TYPE_STRUCT_OPS)
			err = bpf_program__set_autoload(prog, attach);
		else if (!err && prog != replay)
			err = bpf_program__set_autoload(prog, false);
	}
	return err;
}

/* The verifier's log is of the program that was refused; its end says why */
static void tell_log(const struct policy *policy, const char *log, FILE *errors)
{
	size_t lines = 0, at = strlen(log);

	while (at && lines <= LOG_LINES)
		if (log[--at] == '\n')
			lines++;
	if (at)
		at++;
	for (const char *s = log + at; *s;) {
		size_t len = strcspn(s, "\n");

		if (len)
			fprintf(errors, "%s: verifier: %.*s\n", policy->path, (int)len, s);
		s += len + (s[len] == '\n');
	}
}

static int tell_refused(const struct policy *policy, int err, FILE *errors)
{
	if (err == -EPERM || err == -ENOMEM) {
		if (errors)
			fprintf(errors, "%s: %s\n", policy->path, err == -ENOMEM ? strerror(-err) :
				"no permission to load BPF programs, which takes CAP_BPF and CAP_PERFMON; run as root");
		return err;
	}
	if (!errors)
		return -EREFUSED;
	/* -ENOSPC: the end of the verifier's log is all there was room for */
	fprintf(errors, "%s: the kernel refuses the policy: %s\n", policy->path,
		err == -ENOSPC ? "its verifier rejects a program" : strerror(-err));
	tell_log(policy, policy->log, errors);
	return -EREFUSED;
}

int policy_load(struct policy *policy, enum policy_use use, FILE *errors)
{
	const char *missing = NULL;
	int err;

	if (use == POLICY_ATTACH && !policy_kernel_has_hook())
		missing = "this kernel has no policy hook (struct zpci_recovery_ops of zrec's kernel series)";
	else if (use == POLICY_REPLAY && !replay_prog(policy))
		missing = "the object has no replay entry, expected ZPCI_REPLAY() of policy.h in it";
	if (missing) {
		if (errors)
			fprintf(errors, "%s: %s\n", policy->path, missing);
		return -EOPNOTSUPP;
	}
	err = choose_programs(policy, use == POLICY_ATTACH);
	if (!err)
		err = bpf_object__load(policy->object);
	return err ? tell_refused(policy, err, errors) : 0;
}

struct bpf_map *policy_map(const struct policy *policy)
{
	return policy->ops;
}

struct bpf_object *policy_object(const struct policy *policy)
{
	return policy->object;
}

static int replay(const struct policy *policy, struct zpci_replay *ctx, uint32_t *verdict)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = ctx, .ctx_size_in = sizeof(*ctx));
	struct bpf_program *prog = replay_prog(policy);
	int err;

	if (!prog)
		return -EOPNOTSUPP;
	err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
	if (!err)
		*verdict = opts.retval;
	return err;
}

int policy_replay(struct policy *policy, const struct zpci_event_in *event, uint32_t member,
		  uint32_t *verdict)
{
	struct zpci_replay ctx = { .event = *event, .member = member };

	return replay(policy, &ctx, verdict);
}

int policy_replay_done(struct policy *policy, const struct zpci_event_in *event, uint32_t outcome,
		       uint32_t reason)
{
	struct zpci_replay ctx = {
		.event = *event,
		.member = ZPCI_MEMBER_DONE,
		.outcome = outcome,
		.reason = reason,
	};
	uint32_t none;

	return replay(policy, &ctx, &none);
}
