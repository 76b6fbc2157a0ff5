/* SPDX-License-Identifier: GPL-2.0 */
/*
 * experiment-cmd.h - the commands of `zrec experiment`
 */
#ifndef ZREC_EXPERIMENT_CMD_H
#define ZREC_EXPERIMENT_CMD_H

#include "cmd/command.h"

extern const struct command experiment_cmd_report;

#endif /* ZREC_EXPERIMENT_CMD_H */
