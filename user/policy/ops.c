// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bpf-abi.h"
#include "policy/ops.h"
#include "rules-abi.h"

#define OPS		"zpci_recovery_ops"
#define VALUE_PREFIX	"bpf_struct_ops_"
#define SHADOW_FLAG	1u	/* ZPCI_POLICY_SHADOW of the kernel */
#define MAPS_MAX	64	/* of a program: MAX_USED_MAPS of the kernel */

struct policy_ops {
	struct btf *btf;		/* of the kernel */
	const struct btf_type *type;	/* struct zpci_recovery_ops */
	uint32_t value_id;		/* what a map holds: ours behind a common head */
	uint32_t value_size;
	uint32_t at;			/* where ours begins in it */
};

struct field {
	uint32_t at;		/* in bytes */
	uint32_t size;
	bool pointer;
};

/* A member of a struct by its name */
static int find_field(const struct btf *btf, const struct btf_type *type, const char *name,
		      struct field *ret)
{
	const struct btf_member *member = btf_members(type);

	for (int i = 0; i < btf_vlen(type); i++, member++) {
		const struct btf_type *t;
		__s64 size;

		if (strcmp(btf__name_by_offset(btf, member->name_off) ?: "", name))
			continue;
		t = btf__type_by_id(btf, member->type);
		while (t && (btf_is_mod(t) || btf_is_typedef(t)))
			t = btf__type_by_id(btf, t->type);
		size = btf__resolve_size(btf, member->type);
		if (!t || size < 0)
			return -EINVAL;
		*ret = (struct field){ member->offset / 8, (uint32_t)size, btf_is_ptr(t) };
		return 0;
	}
	return -ENOENT;
}

static int find_types(struct policy_ops *ops)
{
	const struct btf_type *value;
	struct field data;
	int id, value_id;

	id = btf__find_by_name_kind(ops->btf, OPS, BTF_KIND_STRUCT);
	value_id = btf__find_by_name_kind(ops->btf, VALUE_PREFIX OPS, BTF_KIND_STRUCT);
	if (id < 0 || value_id < 0)
		return -EOPNOTSUPP;
	ops->type = btf__type_by_id(ops->btf, id);
	value = btf__type_by_id(ops->btf, value_id);
	ops->value_id = value_id;
	ops->value_size = value->size;
	if (find_field(ops->btf, value, "data", &data))
		return -EOPNOTSUPP;
	ops->at = data.at;
	return 0;
}

int policy_ops_open(struct policy_ops **ret)
{
	struct policy_ops *ops = calloc(1, sizeof(*ops));
	int err;

	if (!ops)
		return -ENOMEM;
	ops->btf = btf__load_vmlinux_btf();
	err = ops->btf ? find_types(ops) : -EOPNOTSUPP;
	if (err)
		policy_ops_close(ops);
	else
		*ret = ops;
	return err;
}

void policy_ops_close(struct policy_ops *ops)
{
	if (!ops)
		return;
	btf__free(ops->btf);
	free(ops);
}

/* One member of the object's struct into the kernel's, which may be another version */
static int copy_member(const struct policy_ops *ops, uint8_t *value, const char *name,
		       const struct field *from, const uint8_t *data)
{
	struct field to;
	int err = find_field(ops->btf, ops->type, name, &to);

	/* Loading has made sure that only an unused member can be missing */
	if (err == -ENOENT)
		return 0;
	if (err || to.pointer != from->pointer || to.at + to.size > ops->value_size - ops->at)
		return -EINVAL;
	if (from->pointer) {
		const struct bpf_program *program;
		unsigned long fd = 0;

		/* What libbpf keeps there, for everybody to read and to set */
		memcpy(&program, data + from->at, sizeof(program));
		if (program)
			fd = (unsigned long)bpf_program__fd(program);
		memcpy(value + ops->at + to.at, &fd, sizeof(fd));
		return 0;
	}
	if (from->size != to.size)
		return -EINVAL;
	memcpy(value + ops->at + to.at, data + from->at, to.size);
	return 0;
}

