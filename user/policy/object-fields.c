// SPDX-License-Identifier: GPL-2.0
/* What is in a BPF object that is a policy, by name, and what can be changed before it is loaded */
#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "base/bpf-abi.h"
#include "base/exit.h"
#include "base/text.h"
#include "policy/find.h"
#include "policy/object-int.h"
#include "record/names.h"

#define REPLAY_PROGRAM	"zpci_replay"
#define BATCH_PROGRAM	"zpci_replay_batch"

void *policy_map_value(const struct policy *policy, const char *name, size_t at_least)
{
	struct bpf_map *map = bpf_object__find_map_by_name(policy->object, name);
	size_t size = 0;
	void *value = map ? bpf_map__initial_value(map, &size) : NULL;

	return size >= at_least ? value : NULL;
}

static const struct btf_type *ops_type(const struct policy *policy)
{
	const struct btf *btf = bpf_object__btf(policy->object);
	__s32 id = btf ? btf__find_by_name_kind(btf, POLICY_OPS_TYPE, BTF_KIND_STRUCT) : -1;

	return id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;
}

/* As the object lays it out */
void *policy_field(const struct policy *policy, const char *name, size_t *ret_size)
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

/* The object says where a field is, at any byte */
uint32_t policy_field_u32(const struct policy *policy, const char *name)
{
	size_t size = 0;
	const void *at = policy_field(policy, name, &size);
	uint32_t value = 0;

	if (at && size == sizeof(value))
		memcpy(&value, at, size);
	return value;
}

int policy_field_set_u32(struct policy *policy, const char *name, uint32_t value)
{
	size_t size = 0;
	void *at = policy_field(policy, name, &size);

	if (!at || size != sizeof(value))
		return value ? -EOPNOTSUPP : 0;
	memcpy(at, &value, size);
	return 0;
}

struct bpf_program *policy_member_program(const struct policy *policy, unsigned int member)
{
	char section[32];
	struct bpf_program *prog;

	snprintf(section, sizeof(section), "struct_ops/%s", name_member(member));
	bpf_object__for_each_program(prog, policy->object)
		if (!strcmp(bpf_program__section_name(prog), section))
			return prog;
	return NULL;
}

static struct bpf_program *syscall_program(const struct policy *policy, const char *name)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(policy->object, name);

	return prog && bpf_program__type(prog) == BPF_PROG_TYPE_SYSCALL ? prog : NULL;
}

struct bpf_program *policy_replay_program(const struct policy *policy)
{
	return syscall_program(policy, REPLAY_PROGRAM);
}

/* Not without its map, in the layout that we know */
struct bpf_program *policy_batch_program(const struct policy *policy)
{
	struct bpf_map *map = bpf_object__find_map_by_name(policy->object, ZPCI_REPLAY_MAP);

	if (!map || bpf_map__value_size(map) != sizeof(struct zpci_replay) ||
	    bpf_map__type(map) != BPF_MAP_TYPE_ARRAY || !(bpf_map__map_flags(map) & BPF_F_MMAPABLE))
		return NULL;
	return syscall_program(policy, BATCH_PROGRAM);
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

static bool are_limits_bad(const struct policy *policy)
{
	unsigned int window_s = policy_field_u32(policy, "window_s");

	return (policy_field_u32(policy, "flags") & ~ZPCI_POLICY_SHADOW) ||
	       (window_s && window_s < ZPCI_WINDOW_S_MIN) || window_s > ZPCI_WINDOW_S_MAX ||
	       policy_field_u32(policy, "max_isolations") > ZPCI_ISOLATIONS_MAX ||
	       policy_field_u32(policy, "max_clamps") > ZPCI_CLAMPS_MAX ||
	       policy_field_u32(policy, "max_failures") > ZPCI_FAILURES_MAX;
}

int policy_adopt(struct policy *policy, FILE *errors)
{
	size_t nr, size = 0;
	const char *name;

	policy->ops = find_ops(policy, &nr);
	if (nr != 1 || !ops_type(policy) || !(bpf_map__map_flags(policy->ops) & ABI_F_LINK))
		return policy_refuse(policy, "no policy in it, expected one SEC(\".struct_ops.link\") struct zpci_recovery_ops",
				     errors);
	name = policy_field(policy, "name", &size);
	if (!name || size != ZPCI_POLICY_NAME_LEN || !name[0] || !memchr(name, 0, size))
		return policy_refuse(policy, "the policy has no name, expected .name of 1 to 31 characters",
				     errors);
	/* The kernel takes a "." as well, but bpffs does not, where it is pinned by its name */
	if (!policy_name_valid(name))
		return policy_refuse(policy, "bad name of the policy, expected .name of letters, digits, '-' and '_'",
				     errors);
	if (are_limits_bad(policy))
		return policy_refuse(policy, "flags or limits that the kernel refuses, expected flags 0 or 1 and at most 64 isolations, 1000 clamps, 64 failures in 60 to 86400 s",
				     errors);
	policy->setup = policy_map_value(policy, ZPCI_POLICY_SETUP_MAP, sizeof(*policy->setup));
	if (policy->setup && policy->setup->abi != ZPCI_POLICY_ABI)
		return policy_refuse(policy, "made with the policy.h of another zrec, expected it compiled again",
				     errors);
	if (policy->setup && (!memchr(policy->setup->description, 0, ZPCI_POLICY_TEXT_LEN) ||
			      !text_is_plain(policy->setup->description)))
		return policy_refuse(policy, "bad text in ZPCI_POLICY(), expected at most 119 bytes in UTF-8, without control characters",
				     errors);
	return 0;
}

int policy_write_mode(struct policy *policy)
{
	uint32_t flags = policy_field_u32(policy, "flags") & ~ZPCI_POLICY_SHADOW;

	if (policy->about.mode == POLICY_SHADOW)
		flags |= ZPCI_POLICY_SHADOW;
	return policy_field_set_u32(policy, "flags", flags);
}

int policy_write_budget(struct policy *policy)
{
	const struct policy_budget *budget = &policy->about.budget;
	int err;

	err = policy_field_set_u32(policy, "window_s", budget->window_s);
	if (!err)
		err = policy_field_set_u32(policy, "max_isolations", budget->max_isolations);
	if (!err)
		err = policy_field_set_u32(policy, "max_clamps", budget->max_clamps);
	if (!err)
		err = policy_field_set_u32(policy, "max_failures", budget->max_failures);
	return err;
}

int policy_set_mode(struct policy *policy, enum policy_mode mode)
{
	enum policy_mode before = policy->about.mode;
	int err;

	policy->about.mode = mode;
	err = policy->object ? policy_write_mode(policy) : 0;
	if (err)
		policy->about.mode = before;
	return err;
}

int policy_set_canary(struct policy *policy, const struct policy_canary *canary)
{
	if (!policy->about.has_canary)
		return canary->kind == ZPCI_CANARY_OFF ? 0 : -EOPNOTSUPP;
	policy->canary = *canary;
	return 0;
}
