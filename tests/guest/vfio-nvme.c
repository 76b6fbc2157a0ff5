// SPDX-License-Identifier: GPL-2.0
/*
 * vfio-nvme.c - a user-space driver that recovers its NVMe
 *
 * Takes an NVMe from its driver, makes it fail for real, and goes through the
 * whole recovery that a vfio user owes its function: hear of the error, read
 * what it was, reset, start the controller again.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli.h"
#include "clock.h"
#include "nvme.h"
#include "vfio_nvme.h"

#define NOTIFY_MS	5000

struct options {
	const char *bdf;
	unsigned int errors;
	unsigned int hold_s;
	bool reset;
	bool steps;
	bool give_back;
};

static const struct argp_option arg_options[] = {
	{ "errors", 'n', "N", 0, "Make N errors, one after the other (1); 0: only reset", 0 },
	{ "no-reset", 'R', NULL, 0, "Read the error, then close the device without a reset", 0 },
	{ "hold", 'H', "SECONDS", 0, "Keep the device open for so long afterwards (0)", 0 },
	{ "steps", 's', NULL, 0, "Wait for a line of standard input before each error, its reading and each "
	  "reset", 0 },
	{ "return-to-nvme", 'r', NULL, 0, "Give the function back to the nvme driver and read from it", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'n':
		o->errors = cli_number(state, "--errors", arg, 0, 1000000);
		return 0;
	case 'H':
		o->hold_s = cli_number(state, "--hold", arg, 0, 3600);
		return 0;
	case 'R':
		o->reset = false;
		return 0;
	case 's':
		o->steps = true;
		return 0;
	case 'r':
		o->give_back = true;
		return 0;
	case ARGP_KEY_ARG:
		cli_argument(state, "function", &o->bdf, arg);
		return 0;
	case ARGP_KEY_END:
		cli_need_function(state, o->bdf);
		if (!o->reset && o->errors > 1)
			argp_error(state, "--no-reset leaves the function in error: only one --errors");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp arg_parser = {
	.options = arg_options,
	.parser = parse,
	.args_doc = "BDF",
	.doc = "Take an NVMe from its driver through vfio, make a real error and recover from it.",
};

static double ms_since(uint64_t t)
{
	return (clock_ns() - t) / 1e6;
}

static void print_ccdf(const struct ccdf *c)
{
	printf("  error read:  PEC 0x%04x, FID 0x%08x, FH 0x%08x, address 0x%llx\n  CCDF:       ",
	       ccdf_pec(c), ccdf_fid(c), ccdf_fh(c), (unsigned long long)ccdf_faddr(c));
	for (int i = 0; i < CCDF_LEN; i++)
		printf("%s%02x", i % 4 ? "" : " ", c->raw[i]);
	printf("\n");
}

/* For who wants to see what happens meanwhile; says so to whoever gives the lines */
static void wait_for_line(const struct options *o, const char *before)
{
	int c;

	if (!o->steps)
		return;
	printf("waiting before the %s\n", before);
	do
		c = getchar();
	while (c != '\n' && c != EOF);
}

/* The controller's part: fail, and be heard */
static int fail_once(const struct options *o, struct vfio *v, unsigned int nr)
{
	struct ccdf ccdf;
	uint64_t t;
	int ret;

	wait_for_line(o, "error");
	printf("error %u: admin queue at IOVA 0x%llx, where nothing is mapped\n", nr,
	       (unsigned long long)vfio_unmapped_iova(v));
	t = clock_ns();
	ret = vfio_nvme_make_error(v);
	if (ret)
		return cli_complain("cannot set the admin queue up", ret);
	ret = vfio_wait_error(v, NOTIFY_MS);
	if (ret)
		return cli_complain("no notification through the ERR eventfd", ret);
	printf("  notified:    after %.2f ms\n", ms_since(t));
	wait_for_line(o, "reading");
	ret = vfio_read_error(v, &ccdf);
	if (ret == -ENOTTY)
		fprintf(stderr, "vfio-nvme: this kernel cannot hand the error over: it lacks vfio feature 13\n");
	if (ret)
		return cli_complain("cannot read the error", ret);
	print_ccdf(&ccdf);
	return 0;
}

static int bring_back(struct vfio *v)
{
	struct nvme_id id;
	unsigned int tries;
	uint64_t t;
	int ret;

	t = clock_ns();
	ret = vfio_reset(v, &tries);
	if (ret)
		return cli_complain("VFIO_DEVICE_RESET", ret);
	printf("  reset:       %.2f ms, %u attempt%s\n", ms_since(t), tries, tries == 1 ? "" : "s");
	t = clock_ns();
	ret = vfio_nvme_works(v, &id);
	if (ret)
		return cli_complain("the controller does not answer after the reset", ret);
	printf("  Identify:    %s, serial %s, after %.2f ms\n", id.model, id.serial, ms_since(t));
	return 0;
}

static int give_back(const struct fn *fn)
{
	char block[NVME_READ_LEN];
	struct nvme n;
	int ret;

	ret = nvme_bind(fn, &n);
	if (ret)
		return cli_complain("cannot give the function back to the nvme driver", ret);
	ret = nvme_read(&n, block);
	if (ret)
		return cli_complain(n.disk, ret);
	printf("given back:    %s is there, and its first block can be read\n", n.disk);
	return 0;
}

static int recover(const struct options *o, const struct fn *fn)
{
	unsigned int i;
	struct vfio v;
	int ret;

	ret = fn_bind(fn, "vfio-pci");
	if (ret)
		return cli_complain("cannot bind the function to vfio-pci", ret);
	ret = vfio_open(&v, fn);
	if (ret)
		return cli_complain("cannot open the function", ret);
	ret = vfio_listen(&v);
	if (ret)
		cli_complain("cannot set the ERR eventfd", ret);
	if (!o->errors)
		ret = bring_back(&v);
	for (i = 1; !ret && i <= o->errors; i++) {
		ret = fail_once(o, &v, i);
		if (!ret && o->reset) {
			wait_for_line(o, "reset");
			ret = bring_back(&v);
		}
	}
	if (!ret)
		sleep(o->hold_s);
	vfio_close(&v);
	return ret;
}

int main(int argc, char **argv)
{
	struct options o = { .errors = 1, .reset = true };
	struct fn fn;
	int ret;

	setvbuf(stdout, NULL, _IOLBF, 0);
	argp_parse(&arg_parser, argc, argv, 0, NULL, &o);
	ret = fn_by_address(o.bdf, &fn);
	if (ret) {
		cli_complain(o.bdf, ret);
		return 1;
	}
	if (fn.class_code != FN_CLASS_NVME) {
		fprintf(stderr, "vfio-nvme: %s is no NVMe controller (class 0x%06x)\n", fn.bdf, fn.class_code);
		return 1;
	}
	printf("%s: FID 0x%08x, passed through to this process\n", fn.bdf, fn.fid);
	ret = recover(&o, &fn);
	if (!ret && o.give_back)
		ret = give_back(&fn);
	return ret ? 1 : 0;
}
