// SPDX-License-Identifier: GPL-2.0
/*
 * A fleet on one machine: each host is an exporter on a port of its own, fed by a recording that
 * data/campaign.h makes of a seed and the host's number. It begins at once, or when it is told.
 * A line on standard input tells a host something:
 *	play N		its recording begins
 *	fail N		one recovery of its first function has failed; lose N: one was lost
 *	blind N		nothing is observed there; see N: again
 *	eject N		the kernel has ejected its policy; detach N: it has none
 * Ends when it is told to by a signal.
 */
#include <argp.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "exporter/http.h"
#include "exporter/render.h"
#include "fleet/host.h"

#define CONNECTIONS	64
#define STACK_BYTES	(256 * 1024)

struct fleet {
	unsigned int hosts, base_port;
	bool held;
	struct host_opts opts;		/* of each host, but for its number */
	int stop_fd;
	struct member *member;
};

struct member {
	struct fleet *fleet;
	struct host host;
	pthread_t thread;
	int listen_fd;
	bool started;
};

static int make_page(void *ctx, struct emit *e, enum emit_format format)
{
	struct host *h = ctx;
	int err = host_collect(h);

	return err ? err : render(e, format, &h->snapshot);
}

static void *serve(void *ctx)
{
	struct member *m = ctx;
	struct http_opts opts = {
		.first_fd = m->listen_fd, .nr_fds = 1, .connections = CONNECTIONS,
		.requests = &m->host.requests, .page = make_page, .ctx = &m->host,
		.stop_fd = m->fleet->stop_fd,
	};

	if (http_serve(&opts))
		exit(EXIT_FAILURE);
	return NULL;
}

/* Ours alone: libmicrohttpd would share a port with another fleet */
static int listen_on(unsigned int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)port),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err, yes = 1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)) &&
	    !listen(fd, CONNECTIONS))
		return fd;
	err = -errno;
	fprintf(stderr, "simulated-hosts: port %u: %s; choose others by --base-port\n", port,
		strerror(-err));
	close(fd);
	return err;
}

static int start_member(struct member *m, const pthread_attr_t *attr)
{
	int err;

	m->listen_fd = listen_on(m->fleet->base_port + m->host.opts.number);
	if (m->listen_fd < 0)
		return m->listen_fd;
	err = -pthread_create(&m->thread, attr, serve, m);
	m->started = !err;
	return err;
}

static int start(struct fleet *fleet)
{
	pthread_attr_t attr;
	int err = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	for (unsigned int i = 0; !err && i < fleet->hosts; i++) {
		struct member *m = &fleet->member[i];
		struct host_opts opts = fleet->opts;

		opts.number = i;
		m->fleet = fleet;
		err = host_init(&m->host, &opts);
		if (!fleet->held)
			host_play(&m->host);
		if (!err)
			err = start_member(m, &attr);
	}
	pthread_attr_destroy(&attr);
	return err;
}

/* False: it is no such line */
static bool tell(struct fleet *fleet, const char *line)
{
	unsigned int n;
	char word[16];
	struct host *h;

	if (sscanf(line, "%15s %u", word, &n) != 2 || n >= fleet->hosts)
		return false;
	h = &fleet->member[n].host;
	if (!strcmp(word, "play"))
		host_play(h);
	else if (!strcmp(word, "fail"))
		atomic_fetch_add(&h->failures, 1);
	else if (!strcmp(word, "lose"))
		atomic_fetch_add(&h->losses, 1);
	else if (!strcmp(word, "blind") || !strcmp(word, "see"))
		atomic_store(&h->blind, word[0] == 'b');
	else if (!strcmp(word, "eject"))
		atomic_store(&h->ejected, true);
	else if (!strcmp(word, "detach"))
		atomic_store(&h->unruled, true);
	else
		return false;
	return true;
}

static void listen_to_stdin(struct fleet *fleet, int signal_fd)
{
	struct pollfd fds[] = { { .fd = signal_fd, .events = POLLIN },
				{ .fd = STDIN_FILENO, .events = POLLIN } };
	char line[64];

	setvbuf(stdin, NULL, _IONBF, 0);
	while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
		if (fds[0].revents)
			return;
		if (!fds[1].revents)
			continue;
		if (!fgets(line, sizeof(line), stdin))
			fds[1].fd = -1;		/* nobody tells anything any more */
		else if (!tell(fleet, line))
			fprintf(stderr, "simulated-hosts: not known: %s", line);
	}
}

