/* SPDX-License-Identifier: GPL-2.0 */
/*
 * object-int.h - what the parts of a policy's code share
 */
#ifndef ZREC_POLICY_INT_H
#define ZREC_POLICY_INT_H

#include "policy/object.h"

#define POLICY_OPS_TYPE	"zpci_recovery_ops"
#define POLICY_LOG_SIZE	(1024 * 1024)

struct policy {
	char path[PATH_MAX];
	struct policy_about about;		/* what the file says, and what was chosen since */
	struct policy_canary canary;		/* chosen */

	/* Of a rule file */
	struct rules *rules;
	char *text;
	size_t text_len;

	/* Of a BPF object from the beginning, of a rule file once it is loaded */
	struct bpf_object *object;
	struct bpf_map *ops;			/* its struct zpci_recovery_ops */
	struct zpci_policy_setup *setup;	/* NULL: made without policy.h */
	char *log;				/* of the verifier */
};

/* Prints "PATH: TEXT" and returns -EREFUSED */
int policy_refuse(const struct policy *policy, const char *text, FILE *errors);

/* True if both were read from the same bytes */
bool policy_same_file(const struct policy *a, const struct policy *b);

/* Finds the parts of policy->object, and checks them */
int policy_adopt(struct policy *policy, FILE *errors);

/* A map's value before loading, if it has that size at least; else NULL */
void *policy_map_value(const struct policy *policy, const char *name, size_t at_least);

/* A field of the object's struct zpci_recovery_ops, by its name; NULL: it has none */
void *policy_field(const struct policy *policy, const char *name, size_t *ret_size);
uint32_t policy_field_u32(const struct policy *policy, const char *name);	/* 0: none */
int policy_field_set_u32(struct policy *policy, const char *name, uint32_t value);
/* Writes what policy->about says into the object */
int policy_write_mode(struct policy *policy);
int policy_write_budget(struct policy *policy);

/* The program of a member, the entry for replays, the one for many calls; NULL: it has none */
struct bpf_program *policy_member_program(const struct policy *policy, unsigned int member);
struct bpf_program *policy_replay_program(const struct policy *policy);
struct bpf_program *policy_batch_program(const struct policy *policy);

#endif /* ZREC_POLICY_INT_H */
