// SPDX-License-Identifier: GPL-2.0
/*
 * What a client can send that zrec-exporter itself looks into: the headers Accept and
 * Authorization; a path it compares only, and HTTP is libmicrohttpd's. The addresses of its
 * command line, its file of users. And what the recorder and zrec actions say of themselves,
 * which are other processes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exporter/accept.h"
#include "exporter/actions-file.h"
#include "exporter/authorization.h"
#include "exporter/recorder-file.h"
#include "exporter/render.h"
#include "exporter/users.h"
#include "serve/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_status(const uint8_t *data, size_t size)
{
	static char path[32];
	static struct snapshot s;
	struct emit e = { 0 };
	FILE *f;

	if (!path[0]) {
		snprintf(path, sizeof(path), "/tmp/accept-fuzz.%d", getpid());
		if (snapshot_init(&s, 16))
			abort();
	}
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, size, f) != size || fclose(f))
		abort();
	recorder_file_read(&s, path);
	exporter_read_actions(&s, path);
	unlink(path);
	if (render(&e, EMIT_OPENMETRICS, &s))
		abort();
	emit_free(&e);
}

/* With its scheme, which would be found seldom, and without */
static void try_login(const char *text, struct login *login)
{
	char header[4096];

	if (!authorization_parse(text, login) && strlen(login->password) >= PASSWORD_LEN)
		abort();
	snprintf(header, sizeof(header), "Basic %s", text);
	if (!authorization_parse(header, login) &&
	    (strchr(login->user, ':') || strlen(login->user) >= USER_NAME_LEN))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_listen listen;
	struct users users;
	struct login login;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	accept_choose(text);
	config_parse_listen(&listen, text);
	try_login(text, &login);
	/* What is no good leaves a message, and nobody may then be let in by what was read */
	if (!users_parse(&users, "fuzz", text, NULL) && !users.nr)
		abort();
	free(text);
	if (size && data[0] == '{')
		read_status(data, size);
	return 0;
}
