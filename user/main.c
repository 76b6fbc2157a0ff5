// SPDX-License-Identifier: GPL-2.0
#include "cmd/cli.h"
#include "cmd/command.h"
#include "base/log.h"
#include "base/output.h"

static const struct command commands[] = {
	{ "doctor", cmd_doctor, "what will work on this machine, and why not" },
	{ "watch", cmd_watch, "recoveries as they happen" },
	{ "latency", cmd_latency, "where the time of recoveries went" },
	{ "policy", cmd_policy, "change what the kernel decides in a recovery" },
	{ "detach", cmd_detach, "end the observation, remove all of it from the kernel" },
};

static const struct command_table table = {
	.name = "zrec",
	.doc = "Watch PCI error recovery on IBM Z, show where its time goes, change its decisions.",
	.epilog = "See zrec(8) for exit codes and files.",
	.commands = commands,
	.nr = sizeof(commands) / sizeof(commands[0]),
};

int main(int argc, char **argv)
{
	output_ignore_sigpipe();
	log_capture_libbpf();
	return command_run(&table, argc, argv);
}
