/* SPDX-License-Identifier: GPL-2.0 */
/*
 * object.h - one policy, from a rule file or a BPF object
 *
 * policy_open(), then what is to be different from the file (mode, canary), then
 * policy_load(), then either attach policy_map() or policy_replay().
 * All functions return 0 or a negative errno.
 */
#ifndef ZREC_POLICY_OBJECT_H
#define ZREC_POLICY_OBJECT_H

#include <bpf/libbpf.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "policy-abi.h"
#include "policy/canary.h"
#include "rules/rules.h"

struct policy;

struct policy_about {
	const char *path;
	const char *name;
	const char *description;	/* "" if it has none */
	bool is_rules;			/* a rule file; else a BPF object */
	bool has_replay;		/* policy_replay() works */
	bool has_canary;		/* policy_set_canary() works */
	enum policy_mode mode;		/* of the file, or chosen since */
	struct policy_budget budget;	/* 0: the kernel's default */
	size_t rules;			/* how many, of a rule file */
	bool member[ZPCI_NR_MEMBERS];	/* what it decides */
};

/*
 * Reads and checks a file, or standard input if @what is "-"; loads nothing. Its mistakes
 * go to @errors; -EREFUSED: it has some, -ENOENT: no such file, another errno: it cannot
 * be read.
 */
int policy_open(struct policy **ret, const char *what, FILE *errors);
/* The same, but does not look for rules that can never match or answer */
int policy_open_quick(struct policy **ret, const char *what, FILE *errors);
/* The same once more, not loaded yet, with the canary that was chosen for @policy */
int policy_open_again(struct policy **ret, const struct policy *policy, FILE *errors);
/* The text of a rule file, from @name; does not look for mistakes in single rules */
int policy_open_text(struct policy **ret, const char *name, const char *text, FILE *errors);
void policy_close(struct policy *policy);

/* Valid until the policy is closed */
void policy_about(const struct policy *policy, struct policy_about *ret);
/* "rules" or "object" */
const char *policy_kind(const struct policy_about *about);
/* All of it, as lines and as an object (NULL: no memory) */
void policy_about_print(FILE *f, const struct policy_about *about);
json_t *policy_about_to_json(const struct policy_about *about);
const struct rules *policy_rules(const struct policy *policy);	/* NULL: a BPF object */
/* A rule file as it was read, with its comments */
const char *policy_text(const struct policy *policy, size_t *len);

/* Before policy_load(): */
int policy_set_mode(struct policy *policy, enum policy_mode mode);
/* -EOPNOTSUPP: an object that was not made with policy.h */
int policy_set_canary(struct policy *policy, const struct policy_canary *canary);
/* True if this kernel has zpci_recovery_ops */
bool policy_kernel_has_hook(void);

enum policy_use {
	POLICY_ATTACH,		/* struct_ops and replay entry; the caller knows that the kernel has the hook */
	POLICY_REPLAY,		/* the replay entry only, on any machine with BPF */
	POLICY_BATCH,		/* the entry for many calls, or if there is none the replay entry */
};

/*
 * Into the kernel, through the verifier. The kernel's objections go to
 * @errors, with the end of the verifier's log. -EREFUSED: the verifier does not accept
 * it; -EPERM: no permission for BPF; -EOPNOTSUPP: the object has no replay entry;
 * -ENOMEM. At most once.
 */
int policy_load(struct policy *policy, enum policy_use use, FILE *errors);

/* Loaded for POLICY_ATTACH: for bpf_map__attach_struct_ops(), bpf_link__update_map() */
struct bpf_map *policy_map(const struct policy *policy);
struct bpf_object *policy_object(const struct policy *policy);

/* One decision, with the state that earlier ones left. event->now_ns must not be 0. */
int policy_replay(struct policy *policy, const struct zpci_event_in *event, uint32_t member,
		  uint32_t *verdict);
/* Any call; call->verdict is the answer. Loaded for POLICY_BATCH, it need not have the entry for many */
int policy_replay_call(struct policy *policy, struct zpci_replay *call);
/* The end of a recovery, for policies that keep account of it */
int policy_replay_done(struct policy *policy, const struct zpci_event_in *event, uint32_t outcome,
		       uint32_t reason);

#endif /* ZREC_POLICY_OBJECT_H */
