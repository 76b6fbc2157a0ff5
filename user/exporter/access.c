// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "base/log.h"
#include "exporter/access.h"
#include "exporter/secret.h"

static int read_users(struct users *ret, const char *name, void (*good)(const char *path))
{
	struct secret secret;
	int err = secret_read(&secret, name);

	if (!err)
		err = users_parse(ret, secret.path, secret.text, log_errors());
	if (!err && good)
		good(secret.path);
	secret_free(&secret);
	return err;
}

static int read_tls(struct tls *ret, const struct config_metrics *metrics,
		    void (*good)(const char *path))
{
	int err = tls_read(ret, metrics->certificate, metrics->key);

	if (!err && good) {
		good(ret->certificate.path);
		good(ret->key.path);
	}
	return err;
}

int access_read(struct access *ret, const struct config_metrics *metrics,
		void (*good)(const char *path))
{
	int err = 0, other = 0;

	*ret = (struct access){ .encrypted = metrics->certificate, .restricted = metrics->passwords };
	if (ret->encrypted)
		err = read_tls(&ret->tls, metrics, good);
	if (ret->restricted)
		other = read_users(&ret->users, metrics->passwords, good);
	return err ? err : other;
}

void access_free(struct access *access)
{
	tls_free(&access->tls);
	explicit_bzero(&access->users, sizeof(access->users));
}
