// SPDX-License-Identifier: GPL-2.0
/*
 * nvme-error.c - make an NVMe under the host's nvme driver fail for real
 *
 * The host recovers it: this program only waits for the end that udev hears of,
 * and reads from the disk.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "clock.h"
#include "nvme.h"
#include "uevent.h"

#define RECOVERY_MS	30000

struct options {
	const char *path;
	unsigned int errors;
};

static const struct argp_option arg_options[] = {
	{ "errors", 'n', "N", 0, "Make N errors, one after the other (1)", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'n':
		o->errors = cli_number(state, "--errors", arg, 1, 1000000);
		return 0;
	case ARGP_KEY_ARG:
		cli_argument(state, "controller", &o->path, arg);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp arg_parser = {
	.options = arg_options,
	.parser = parse,
	.args_doc = "[/dev/nvmeN]",
	.doc = "Make an NVMe under the host's nvme driver (/dev/nvme0) do a DMA to an unmapped address, and wait for its recovery.",
};

/* The two uevents of one recovery */
static int follow_recovery(int events, const struct fn *fn)
{
	char word[64];
	int ret;

	do {
		ret = uevent_next_error(events, fn, RECOVERY_MS, word, sizeof(word));
		if (ret)
			return cli_complain("no end of the recovery was announced", ret);
		printf("  uevent:      %s\n", word);
	} while (!strcmp(word, "BEGIN_RECOVERY"));
	return strcmp(word, "SUCCESSFUL_RECOVERY") ? -EIO : 0;
}

static int fail_once(int events, const struct nvme *n, unsigned int nr)
{
	char block[NVME_READ_LEN];
	uint64_t t = clock_ns();
	int ret;

	printf("error %u: doorbell buffer of %s freed while the controller uses it\n", nr, n->ctrl);
	ret = nvme_make_error(n);
	if (ret)
		return cli_complain(n->ctrl, ret);
	ret = follow_recovery(events, &n->fn);
	if (ret)
		return ret;
	printf("  recovered:   %.2f ms after the command\n", (clock_ns() - t) / 1e6);
	ret = nvme_read(n, block);
	if (ret)
		return cli_complain(n->disk, ret);
	printf("  read:        first block of %s\n", n->disk);
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = { .path = "/dev/nvme0", .errors = 1 };
	int events, ret;
	unsigned int i;
	struct nvme n;

	setvbuf(stdout, NULL, _IOLBF, 0);
	argp_parse(&arg_parser, argc, argv, 0, NULL, &o);
	ret = nvme_by_path(o.path, &n);
	if (ret) {
		cli_complain(o.path, ret);
		return 1;
	}
	events = uevent_open();
	if (events < 0) {
		cli_complain("cannot listen for uevents", events);
		return 1;
	}
	printf("%s: FID 0x%08x, %s under the nvme driver\n", n.fn.bdf, n.fn.fid, n.ctrl);
	for (i = 1; !ret && i <= o.errors; i++)
		ret = fail_once(events, &n, i);
	close(events);
	return ret ? 1 : 0;
}
