// SPDX-License-Identifier: GPL-2.0
/*
 * inject-error.c - feed error events into the kernel, for functions that have none
 *
 * Needs a kernel with the injection option of the series. The device itself is
 * not in error: what follows is the kernel's part of a recovery.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "inject.h"

struct options {
	const char *bdf;
	unsigned long pec, count, address;
	unsigned long fid, fh;		/* 0: those of the function */
};

static const struct argp_option arg_options[] = {
	{ "pec", 'p', "PEC", 0, "PCI event code (0x3a)", 0 },
	{ "count", 'n', "N", 0, "So many, one after the other (1)", 0 },
	{ "address", 'a', "ADDRESS", 0, "The address that the error is about (0); goes up by a page each", 0 },
	{ "fid", 'f', "FID", 0, "Name another function ID in the event", 0 },
	{ "fh", 'h', "FH", 0, "Name another function handle in the event", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'p':
		o->pec = cli_number(state, "--pec", arg, 0, 0xffff);
		return 0;
	case 'n':
		o->count = cli_number(state, "--count", arg, 0, 1000000);
		return 0;
	case 'a':
		o->address = cli_number(state, "--address", arg, 0, ~0ul);
		return 0;
	case 'f':
		o->fid = cli_number(state, "--fid", arg, 0, UINT32_MAX);
		return 0;
	case 'h':
		o->fh = cli_number(state, "--fh", arg, 0, UINT32_MAX);
		return 0;
	case ARGP_KEY_ARG:
		cli_argument(state, "function", &o->bdf, arg);
		return 0;
	case ARGP_KEY_END:
		cli_need_function(state, o->bdf);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp arg_parser = {
	.options = arg_options,
	.parser = parse,
	.args_doc = "BDF",
	.doc = "Inject error events for a zPCI function.",
};

/* A recovery changes the handle: each event has the one of its moment */
static int inject_event(const struct fn *fn, const struct options *o, unsigned long nr)
{
	struct ccdf ccdf;
	int ret;

	ret = inject_prepare(fn, o->pec, o->address + nr * 4096, &ccdf);
	if (ret)
		return ret;
	if (o->fid)
		inject_set_fid(&ccdf, o->fid);
	if (o->fh)
		inject_set_fh(&ccdf, o->fh);
	return inject_raw(&ccdf, sizeof(ccdf));
}

int main(int argc, char **argv)
{
	struct options o = { .pec = PEC_SERVICE_ACTION, .count = 1 };
	unsigned long i;
	struct fn fn;
	int ret;

	argp_parse(&arg_parser, argc, argv, 0, NULL, &o);
	ret = fn_by_address(o.bdf, &fn);
	if (ret) {
		cli_complain(o.bdf, ret);
		return 1;
	}
	for (i = 0; !ret && i < o.count; i++)
		ret = inject_event(&fn, &o, i);
	if (ret == -ENOENT)
		fprintf(stderr, "inject-error: this kernel has no injection option\n");
	else if (ret)
		fprintf(stderr, "inject-error: event %lu: %s\n", i, strerror(-ret));
	return ret ? 1 : 0;
}
