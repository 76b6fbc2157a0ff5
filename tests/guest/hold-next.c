// SPDX-License-Identifier: GPL-2.0
/*
 * hold-next.c - the next recovery that comes to a step stays there for a while
 *
 * For scripts: says "armed" when it waits for one, "held" when one is there, and lets
 * it go after the time that was asked for. See hold.h.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "hold.h"

static const struct {
	const char *name;
	enum hold_step step;
} steps[] = {
	{ "refresh", HOLD_REFRESH }, { "lock", HOLD_LOCK },
	{ "error_detected", HOLD_ERROR_DETECTED }, { "user", HOLD_USER },
};

#define NR_STEPS	(sizeof(steps) / sizeof(steps[0]))

struct options {
	const char *step;
	unsigned int seconds;
};

static const struct argp_option arg_options[] = {
	{ "seconds", 's', "N", 0, "For so long (10)", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 's':
		/* RCU complains of whoever is held for longer */
		o->seconds = cli_number(state, "--seconds", arg, 1, 14);
		return 0;
	case ARGP_KEY_ARG:
		cli_argument(state, "step", &o->step, arg);
		return 0;
	case ARGP_KEY_END:
		if (!o->step)
			argp_error(state, "which step? Such as error_detected");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp arg_parser = {
	.options = arg_options,
	.parser = parse,
	.args_doc = "refresh|lock|error_detected|user",
	.doc = "Hold the next recovery that comes to a step.",
};

static int hold(struct gt *t, const struct options *o)
{
	struct hold h;
	size_t i = 0;

	while (i < NR_STEPS && strcmp(steps[i].name, o->step))
		i++;
	if (i == NR_STEPS)
		return gt_fail(t, "no step %s", o->step);
	GT_TRY(hold_next(t, &h, steps[i].step));
	puts("armed");
	GT_TRY(hold_wait(t, &h));
	puts("held");
	sleep(o->seconds);
	return hold_let_go(t, &h);
}

int main(int argc, char **argv)
{
	struct options o = { .seconds = 10 };
	static struct gt t;
	int ret;

	setvbuf(stdout, NULL, _IOLBF, 0);
	argp_parse(&arg_parser, argc, argv, 0, NULL, &o);
	ret = hold(&t, &o);
	if (ret)
		fprintf(stderr, "hold-next: %s\n", t.why);
	return ret ? 1 : 0;
}
