/* SPDX-License-Identifier: GPL-2.0 */
/*
 * policy-check.h - `zrec policy check` and `zrec policy test`
 */
#ifndef ZREC_POLICY_CHECK_H
#define ZREC_POLICY_CHECK_H

/* argv[0] is the full name, "zrec policy check"; they return an exit code */
int policy_cmd_check(int argc, char **argv);
int policy_cmd_test(int argc, char **argv);

/* Of what policy_open() and policy_load() return */
int policy_exit_code(int err);

#endif /* ZREC_POLICY_CHECK_H */
