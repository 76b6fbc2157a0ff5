// SPDX-License-Identifier: GPL-2.0
/*
 * What a client can send that zrec-exporter itself looks into: the Accept header, and the
 * address on the command line; HTTP is libmicrohttpd's. And the recorder's status, which is
 * another process's.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exporter/accept.h"
#include "exporter/http.h"
#include "exporter/recorder-file.h"
#include "exporter/render.h"

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
	unlink(path);
	if (render(&e, EMIT_OPENMETRICS, &s))
		abort();
	emit_free(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_storage address;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	accept_choose(text);
	http_parse_address(text, &address);
	free(text);
	if (size && data[0] == '{')
		read_status(data, size);
	return 0;
}
