// SPDX-License-Identifier: GPL-2.0
/* Policies from their files; object-fields.c changes them, object-load.c brings them into the kernel */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/find.h"
#include "policy/object-int.h"

#define OBJECT_MAX	(64 * 1024 * 1024)
#define STDIN_NAME	"<stdin>"
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BPF_TARGET	"bpfeb"
#else
#define BPF_TARGET	"bpfel"
#endif

int policy_refuse(const struct policy *policy, const char *text, FILE *errors)
{
	if (errors)
		fprintf(errors, "%s: %s\n", text_shown(policy->path), text);
	return -EREFUSED;
}

/* What the file itself says */
static void describe_object(struct policy *policy)
{
	struct policy_about *about = &policy->about;
	size_t size;

	about->name = policy_field(policy, "name", &size);
	about->description = policy->setup ? policy->setup->description : "";
	about->has_replay = policy_replay_program(policy);
	about->has_canary = policy->setup;
	about->mode = policy_field_u32(policy, "flags") & ZPCI_POLICY_SHADOW ? POLICY_SHADOW :
		      POLICY_ENFORCE;
	about->budget = (struct policy_budget){
		.window_s = policy_field_u32(policy, "window_s"),
		.max_isolations = policy_field_u32(policy, "max_isolations"),
		.max_clamps = policy_field_u32(policy, "max_clamps"),
		.max_failures = policy_field_u32(policy, "max_failures"),
	};
	for (unsigned int i = 0; i < ZPCI_NR_MEMBERS; i++)
		about->member[i] = policy_member_program(policy, i);
}

static void describe_rules(struct policy *policy)
{
	struct policy_about *about = &policy->about;

	about->name = rules_name(policy->rules);
	about->description = rules_description(policy->rules);
	about->is_rules = true;
	about->has_replay = true;
	about->has_canary = true;
	about->mode = rules_mode(policy->rules);
	about->budget = *rules_budget(policy->rules);
	about->rules = rules_count(policy->rules);
	for (unsigned int i = 0; i < ZPCI_NR_MEMBERS; i++)
		about->member[i] = rules_decide_member(policy->rules, i);
}

/* As libbpf calls it where it reads the file: bpftool shows maps by it */
static void object_name(const struct policy *policy, char *buf, size_t len)
{
	const char *slash = strrchr(policy->path, '/'), *base = slash ? slash + 1 : policy->path;

	if (base[0] == '<')
		base = "policy";
	snprintf(buf, len, "%.*s", (int)strcspn(base, "."), base);
}

/* From what was read already, so that a file that cannot be read is not taken for a bad one */
static int open_object(struct policy *policy, FILE *errors)
{
	char name[BPF_OBJ_NAME_LEN];
	LIBBPF_OPTS(bpf_object_open_opts, opts, .kernel_log_size = POLICY_LOG_SIZE,
		    .object_name = name);
	int err;

	object_name(policy, name, sizeof(name));
	policy->log = calloc(1, POLICY_LOG_SIZE);
	if (!policy->log)
		return -ENOMEM;
	opts.kernel_log_buf = policy->log;
	policy->object = bpf_object__open_mem(policy->text, policy->text_len, &opts);
	err = policy->object ? 0 : -errno;
	if (!err)
		err = policy_adopt(policy, errors);
	else if (err == -ENOENT)
		/* libbpf says so of an extern that nobody defines: policy.h has one */
		err = policy_refuse(policy, "something in it is declared and not there, expected ZPCI_POLICY() of policy.h in it",
				    errors);
	else if (err != -ENOMEM)
		err = policy_refuse(policy, "no BPF object for this machine, expected one made by clang --target=" BPF_TARGET ", with -g",
				    errors);
	else if (errors)
		fprintf(errors, "%s: %s\n", text_shown(policy->path), strerror(-err));
	if (!err)
		describe_object(policy);
	return err;
}

static int parse_rules(struct policy *policy, bool quick, FILE *errors)
{
	int err;

	if (quick)
		err = rules_parse_quick(policy->path, policy->text, policy->text_len,
					&policy->rules, errors);
	else
		err = rules_parse(policy->path, policy->text, policy->text_len, &policy->rules,
				  errors);
	if (!err)
		describe_rules(policy);
	return err == -EINVAL ? -EREFUSED : err;
}

static int too_large(const struct policy *policy, size_t max, FILE *errors)
{
	char text[80];

	snprintf(text, sizeof(text), "it is larger than %zu MiB, expected a rule file or a BPF object", max >> 20);
	return policy_refuse(policy, text, errors);
}

static int read_text(struct policy *policy, const char *path, size_t max, FILE *errors)
{
	int err = file_read(path, max, &policy->text, &policy->text_len);

	if (err == -EFBIG)
		return too_large(policy, max, errors);
	if (err && errors)
		fprintf(errors, "%s: cannot read it: %s\n", text_shown(policy->path), strerror(-err));
	return err;
}

