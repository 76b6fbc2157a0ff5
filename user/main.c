// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "cmd/command.h"
#include "base/file.h"
#include "base/log.h"
#include "base/output.h"

static const struct command *const commands[] = {
	&cmd_doctor, &cmd_status, &cmd_watch, &cmd_latency, &cmd_history, &cmd_report, &cmd_replay,
	&cmd_policy, &cmd_experiment, &cmd_run, &cmd_actions, &cmd_record, &cmd_detach, &cmd_help, NULL
};

static const struct command zrec = {
	.name = "zrec",
	.doc = "Watch PCI error recovery on IBM Z, show where its time goes, change its decisions.",
	.page = "zrec(8)",
	.commands = commands,
};

int main(int argc, char **argv)
{
	int err = file_reserve_standard();

	if (err) {
		log_error("cannot replace a closed standard stream: %s", strerror(-err));
		return exit_code(err);
	}
	output_ignore_sigpipe();
	log_capture_libbpf();
	return command_run(&zrec, argc, argv);
}
