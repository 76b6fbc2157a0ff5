// SPDX-License-Identifier: GPL-2.0
/* zrec-exporter: metrics of PCI error recovery, for Prometheus; needs no capability */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/array.h"
#include "base/exit.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "exporter/access.h"
#include "exporter/collect.h"
#include "exporter/families.h"
#include "exporter/http.h"
#include "exporter/opts.h"
#include "exporter/passwords.h"
#include "exporter/render.h"
#include "exporter/sockets.h"
#include "exporter/textfile.h"

#define MAX_KEYS	16
#define HELP_COLUMN	32

/* What has no value: a letter each, beyond the indexes of the keys */
enum {
	OPT_CHECK = 'c',
	OPT_HELP = 'h',
	OPT_VERSION = 'V',
	OPT_LIST = 'l',
};

static const struct {
	const char *name;
	int letter;
	const char *help;
} flags[] = {
	{ "check-config", OPT_CHECK, "Only check the configuration, and say all that is wrong with it" },
	{ "list-metrics", OPT_LIST, "Print what is exported, as docs/metrics.md has it" },
	{ "help", OPT_HELP, "Print this" },
	{ "version", OPT_VERSION, "Print the version" },
};

struct exporter {
	struct exporter_opts opts;
	bool check_config;
	struct config config;
	struct access access;
	struct passwords passwords;
	struct requests requests;
	struct snapshot snapshot;
};

static int make_page(void *ctx, struct emit *e, enum emit_format format)
{
	struct exporter *x = ctx;

	collect(&x->snapshot, x->opts.recorder, x->opts.sysfs, x->opts.policy_conf);
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

/* --- the configuration --- */

static void say_good(const char *path)
{
	printf("%s: ok\n", text_shown(path));
}

static int read_config(struct exporter *x, void (*good)(const char *path))
{
	int err = config_read(&x->config, x->opts.config_file, log_errors(), good);

	if (!err && !x->opts.textfile)
		err = access_read(&x->access, &x->config.metrics, good);
	return err;
}

/* --- the service --- */

static int open_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Whether somebody else than this machine can listen to what is said */
static bool is_public(const struct exporter *x, const struct http_opts *opts)
{
	unsigned int nr = opts->nr_fds ? (unsigned int)opts->nr_fds : x->opts.listen.nr;
	bool local = true;

	for (unsigned int i = 0; i < nr; i++) {
		struct sockaddr_storage address = x->opts.listen.address[i];
		socklen_t len = sizeof(address);

		if (opts->nr_fds && getsockname(opts->first_fd + (int)i, (struct sockaddr *)&address, &len))
			continue;
		local = local && sockets_is_local(&address);
	}
	return !local;
}

static int find_sockets(struct exporter *x, struct http_opts *opts)
{
	opts->nr_fds = sockets_inherited(&opts->first_fd, CONFIG_LISTEN_MAX);
	if (opts->nr_fds < 0) {
		log_error("systemd has opened more than %d sockets for us", CONFIG_LISTEN_MAX);
		return opts->nr_fds;
	}
	if (opts->nr_fds && x->opts.has_listen)
		log_warn("it listens on the sockets of systemd, and on no other address: change them by 'systemctl edit zrec-exporter.socket'");
	if (x->access.restricted && !x->access.encrypted && is_public(x, opts))
		log_warn("passwords go over the network for everybody to read: [metrics] in zrec.conf has no tls-certificate");
	return 0;
}

static int serve(struct exporter *x)
{
	struct http_opts opts = {
		.listen = &x->opts.listen,
		.connections = x->config.metrics.connections,
		.tls = x->access.encrypted ? &x->access.tls : NULL,
		.passwords = x->access.restricted ? &x->passwords : NULL,
		.requests = &x->requests,
		.page = make_page,
		.ctx = x,
	};
	int err = find_sockets(x, &opts);

	if (!err && x->access.restricted)
		err = passwords_begin(&x->passwords, &x->access.users);
	if (err)
		return err;
	opts.stop_fd = open_signals();
	if (opts.stop_fd < 0)
		return opts.stop_fd;
	x->snapshot.requests = &x->requests;
	err = http_serve(&opts);
	close(opts.stop_fd);
	passwords_end(&x->passwords);
	return err;
}

/* Returns an exit code. A mistake in the configuration is one of usage: nothing was tried */
static int run(struct exporter *x)
{
	int err = read_config(x, x->check_config ? say_good : NULL);

	if (err || x->check_config)
		return err == -EINVAL ? EXIT_USAGE : exit_code(err);
	exporter_opts_use(&x->opts, &x->config.metrics);
	err = snapshot_init(&x->snapshot, x->opts.functions);
	if (!err)
		err = x->opts.textfile ? write_textfile(x) : serve(x);
	snapshot_free(&x->snapshot);
	return exit_code(err);
}

/* --- the command line --- */

static void help_line(FILE *f, const char *name, const char *value, const char *text)
{
	int width = fprintf(f, value ? "      --%s=%s" : "      --%s", name, value);

	fprintf(f, "%*s%s\n", width < HELP_COLUMN ? HELP_COLUMN - width : 1, "", text);
}

static void help(FILE *f)
{
	fputs("Usage: zrec-exporter [OPTION...]\n\n"
	      "Export metrics of PCI error recovery to Prometheus. See zrec-exporter(8).\n\n", f);
	for (const struct exporter_key *key = exporter_keys; key->name; key++)
		help_line(f, key->name, key->value, key->help);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		help_line(f, flags[i].name, NULL, flags[i].help);
}

static void fill_options(struct option options[MAX_KEYS + ARRAY_SIZE(flags) + 1])
{
	size_t n = 0;

	for (; exporter_keys[n].name && n < MAX_KEYS; n++)
		options[n] = (struct option){ exporter_keys[n].name, required_argument, NULL, 0 };
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		options[n++] = (struct option){ flags[i].name, no_argument, NULL, flags[i].letter };
	options[n] = (struct option){ 0 };
}

/* Returns an exit code, or -1: go on */
static int parse(struct exporter *x, int argc, char **argv)
{
	struct option options[MAX_KEYS + ARRAY_SIZE(flags) + 1];
	int c, index;

	fill_options(options);
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", options, &index)) != -1) {
		switch (c) {
		case 0:
			if (!exporter_keys[index].set(&x->opts, optarg))
				break;
			log_error("--%s=%s: needs %s; see 'zrec-exporter --help'",
				  exporter_keys[index].name, optarg, exporter_keys[index].value);
			return EXIT_USAGE;
		case OPT_CHECK:
			x->check_config = true;
			break;
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
			log_error(c == ':' ? "%s needs a value; see 'zrec-exporter --help'" :
				  "%s: no such option; see 'zrec-exporter --help'", argv[optind - 1]);
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
	config_init(&x.config);
	code = parse(&x, argc, argv);
	if (code < 0)
		code = run(&x);
	access_free(&x.access);
	config_free(&x.config);
	return fflush(stdout) ? EXIT_FAILED : code;
}