static int set_mode(const struct policy_ops *ops, uint8_t *value, bool shadow)
{
	struct field field;
	uint32_t flags;

	if (find_field(ops->btf, ops->type, "flags", &field) || field.size != sizeof(flags))
		return -EINVAL;
	memcpy(&flags, value + ops->at + field.at, sizeof(flags));
	flags = shadow ? flags | SHADOW_FLAG : flags & ~SHADOW_FLAG;
	memcpy(value + ops->at + field.at, &flags, sizeof(flags));
	return 0;
}

/* The value for the kernel of a loaded policy, to be freed; @size as its map has it */
static int make_value(const struct policy_ops *ops, struct policy *policy, uint8_t **ret)
{
	const struct btf *btf = bpf_object__btf(policy_object(policy));
	struct bpf_map *map = policy_map(policy);
	const struct btf_member *member;
	const struct btf_type *type;
	const uint8_t *data;
	uint8_t *value;
	size_t size;
	int err = 0;

	type = btf__type_by_id(btf, bpf_map__btf_value_type_id(map));
	data = bpf_map__initial_value(map, &size);
	if (!type || !data || !btf_is_struct(type))
		return -EINVAL;
	value = calloc(1, ops->value_size);
	if (!value)
		return -ENOMEM;
	member = btf_members(type);
	for (int i = 0; !err && i < btf_vlen(type); i++, member++) {
		const char *name = btf__name_by_offset(btf, member->name_off);
		struct field from;

		err = find_field(btf, type, name, &from);
		if (!err && from.at + from.size > size)
			err = -EINVAL;
		if (!err)
			err = copy_member(ops, value, name, &from, data);
	}
	if (err)
		free(value);
	else
		*ret = value;
	return err;
}

int policy_ops_ready(const struct policy_ops *ops, struct policy *policy)
{
	const __u32 key = 0;
	uint8_t *value;
	int err;

	err = make_value(ops, policy, &value);
	if (err)
		return err;
	if (bpf_map_update_elem(bpf_map__fd(policy_map(policy)), &key, value, 0) < 0)
		err = -errno;
	free(value);
	return err;
}

int policy_ops_twin(const struct policy_ops *ops, struct policy *policy, bool shadow)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts,
		.map_flags = ABI_F_LINK,
		.btf_fd = bpf_object__btf_fd(policy_object(policy)),
		.btf_vmlinux_value_type_id = ops->value_id);
	const __u32 key = 0;
	uint8_t *value;
	int fd, err;

	err = make_value(ops, policy, &value);
	if (err)
		return err;
	err = set_mode(ops, value, shadow);
	if (err)
		goto out;
	fd = bpf_map_create(BPF_MAP_TYPE_STRUCT_OPS, bpf_map__name(policy_map(policy)),
			    sizeof(key), ops->value_size, 1, &opts);
	if (fd < 0) {
		err = -errno;
		goto out;
	}
	if (bpf_map_update_elem(fd, &key, value, 0) < 0) {
		err = -errno;
		close(fd);
	}
out:
	free(value);
	return err ? err : fd;
}

/* The value of a map that is ready, to be freed */
static int read_value(const struct policy_ops *ops, int map_fd, uint8_t **ret)
{
	uint8_t *value = calloc(1, ops->value_size);
	const __u32 key = 0;
	int err = 0;

	if (!value)
		return -ENOMEM;
	if (bpf_map_lookup_elem(map_fd, &key, value) < 0) {
		err = -errno;
		free(value);
		return err;
	}
	*ret = value;
	return 0;
}

int policy_ops_name(const struct policy_ops *ops, int map_fd, char name[ZPCI_POLICY_NAME_LEN])
{
	struct field field;
	uint8_t *value;
	int err;

	if (find_field(ops->btf, ops->type, "name", &field))
		return -EINVAL;
	err = read_value(ops, map_fd, &value);
	if (err)
		return err;
	memset(name, 0, ZPCI_POLICY_NAME_LEN);
	memcpy(name, value + ops->at + field.at,
	       field.size < ZPCI_POLICY_NAME_LEN ? field.size : ZPCI_POLICY_NAME_LEN - 1);
	free(value);
	return 0;
}

