/* SPDX-License-Identifier: GPL-2.0 */
/*
 * experiment-cmd.h - the commands of `zrec experiment`
 */
#ifndef ZREC_EXPERIMENT_CMD_H
#define ZREC_EXPERIMENT_CMD_H

#include "cmd/command.h"
#include "keep/experiment.h"

extern const struct command experiment_cmd_report, experiment_cmd_start, experiment_cmd_status,
	experiment_cmd_stop;

/* Says on stdout what this host takes part in; an exit code or a negative errno */
int experiment_show(const struct experiments *experiments, enum output_format format);

#endif /* ZREC_EXPERIMENT_CMD_H */
