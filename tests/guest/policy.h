/* SPDX-License-Identifier: GPL-2.0 */
/*
 * policy.h - policies in the kernel, put there as an operator does it
 */
#ifndef GUEST_POLICY_H
#define GUEST_POLICY_H

#include "harness.h"

#define POLICY_DIR	"/usr/lib/zrec/tests/policies"
#define POLICY_SYSFS	"/sys/kernel/zpci_recovery"

/* Runs a program without its output; its exit code, or -errno */
int policy_run(const char *const argv[]);

/*
 * No policy at all, and none switched off; skips the test on a kernel without.
 * Then "zrec policy apply" (or shadow) of tests/guest/policies/NAME.bpf.c.
 */
int policy_begin(struct gt *t);
int policy_apply(struct gt *t, const char *name);
int policy_shadow(struct gt *t, const char *name);

/* A value of a file of the kernel's, "decisions" of "enforced"; 0 if it is not there */
uint64_t policy_value(const char *file, const char *name);
/* A word, "" if it is not there */
void policy_word(const char *file, const char *name, char *word, size_t len);

int policy_expect_value(struct gt *t, const char *file, const char *name, uint64_t want);
int policy_expect_word(struct gt *t, const char *file, const char *name, const char *want);

#endif /* GUEST_POLICY_H */
