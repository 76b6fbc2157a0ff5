// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdint.h>

#include "exporter/http.h"
#include "exporter/opts.h"
#include "exporter/recorder-file.h"
#include "exporter/snapshot.h"
#include "record/names.h"

static int set_listen(struct exporter_opts *opts, const char *value)
{
	return http_parse_address(value, &opts->listen);
}

static int set_functions(struct exporter_opts *opts, const char *value)
{
	uint32_t n;

	if (name_parse_u32(value, &n) || n > SNAPSHOT_FUNCTIONS_MAX)
		return -EINVAL;
	opts->functions = n;
	return 0;
}

static int set_recorder(struct exporter_opts *opts, const char *value)
{
	opts->recorder = value;
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
	{ "listen", "ADDRESS:PORT", "Where to serve /metrics (default " EXPORTER_LISTEN ")", set_listen },
	{ "textfile", "FILE.prom", "Write the metrics into a file for node_exporter, and end", set_textfile },
	{ "functions", "N", "Functions with labels of their own (default 256)", set_functions },
	{ "recorder", "FILE", "The recorder's status (default " RECORDER_FILE ")", set_recorder },
	{ "sysfs", "DIR", "Another place for /sys, for tests", set_sysfs },
	{ 0 }
};

void exporter_opts_init(struct exporter_opts *opts)
{
	*opts = (struct exporter_opts){ .functions = SNAPSHOT_FUNCTIONS, .recorder = RECORDER_FILE };
	http_parse_address(EXPORTER_LISTEN, &opts->listen);
}
