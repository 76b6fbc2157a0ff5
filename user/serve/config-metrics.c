// SPDX-License-Identifier: GPL-2.0
/* [metrics]: what zrec-exporter serves, where, and to whom */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "record/names.h"
#include "serve/config.h"

#define FUNCTIONS_MAX	8192
#define CONNECTIONS_MIN	CONFIG_LISTEN_MAX
#define CONNECTIONS_MAX	192

int config_parse_functions(uint32_t *functions, const char *value)
{
	uint32_t n;

	if (name_parse_u32(value, &n) < 0 || n > FUNCTIONS_MAX)
		return -EINVAL;
	*functions = n;
	return 0;
}

static int set_connections(void *to, const char *value)
{
	uint32_t n;

	if (name_parse_u32(value, &n) < 0 || n < CONNECTIONS_MIN || n > CONNECTIONS_MAX)
		return -EINVAL;
	((struct config_metrics *)to)->connections = n;
	return 0;
}

static int set_functions(void *to, const char *value)
{
	return config_parse_functions(&((struct config_metrics *)to)->functions, value);
}

static int set_listen(void *to, const char *value)
{
	return config_parse_listen(&((struct config_metrics *)to)->listen, value);
}

/* A name without a directory is that of a credential, as systemd calls its secrets */
static int take_secret(char **to, const char *value)
{
	if (!value[0] || !text_is_plain(value) || value[0] == '.' ||
	    (value[0] != '/' && strchr(value, '/')))
		return -EINVAL;
	return config_take_text(to, value);
}

static int set_passwords(void *to, const char *value)
{
	return take_secret(&((struct config_metrics *)to)->passwords, value);
}

static int set_certificate(void *to, const char *value)
{
	return take_secret(&((struct config_metrics *)to)->certificate, value);
}

static int set_key(void *to, const char *value)
{
	return take_secret(&((struct config_metrics *)to)->key, value);
}

#define SECRET	"an absolute path, or the name of a credential"

const struct conf_key config_metrics_keys[] = {
	{ "connections", "a number from 8 to 192", set_connections },
	{ "functions", CONFIG_WANTS_FUNCTIONS, set_functions },
	{ "listen", CONFIG_WANTS_LISTEN, set_listen },
	{ "password-file", SECRET, set_passwords },
	{ "tls-certificate", SECRET, set_certificate },
	{ "tls-key", SECRET, set_key },
	{ 0 }
};

/* Each may come from another file, so it has no line */
int config_check_metrics(const struct config_metrics *metrics, FILE *errors)
{
	if (!metrics->certificate == !metrics->key)
		return 0;
	if (errors)
		fprintf(errors, CONFIG_NAME ": %s without %s in [metrics], expected both or none\n",
			metrics->key ? "tls-key" : "tls-certificate",
			metrics->key ? "tls-certificate" : "tls-key");
	return -EINVAL;
}
