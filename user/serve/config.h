/* SPDX-License-Identifier: GPL-2.0 */
/*
 * config.h - /etc/zrec/zrec.conf: what the service does, see zrec.conf(5)
 *
 * A section is a table of keys in a file of its own, config-NAME.c, a member of struct
 * config, and a line in the table of config.c. All that read the file know all sections, so
 * that a key that nobody knows is a mistake.
 */
#ifndef ZREC_CONFIG_H
#define ZREC_CONFIG_H

#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/bucket.h"
#include "base/conf.h"
#include "keep/writer.h"
#include "observe/observer.h"
#include "serve/action.h"
#include "serve/journal.h"

#define CONFIG_NAME	"zrec.conf"
#define CONFIG_DIR	"/etc/zrec"

struct config_history {
	char *file;			/* NULL: the usual place */
	struct writer_limits limits;
};

struct config_journal {
	uint64_t open_after_ns;
	struct bucket_limits limits;
};

#define CONFIG_LISTEN_MAX	8
#define CONFIG_FUNCTIONS	256
#define CONFIG_CONNECTIONS	64

struct config_listen {
	struct sockaddr_storage address[CONFIG_LISTEN_MAX];
	unsigned int nr;		/* 0: the usual one */
};

/* Files are absolute paths, or names of credentials; NULL: none */
struct config_metrics {
	struct config_listen listen;
	uint32_t connections;		/* at a time, on all addresses together */
	uint32_t functions;		/* with labels of their own */
	char *certificate, *key;
	char *passwords;
};

/* A member for each section: [metrics] is for zrec-exporter, [action NAME] for zrec actions */
struct config {
	struct actions_config actions;
	struct config_history history;
	struct config_journal journal;
	struct config_metrics metrics;
	struct observer_opts observe;
};

extern const struct conf_key config_history_keys[], config_journal_keys[], config_metrics_keys[],
			     config_observe_keys[];

/* The values of these, which options of commands have, too: 0 or -EINVAL */
int config_parse_keep_days(struct writer_limits *limits, const char *value);
int config_parse_max_size(struct writer_limits *limits, const char *value);
#define CONFIG_WANTS_KEEP_DAYS	"a number from 0 to 36500"
#define CONFIG_WANTS_MAX_SIZE	"a number from 0 to 16777216"
int config_parse_open_after(uint64_t *ns, const char *value);
#define CONFIG_WANTS_OPEN_AFTER	"a number of seconds up to 4294967295"
int config_parse_room(struct observer_opts *opts, const char *value);
int config_parse_ring_size(struct observer_opts *opts, const char *value);
#define CONFIG_WANTS_ROOM	"a number from 1 to 4096"
#define CONFIG_WANTS_RING_SIZE	"a number from 1 to 1073741824"
/* "127.0.0.1:19714, [::1]:19714"; ":19714" is every address */
int config_parse_listen(struct config_listen *listen, const char *value);
int config_parse_functions(uint32_t *functions, const char *value);
#define CONFIG_WANTS_LISTEN	"at most 8 of ADDRESS:PORT, with commas between them"
#define CONFIG_WANTS_FUNCTIONS	"a number from 0 to 8192"

/* For config-NAME.c: a copy in the place of the text before. 0 or -ENOMEM */
int config_take_text(char **to, const char *value);
/* Keys that need each other; 0, or -EINVAL after its message */
int config_check_metrics(const struct config_metrics *metrics, FILE *errors);

/* What is in force when no file says anything */
void config_init(struct config *config);
/*
 * @path, or NULL: zrec.conf and its drop-ins, from where they belong. Says on @errors what
 * is wrong; then @config is what config_init() makes. @read as in base/conf.h. Returns 0,
 * -EINVAL: there are mistakes in it, or another negative errno.
 */
int config_read(struct config *config, const char *path, FILE *errors, void (*read)(const char *path));
int config_parse(struct config *config, const char *file, const char *text, size_t len, FILE *errors);
void config_free(struct config *config);

#endif /* ZREC_CONFIG_H */