static int run(struct fleet *fleet, int signal_fd)
{
	struct rlimit files;
	int err;

	/* Four descriptors for each host, and its connections */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	fleet->stop_fd = eventfd(0, EFD_CLOEXEC);
	fleet->member = calloc(fleet->hosts, sizeof(*fleet->member));
	if (fleet->stop_fd < 0 || !fleet->member)
		return -ENOMEM;
	err = start(fleet);
	if (!err) {
		puts("ready");
		fflush(stdout);
		listen_to_stdin(fleet, signal_fd);
	}
	eventfd_write(fleet->stop_fd, 1);
	for (unsigned int i = 0; i < fleet->hosts; i++) {
		if (fleet->member[i].started)
			pthread_join(fleet->member[i].thread, NULL);
		host_free(&fleet->member[i].host);
	}
	free(fleet->member);
	close(fleet->stop_fd);
	return err;
}

enum { OPT_HOSTS = 'n', OPT_FUNCTIONS = 'f', OPT_PORT = 'p', OPT_RECOVERIES = 'r', OPT_SPEED = 's',
       OPT_HELD = 'H', OPT_SEED = 'S', OPT_NO_POLICIES = 'P' };

static const struct argp_option options[] = {
	{ "hosts", OPT_HOSTS, "N", 0, "So many hosts (50)", 0 },
	{ "functions", OPT_FUNCTIONS, "N", 0, "So many functions on each (8)", 0 },
	{ "base-port", OPT_PORT, "PORT", 0, "Of the first host; the others follow (20000)", 0 },
	{ "recoveries", OPT_RECOVERIES, "N", 0, "So many in the recording of each host (100)", 0 },
	{ "speed", OPT_SPEED, "N", 0, "Seconds of the recording in one second (3600)", 0 },
	{ "seed", OPT_SEED, "N", 0, "Of the first host's recording (1)", 0 },
	{ "held", OPT_HELD, NULL, 0, "Recordings begin when they are told to", 0 },
	{ "no-policies", OPT_NO_POLICIES, NULL, 0, "No policy and no experiment", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct fleet *fleet = state->input;
	char *end = NULL;
	unsigned long n = arg ? strtoul(arg, &end, 10) : 0;

	if (arg && (*end || !*arg || n > 1000000))
		argp_error(state, "'%s' is no number from 0 to 1000000", arg);
	switch (key) {
	case OPT_HOSTS:
		fleet->hosts = (unsigned int)n;
		return 0;
	case OPT_FUNCTIONS:
		fleet->opts.functions = (unsigned int)n;
		return 0;
	case OPT_PORT:
		fleet->base_port = (unsigned int)n;
		return 0;
	case OPT_RECOVERIES:
		fleet->opts.recoveries = (unsigned int)n;
		return 0;
	case OPT_SPEED:
		fleet->opts.speed = (unsigned int)n;
		return 0;
	case OPT_SEED:
		fleet->opts.seed = (unsigned int)n;
		return 0;
	case OPT_HELD:
		fleet->held = true;
		return 0;
	case OPT_NO_POLICIES:
		fleet->opts.policies = false;
		return 0;
	case ARGP_KEY_END:
		if (!fleet->hosts || !fleet->opts.functions || !fleet->opts.speed ||
		    !fleet->base_port || fleet->base_port + fleet->hosts > 65536)
			argp_error(state, "needs a host, a function and a speed, and ports up to 65535");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = { options, parse, NULL,
		"Simulated hosts with zrec-exporter's code, on ports of 127.0.0.1.", NULL, NULL, NULL };
	struct fleet fleet = {
		.hosts = 50, .base_port = 20000,
		.opts = {
			.functions = 8, .recoveries = 100, .speed = 3600, .seed = 1, .policies = true,
		},
	};
	sigset_t set;
	int fd, err;

	argp_parse(&argp, argc, argv, 0, NULL, &fleet);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return EXIT_FAILURE;
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	err = fd < 0 ? -errno : run(&fleet, fd);
	if (err)
		fprintf(stderr, "simulated-hosts: %s\n", strerror(-err));
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
