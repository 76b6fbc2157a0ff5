/* SPDX-License-Identifier: GPL-2.0 */
/*
 * action-env.h - what happened, as the environment of an action's command
 *
 * The fields of a journal entry, see docs/abi.md, for scripts that may not quote: what others
 * have named (the driver, who had the function open, a policy and its text) has nothing but
 * letters, digits, blanks and _-+.,:=@/ and begins with a letter or digit; all else is "_".
 */
#ifndef ZREC_SERVE_ACTION_ENV_H
#define ZREC_SERVE_ACTION_ENV_H

#include <stdint.h>

#include "record/open.h"
#include "serve/action.h"
#include "zrec.h"

/* "NAME=value" each with a NUL behind it, and one more at the end; to be freed. NULL: no memory */
char *action_env_recovery(const struct zrec_span *s, int64_t wall_ns);
char *action_env_open(const struct open_recovery *r);
char *action_env_exit(const struct zrec_policy_exit *exit, int64_t wall_ns);

/* The value of one; NULL: it has none such */
const char *action_env_value(const char *env, const char *name);

/*
 * For execve(), to be freed: that of this process, less what is of the service itself, then @env,
 * then ZREC_ACTION and ZREC_NOT_RUN. NULL: no memory
 */
char **action_env_whole(const char *env, const char *action, uint64_t not_run);

#endif /* ZREC_SERVE_ACTION_ENV_H */
