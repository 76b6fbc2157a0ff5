// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "exporter/opts.h"
#include "exporter/recorder-file.h"
#include "policy/wishes.h"

static int set_config(struct exporter_opts *opts, const char *value)
{
	opts->config_file = value;
	return *value ? 0 : -EINVAL;
}

static int set_listen(struct exporter_opts *opts, const char *value)
{
	return config_parse_listen(&opts->listen, value);
}

static int set_functions(struct exporter_opts *opts, const char *value)
{
	opts->has_functions = true;
	return config_parse_functions(&opts->functions, value);
}

static int set_recorder(struct exporter_opts *opts, const char *value)
{
	opts->recorder = value;
	return *value ? 0 : -EINVAL;
}

static int set_policy_conf(struct exporter_opts *opts, const char *value)
{
	opts->policy_conf = value;
	return *value ? 0 : -EINVAL;
}

static int set_sysfs(struct exporter_opts *opts, const char *value)
{
	opts->sysfs = value;
	return *value ? 0 : -EINVAL;
}

static int set_textfile(struct exporter_opts *opts, const char *value)
{
	opts->textfile = value;
	return *value ? 0 : -EINVAL;
}

const struct exporter_key exporter_keys[] = {
	{ "config", "FILE", "Instead of /etc/zrec/zrec.conf and its drop-ins", set_config },
	{ "listen", "ADDRESS:PORT", "Where to serve /metrics (default " EXPORTER_LISTEN ")", set_listen },
	{ "textfile", "FILE.prom", "Write the metrics into a file for node_exporter, and end", set_textfile },
	{ "functions", "N", "Functions with labels of their own (default 256)", set_functions },
	{ "recorder", "FILE", "The recorder's status (default " RECORDER_FILE ")", set_recorder },
	{ "policy-conf", "FILE", "The policies that are wanted (default " WISHES_FILE ")", set_policy_conf },
	{ "sysfs", "DIR", "Another place for /sys, for tests", set_sysfs },
	{ 0 }
};

void exporter_opts_init(struct exporter_opts *opts)
{
	*opts = (struct exporter_opts){ .recorder = RECORDER_FILE, .policy_conf = WISHES_FILE };
}

void exporter_opts_use(struct exporter_opts *opts, const struct config_metrics *metrics)
{
	if (!opts->listen.nr)
		opts->listen = metrics->listen;
	opts->has_listen = opts->listen.nr;
	if (!opts->has_listen)
		config_parse_listen(&opts->listen, EXPORTER_LISTEN);
	if (!opts->has_functions)
		opts->functions = metrics->functions;
}
