// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "serve/config.h"

#define KEEP_DAYS	400
#define MAX_MIB		1024
#define OPEN_AFTER_S	5

static void *find_action(void *config, const char *name)
{
	return actions_config_find(&((struct config *)config)->actions, name);
}

static void *find_history(void *config, const char *name)
{
	(void)name;
	return &((struct config *)config)->history;
}

static void *find_journal(void *config, const char *name)
{
	(void)name;
	return &((struct config *)config)->journal;
}

static void *find_metrics(void *config, const char *name)
{
	(void)name;
	return &((struct config *)config)->metrics;
}

static void *find_observe(void *config, const char *name)
{
	(void)name;
	return &((struct config *)config)->observe;
}

static const struct conf_section sections[] = {
	{ "action", true, config_action_keys, find_action },
	{ "history", false, config_history_keys, find_history },
	{ "journal", false, config_journal_keys, find_journal },
	{ "metrics", false, config_metrics_keys, find_metrics },
	{ "observe", false, config_observe_keys, find_observe },
	{ 0 }
};

void config_init(struct config *config)
{
	*config = (struct config){
		.history.limits = {
			.keep_ns = KEEP_DAYS * 24 * 3600 * NSEC_PER_SEC,
			.max_bytes = (uint64_t)MAX_MIB << 20,
		},
		.journal = {
			.open_after_ns = OPEN_AFTER_S * NSEC_PER_SEC,
			.limits = JOURNAL_DEFAULT_LIMITS,
		},
		.metrics = {
			.connections = CONFIG_CONNECTIONS,
			.functions = CONFIG_FUNCTIONS,
		},
	};
}

int config_take_text(char **to, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

/* What only shows when all files have been read */
static int check(struct config *config, const char *file, FILE *errors)
{
	int err = config_check_metrics(&config->metrics, errors), more;

	more = actions_config_check(&config->actions, file, errors);
	return err ? err : more;
}

int config_parse(struct config *config, const char *file, const char *text, size_t len, FILE *errors)
{
	int err;

	config_init(config);
	err = conf_parse(sections, file, text, len, config, errors);
	if (!err)
		err = check(config, file, errors);
	if (err)
		config_free(config);
	return err;
}

int config_read(struct config *config, const char *path, FILE *errors, void (*read)(const char *path))
{
	const char *const dirs[] = { CONFIG_DIR, ZREC_LIB_DIR, NULL };
	int err;

	config_init(config);
	if (!path)
		err = conf_read_dirs(sections, dirs, CONFIG_NAME, config, errors, read);
	else
		err = conf_read(sections, path, config, errors);
	if (!err)
		err = check(config, path ? path : CONFIG_NAME, errors);
	if (!err && path && read)
		read(path);
	if (err)
		config_free(config);
	return err;
}

void config_free(struct config *config)
{
	actions_config_free(&config->actions);
	free(config->history.file);
	free(config->metrics.certificate);
	free(config->metrics.key);
	free(config->metrics.passwords);
	config_init(config);
}
