// SPDX-License-Identifier: GPL-2.0
/* zrec-exporter: metrics of PCI error recovery, for Prometheus; needs no capability */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/array.h"
#include "base/exit.h"
#include "base/file.h"
#include "base/log.h"
#include "exporter/collect.h"
#include "exporter/families.h"
#include "exporter/http.h"
#include "exporter/opts.h"
#include "exporter/render.h"
#include "exporter/textfile.h"

#define MAX_KEYS	16

/* What has no value: a letter each, beyond the indexes of the keys */
enum {
	OPT_HELP = 'h',
	OPT_VERSION = 'V',
	OPT_LIST = 'l',
};

struct exporter {
	struct exporter_opts opts;
	struct snapshot snapshot;
};

static int make_page(void *ctx, struct emit *e, enum emit_format format)
{
	struct exporter *x = ctx;

	collect(&x->snapshot, x->opts.recorder, x->opts.sysfs);
	return render(e, format, &x->snapshot);
}

static int write_textfile(struct exporter *x)
{
	struct emit e = { 0 };
	int err = make_page(x, &e, EMIT_PROMETHEUS);

	if (!err)
		err = textfile_write(x->opts.textfile, e.buf, e.len);
	emit_free(&e);
	return err;
}

static int serve(struct exporter *x)
{
	struct http_opts opts = { .listen_fd = http_inherited(), .address = x->opts.listen, .page = make_page, .ctx = x };
	sigset_t set;
	int err;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -errno;
	opts.stop_fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (opts.stop_fd < 0)
		return -errno;
	err = http_serve(&opts);
	close(opts.stop_fd);
	return err;
}

static void help(FILE *f)
{
	fputs("Usage: zrec-exporter [OPTION...]\n\n"
	      "Export metrics of PCI error recovery to Prometheus. See zrec-exporter(8).\n\n", f);
	for (const struct exporter_key *key = exporter_keys; key->name; key++) {
		int width = fprintf(f, "      --%s=%s", key->name, key->value);

		fprintf(f, "%*s%s\n", width < 32 ? 32 - width : 1, "", key->help);
	}
	fputs("      --list-metrics            Print what is exported, as docs/metrics.md has it\n"
	      "      --help                    Print this\n"
	      "      --version                 Print the version\n", f);
}

static void fill_options(struct option options[MAX_KEYS + 4])
{
	size_t n = 0;

	for (; exporter_keys[n].name && n < MAX_KEYS; n++)
		options[n] = (struct option){ exporter_keys[n].name, required_argument, NULL, 0 };
	options[n++] = (struct option){ "list-metrics", no_argument, NULL, OPT_LIST };
	options[n++] = (struct option){ "help", no_argument, NULL, OPT_HELP };
	options[n++] = (struct option){ "version", no_argument, NULL, OPT_VERSION };
	options[n] = (struct option){ 0 };
}

/* Returns an exit code, or -1: go on */
static int parse(struct exporter_opts *opts, int argc, char **argv)
{
	struct option options[MAX_KEYS + 4];
	int c, index;

	fill_options(options);
	while ((c = getopt_long(argc, argv, "", options, &index)) != -1) {
		switch (c) {
		case 0:
			if (!exporter_keys[index].set(opts, optarg))
				break;
			log_error("--%s=%s: needs %s; see 'zrec-exporter --help'",
				  exporter_keys[index].name, optarg, exporter_keys[index].value);
			return EXIT_USAGE;
		case OPT_LIST:
			families_print(stdout);
			return EXIT_OK;
		case OPT_HELP:
			help(stdout);
			return EXIT_OK;
		case OPT_VERSION:
			puts("zrec-exporter " ZREC_VERSION);
			return EXIT_OK;
		default:
			log_error("see 'zrec-exporter --help'");
			return EXIT_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	log_error("%s: no arguments are known; see 'zrec-exporter --help'", argv[optind]);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct exporter x = { 0 };
	int err = file_reserve_standard(), code;

	if (err)
		return exit_code(err);
	exporter_opts_init(&x.opts);
	code = parse(&x.opts, argc, argv);
	if (code >= 0)
		return fflush(stdout) ? EXIT_FAILED : code;
	err = snapshot_init(&x.snapshot, x.opts.functions);
	if (!err)
		err = x.opts.textfile ? write_textfile(&x) : serve(&x);
	snapshot_free(&x.snapshot);
	return exit_code(err);
}
