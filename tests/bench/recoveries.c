// SPDX-License-Identifier: GPL-2.0
/*
 * recoveries.c - how long recoveries take, by the guest's clock
 *
 * In a guest that counts instructions a nanosecond is an instruction. Prints the
 * sum and the median of all recoveries of a kind, after some that warm up: the
 * sum has the timer interrupts in it that came meanwhile, the median has none.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "clock.h"
#include "decider.h"
#include "inject.h"
#include "vfio_nvme.h"

#define MAX_COUNT	10000
#define NOTIFY_MS	5000

enum part {
	TOTAL,		/* injected: from the event to the end of its recovery */
	NOTIFIED,	/* real: from the doorbell to the ERR eventfd */
	RESET,		/* real: VFIO_DEVICE_RESET, the last try */
	DECIDER,	/* decided: what the daemon ran */
	VERDICT,	/* decided: from the event to the end of the daemon's ioctl */
	NR_PARTS
};

static const char * const part_names[] = { "total", "notified", "reset", "decider", "verdict" };

struct run {
	const char *mode, *bdf, *name, *inject;
	unsigned long pec, count, warm_up;
	struct fn fn;
	struct vfio vfio;
	struct decider *decider;
	int inject_fd;
	uint64_t ns[NR_PARTS][MAX_COUNT];
};