/* What has no name that says what it is, says so by its first bytes. Read once: it may be a pipe */
static int open_stream(struct policy *policy, const char *path, bool quick, FILE *errors)
{
	static const char elf[] = "\177ELF";
	int err = read_text(policy, path, OBJECT_MAX, errors);

	if (err)
		return err;
	if (policy->text_len >= strlen(elf) && !memcmp(policy->text, elf, strlen(elf)))
		return open_object(policy, errors);
	if (policy->text_len > RULES_FILE_MAX)
		return too_large(policy, RULES_FILE_MAX, errors);
	return parse_rules(policy, quick, errors);
}

static struct policy *new_policy(void)
{
	struct policy *policy = calloc(1, sizeof(*policy));

	if (policy)
		policy->about.path = policy->path;
	return policy;
}

static bool ends_in(const char *s, const char *end)
{
	size_t len = strlen(s), end_len = strlen(end);

	return len >= end_len && !strcmp(s + len - end_len, end);
}

/* /dev/stdin, say, is a file or a pipe of any name */
static bool is_stream(const char *path)
{
	struct stat st;

	return (!ends_in(path, ".o") && !ends_in(path, ".conf")) ||
	       (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode));
}

static int open_file(struct policy *policy, const char *what, bool quick, FILE *errors)
{
	int err = policy_find(what, policy->path);

	if (err && errors) {
		/* A file that is there may still be out of reach */
		if (err == -ENOENT && !strchr(what, '/'))
			fprintf(errors, "%s: no such policy or file; 'zrec policy list' has those that are installed\n", text_shown(what));
		else
			fprintf(errors, "%s: %s\n", text_shown(what), strerror(-err));
	}
	if (err)
		return err;
	if (is_stream(policy->path))
		return open_stream(policy, policy->path, quick, errors);
	if (ends_in(policy->path, ".o")) {
		err = read_text(policy, policy->path, OBJECT_MAX, errors);
		return err ? err : open_object(policy, errors);
	}
	err = read_text(policy, policy->path, RULES_FILE_MAX, errors);
	return err ? err : parse_rules(policy, quick, errors);
}

static int open_any(struct policy **ret, const char *what, bool quick, FILE *errors)
{
	struct policy *policy = new_policy();
	int err;

	if (!policy)
		return -ENOMEM;
	if (!strcmp(what, "-")) {
		strcpy(policy->path, STDIN_NAME);
		err = open_stream(policy, "-", quick, errors);
	} else {
		err = open_file(policy, what, quick, errors);
	}
	if (err) {
		policy_close(policy);
		return err;
	}
	log_debug("%s: read: %s, policy '%s'", policy->path, policy->rules ? "rules" : "an object",
		  policy->about.name);
	*ret = policy;
	return 0;
}

int policy_open(struct policy **ret, const char *what, FILE *errors)
{
	return open_any(ret, what, false, errors);
}

int policy_open_quick(struct policy **ret, const char *what, FILE *errors)
{
	return open_any(ret, what, true, errors);
}

int policy_open_again(struct policy **ret, const struct policy *policy, FILE *errors)
{
	struct policy *again = new_policy();
	int err = -ENOMEM;

	if (!again)
		return err;
	strcpy(again->path, policy->path);
	again->text_len = policy->text_len;
	again->text = malloc(policy->text_len + 1);
	if (again->text) {
		memcpy(again->text, policy->text, policy->text_len + 1);
		err = policy->rules ? parse_rules(again, true, errors) : open_object(again, errors);
	}
	if (err) {
		policy_close(again);
		return err;
	}
	again->canary = policy->canary;
	*ret = again;
	return 0;
}

int policy_open_text(struct policy **ret, const char *name, const char *text, FILE *errors)
{
	struct policy *policy = new_policy();
	int err = -ENOMEM;

	if (!policy)
		return err;
	snprintf(policy->path, sizeof(policy->path), "%s", name);
	policy->text_len = strlen(text);
	policy->text = strdup(text);
	if (policy->text)
		err = parse_rules(policy, true, errors);
	if (err)
		policy_close(policy);
	else
		*ret = policy;
	return err;
}

void policy_close(struct policy *policy)
{
	if (!policy)
		return;
	bpf_object__close(policy->object);
	rules_free(policy->rules);
	free(policy->text);
	free(policy->log);
	free(policy);
}

void policy_about(const struct policy *policy, struct policy_about *ret)
{
	*ret = policy->about;
}

bool policy_same_file(const struct policy *a, const struct policy *b)
{
	return a->text_len == b->text_len && !memcmp(a->text, b->text, a->text_len);
}

const struct rules *policy_rules(const struct policy *policy)
{
	return policy->rules;
}

const char *policy_text(const struct policy *policy, size_t *len)
{
	*len = policy->rules ? policy->text_len : 0;
	return policy->rules ? policy->text : NULL;
}

struct bpf_map *policy_map(const struct policy *policy)
{
	return policy->ops;
}

struct bpf_object *policy_object(const struct policy *policy)
{
	return policy->object;
}
