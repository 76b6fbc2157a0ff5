// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "exporter/secret.h"

#define MAX_BYTES	(64 * 1024)
#define CREDENTIALS	"/etc/credstore"

int secret_read_public(struct secret *ret, const char *name)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	int err;

	*ret = (struct secret){ 0 };
	if (name[0] == '/')
		snprintf(ret->path, sizeof(ret->path), "%s", name);
	else
		snprintf(ret->path, sizeof(ret->path), "%s/%s", dir ?: CREDENTIALS, name);
	err = file_read(ret->path, MAX_BYTES, &ret->text, &ret->len);
	if (err)
		log_error("cannot read %s: %s", text_shown(ret->path), strerror(-err));
	return err;
}

int secret_read(struct secret *ret, const char *name)
{
	int err = secret_read_public(ret, name);
	struct stat st;

	if (!err && !stat(ret->path, &st) && st.st_mode & S_IROTH)
		log_warn("%s can be read by everybody: 'chmod o= %s'", text_shown(ret->path),
			 text_shown(ret->path));
	return err;
}

void secret_free(struct secret *secret)
{
	if (secret->text)
		explicit_bzero(secret->text, secret->len);
	free(secret->text);
	*secret = (struct secret){ 0 };
}