static const struct argp_option arg_options[] = {
	{ "pec", 'p', "PEC", 0, "PCI event code (0x3a)", 0 },
	{ "count", 'n', "N", 0, "So many recoveries (100)", 0 },
	{ "warm-up", 'w', "N", 0, "So many before them that are not measured, 0 for none (8)", 0 },
	{ "name", 'N', "NAME", 0, "What the figures are called (MODE)", 0 },
	{ "inject", 'i', "FILE", 0, "Where events are injected", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct run *r = state->input;

	switch (key) {
	case 'p':
		r->pec = cli_number(state, "--pec", arg, 1, 0xffff);
		return 0;
	case 'n':
		r->count = cli_number(state, "--count", arg, 1, MAX_COUNT);
		return 0;
	case 'w':
		r->warm_up = cli_number(state, "--warm-up", arg, 0, MAX_COUNT);
		return 0;
	case 'N':
		r->name = arg;
		return 0;
	case 'i':
		r->inject = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 1)
			return ARGP_ERR_UNKNOWN;
		*(state->arg_num ? &r->bdf : &r->mode) = arg;
		return 0;
	case ARGP_KEY_END:
		if (!r->bdf)
			argp_error(state, "a mode and the address of a function, please");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp arg_parser = {
	.options = arg_options,
	.parser = parse,
	.args_doc = "host|lost|user|real BDF",
	.doc = "Measure recoveries. host: injected, the function as it is bound; lost: so, and brought "
	       "back each time by `recover`, which is not measured; user: injected, read and reset "
	       "through vfio; joined: injected into one recovery that nobody ends; decided: so, and a "
	       "daemon decides about each; real: errors of an NVMe, reset through vfio.",
};

/*
 * What this thread has run, which is where the kernel recovers: a recovery also
 * sleeps, until a tick of the clock that hides how long it took to get there
 */
static uint64_t run_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

/* One event, and whatever the kernel does about it */
static int event(struct run *r, uint64_t *ns)
{
	struct ccdf ccdf;
	uint64_t t;
	int ret;

	ret = inject_prepare(&r->fn, r->pec, 0, &ccdf);
	if (ret)
		return ret;
	t = run_ns();
	if (write(r->inject_fd, ccdf.raw, sizeof(ccdf.raw)) != sizeof(ccdf.raw))
		return -errno;
	*ns = run_ns() - t;
	return 0;
}

static int lost(struct run *r, unsigned int i)
{
	int ret;

	ret = event(r, &r->ns[TOTAL][i]);
	if (!ret)
		ret = fn_recover(&r->fn);
	return ret ? ret : fn_bind(&r->fn, "");
}

static int user(struct run *r, unsigned int i)
{
	uint64_t *ns = &r->ns[TOTAL][i], t;
	struct ccdf ccdf;
	int ret;

	ret = event(r, ns);
	if (ret)
		return ret;
	t = run_ns();
	ret = vfio_read_error(&r->vfio, &ccdf);
	if (!ret)
		ret = vfio_reset_once(&r->vfio);
	*ns += run_ns() - t;
	return ret;
}

/* Read, so that the queue of unread errors does not fill */
static int joined(struct run *r, unsigned int i)
{
	struct ccdf ccdf;
	int ret;

	ret = event(r, &r->ns[TOTAL][i]);
	return ret ? ret : vfio_read_error(&r->vfio, &ccdf);
}

static int decided(struct run *r, unsigned int i)
{
	int ret;

	ret = joined(r, i);
	return ret ? ret : decider_wait(r->decider, &r->ns[DECIDER][i], &r->ns[VERDICT][i]);
}

/* A try that meets the event code in its locks is not what this is about */
static int reset(struct run *r, uint64_t *ns)
{
	uint64_t t, deadline = clock_in_ms(VFIO_RESET_MS);
	int ret;

	for (;;) {
		t = clock_ns();
		ret = vfio_reset_once(&r->vfio);
		*ns = clock_ns() - t;
		if ((ret != -EAGAIN && ret != -EIO) || !clock_ms_to(deadline))
			return ret;
		clock_pause_ms();
	}
}

/* Opened each time: without the series only that mends what a reset leaves */
static int real(struct run *r, unsigned int i)
{
	uint64_t t;
	int ret;

	ret = vfio_open(&r->vfio, &r->fn);
	if (!ret)
		ret = vfio_listen(&r->vfio);
	if (ret)
		return ret;
	t = clock_ns();
	ret = vfio_nvme_make_error(&r->vfio);
	if (!ret)
		ret = vfio_wait_error(&r->vfio, NOTIFY_MS);
	r->ns[NOTIFIED][i] = clock_ns() - t;
	/* the event code has let go of its locks by then */
	clock_pause_ms();
	if (!ret)
		ret = reset(r, &r->ns[RESET][i]);
	/* answers again */
	if (!ret)
		ret = vfio_nvme_start(&r->vfio);
	vfio_close(&r->vfio);
	return ret;
}

static bool mode_is(const struct run *r, const char *mode)
{
	return !strcmp(r->mode, mode);
}

static int one(struct run *r, unsigned int i)
{
	if (mode_is(r, "host"))
		return event(r, &r->ns[TOTAL][i]);
	if (mode_is(r, "lost"))
		return lost(r, i);
	if (mode_is(r, "user"))
		return user(r, i);
	if (mode_is(r, "joined"))
		return joined(r, i);
	if (mode_is(r, "decided"))
		return decided(r, i);
	if (mode_is(r, "real"))
		return real(r, i);
	return -EINVAL;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void print_part(struct run *r, enum part part)
{
	uint64_t *ns = r->ns[part], sum = 0;
	unsigned long i;

	for (i = 0; i < r->count; i++)
		sum += ns[i];
	if (!sum)
		return;
	qsort(ns, r->count, sizeof(*ns), compare);
	printf("%s.%s.sum %lu\n", r->name, part_names[part], sum);
	printf("%s.%s.median %lu\n", r->name, part_names[part], ns[r->count / 2]);
}

/* User space drives: the function is vfio's and open */
static int take(struct run *r)
{
	bool keeps_open = mode_is(r, "user") || mode_is(r, "joined") || mode_is(r, "decided");
	int ret;

	if (!keeps_open && !mode_is(r, "real"))
		return 0;
	ret = fn_bind(&r->fn, "vfio-pci");
	if (ret || !keeps_open)
		return ret;
	ret = vfio_open(&r->vfio, &r->fn);
	if (!ret)
		ret = vfio_listen(&r->vfio);
	if (ret || !mode_is(r, "decided"))
		return ret;
	r->decider = decider_start(&r->vfio);
	return r->decider ? 0 : -errno;
}

int main(int argc, char **argv)
{
	static struct run r = { .pec = PEC_SERVICE_ACTION, .count = 100, .warm_up = 8,
				.inject = "/sys/kernel/debug/zpci/inject_error" };
	unsigned long i;
	int ret;

	argp_parse(&arg_parser, argc, argv, 0, NULL, &r);
	if (!r.name)
		r.name = r.mode;
	r.inject_fd = open(r.inject, O_WRONLY | O_CLOEXEC);
	ret = fn_by_address(r.bdf, &r.fn);
	if (!ret)
		ret = take(&r);
	for (i = 0; !ret && i < r.warm_up; i++)
		ret = one(&r, 0);
	for (i = 0; !ret && i < r.count; i++)
		ret = one(&r, i);
	if (ret) {
		fprintf(stderr, "recoveries: %s, recovery %lu: %s\n", r.name, i, strerror(-ret));
		return 1;
	}
	for (i = 0; i < NR_PARTS; i++)
		print_part(&r, i);
	if (r.decider)
		decider_stop(r.decider);
	return 0;
}