/* Where the kernel gives a map's value back, a member that is a program is its ID */
static uint32_t any_program(const struct policy_ops *ops, const uint8_t *value)
{
	const struct btf_member *member = btf_members(ops->type);
	unsigned long id = 0;

	for (int i = 0; !id && i < btf_vlen(ops->type); i++, member++) {
		struct field field;

		if (!find_field(ops->btf, ops->type,
				btf__name_by_offset(ops->btf, member->name_off), &field) &&
		    field.pointer)
			memcpy(&id, value + ops->at + field.at, sizeof(id));
	}
	return (uint32_t)id;
}

/* One of a program's maps, by its name: its file descriptor and the size of its value; -ENOENT */
static int map_of_program(int prog_fd, const char *name, uint32_t *ret_size)
{
	__u32 ids[MAPS_MAX], len;
	struct bpf_prog_info prog = { .nr_map_ids = MAPS_MAX, .map_ids = (uintptr_t)ids };

	len = sizeof(prog);
	if (bpf_prog_get_info_by_fd(prog_fd, &prog, &len) < 0)
		return -errno;
	for (__u32 i = 0; i < prog.nr_map_ids && i < MAPS_MAX; i++) {
		struct bpf_map_info map = { 0 };
		int fd = bpf_map_get_fd_by_id(ids[i]);

		if (fd < 0)
			return -errno;
		len = sizeof(map);
		if (!bpf_map_get_info_by_fd(fd, &map, &len) && !strcmp(map.name, name)) {
			*ret_size = map.value_size;
			return fd;
		}
		close(fd);
	}
	return -ENOENT;
}

/* What one of the object's maps holds, as it was loaded, to be freed */
static int read_map(const struct policy_ops *ops, int map_fd, const char *name, void **ret,
		    uint32_t *ret_size)
{
	const __u32 key = 0;
	uint8_t *value;
	int err, prog_fd, fd;

	err = read_value(ops, map_fd, &value);
	if (err)
		return err;
	prog_fd = bpf_prog_get_fd_by_id(any_program(ops, value));
	free(value);
	if (prog_fd < 0)
		return -errno;
	fd = map_of_program(prog_fd, name, ret_size);
	close(prog_fd);
	if (fd < 0)
		return fd;
	/* The kernel copies whole words */
	*ret = calloc(1, (*ret_size + 7ul) & ~7ul);
	err = !*ret ? -ENOMEM : bpf_map_lookup_elem(fd, &key, *ret) < 0 ? -errno : 0;
	if (err)
		free(*ret);
	close(fd);
	return err;
}

int policy_ops_setup(const struct policy_ops *ops, int map_fd, struct zpci_policy_setup *ret)
{
	struct zpci_policy_setup *setup;
	uint32_t size;
	void *value;
	int err;

	err = read_map(ops, map_fd, ZPCI_POLICY_SETUP_MAP, &value, &size);
	if (err)
		return err;
	setup = value;
	if (size != sizeof(*ret) || setup->abi != ZPCI_POLICY_ABI)
		err = -ENOENT;
	else
		*ret = *setup;
	free(value);
	return err;
}

int policy_ops_text(const struct policy_ops *ops, int map_fd, char **ret)
{
	uint32_t size;
	void *value;
	int err;

	err = read_map(ops, map_fd, RULES_TEXT_MAP, &value, &size);
	if (err)
		return err;
	if (!size || !memchr(value, 0, size)) {
		free(value);
		return -ENOENT;
	}
	*ret = value;
	return 0;
}

int policy_map_id(int map_fd, uint32_t *ret)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_map_get_info_by_fd(map_fd, &info, &len) < 0)
		return -errno;
	*ret = info.id;
	return 0;
}

int policy_link_map_id(int link_fd, uint32_t *ret)
{
	union abi_link_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_link_get_info_by_fd(link_fd, &info.info, &len) < 0)
		return -errno;
	*ret = info.struct_ops.map_id;
	return 0;
}
