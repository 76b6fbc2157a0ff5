/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hooks.h - the tracepoints that the observer needs, and which this kernel has
 */
#ifndef ZREC_HOOKS_H
#define ZREC_HOOKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum hook_state {
	HOOK_FOUND,
	HOOK_NO_TRACEPOINT,	/* the kernel was built without it */
	HOOK_NO_PRIVILEGE,	/* it is in a module, which needs CAP_SYS_ADMIN */
	/* It would be in a module: */
	HOOK_NOT_IN_BUILT_IN,	/* ... which is built in, and has no such tracepoint */
	HOOK_NOT_IN_MODULE,	/* ... which is loaded, and has no such tracepoint */
	HOOK_MODULE_NOT_LOADED,
	HOOK_MODULE_ABSENT,	/* neither built in nor installed */
	HOOK_MODULE_UNKNOWN,	/* not loaded, and perhaps not installed */
	HOOK_MODULE_NO_BTF,	/* loaded without type information */
	HOOK_MODULE_BAD_BTF,	/* loaded, and its type information is not good */
};

struct hook {
	const char *tracepoint;
	const char *program;	/* in bpf/observe.bpf.c, and the name of the link's pin */
	const char *module;	/* where it may live, NULL: vmlinux only */
	bool optional;		/* a kernel without it has nothing to report here */
	enum hook_state state;
};

#define NR_HOOKS	15

/* In the order to attach: a recovery is not seen before its last step can be */
struct hooks {
	struct hook hook[NR_HOOKS];
	int btf_error;		/* 0, or why the kernel's type information cannot be read */
};

/* Fills in the state of every hook; never fails, see btf_error */
void hooks_probe(struct hooks *hooks);

/* True if every hook needed to observe a recovery was found */
bool hooks_sufficient(const struct hooks *hooks);

size_t hooks_found(const struct hooks *hooks);

/* True if nothing that this kernel does stays unseen for want of a hook */
bool hooks_complete(const struct hooks *hooks);

/* All NR_HOOKS of them, without their states */
const struct hook *hooks_table(void);

/* True if one of the programs has this name */
bool hooks_has_program(const char *name);

/* "found", or why not */
const char *hook_state_text(enum hook_state state);

void hook_print(FILE *f, const struct hook *hook);
json_t *hook_to_json(const struct hook *hook);

#endif /* ZREC_HOOKS_H */
