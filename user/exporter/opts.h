/* SPDX-License-Identifier: GPL-2.0 */
/* opts.h - what zrec-exporter is told, on the command line and by zrec.conf */
#ifndef ZREC_EXPORTER_OPTS_H
#define ZREC_EXPORTER_OPTS_H

#include <stdbool.h>

#include "serve/config.h"

/*
 * The range of ports that Prometheus' list has for exporters, 9100 to 9999, is used up. This
 * one is assigned to nobody and is no ephemeral port, which another program could have.
 */
#define EXPORTER_LISTEN	"127.0.0.1:19714"

struct exporter_opts {
	const char *config_file;	/* NULL: where it belongs */
	const char *recorder;		/* its status file */
	const char *policy_conf;	/* the policies that are wanted */
	const char *sysfs;		/* NULL: /sys */
	const char *textfile;		/* NULL: serve */
	struct config_listen listen;
	bool has_listen;		/* it was named, by an option or by zrec.conf */
	uint32_t functions;
	bool has_functions;
};

/* Each by the name of its option: the value is checked, kept, and not copied */
struct exporter_key {
	const char *name;
	const char *value;		/* "ADDRESS:PORT", for people */
	const char *help;
	int (*set)(struct exporter_opts *opts, const char *value);	/* 0 or -EINVAL */
};

/* Ends with one without a name */
extern const struct exporter_key exporter_keys[];

void exporter_opts_init(struct exporter_opts *opts);
/* [metrics], where no option said something else; and the address if nothing did */
void exporter_opts_use(struct exporter_opts *opts, const struct config_metrics *metrics);

#endif /* ZREC_EXPORTER_OPTS_H */
