// SPDX-License-Identifier: GPL-2.0
/* zrec.conf of any bytes: it is good or it is not, and whatever is wrong with it is said */
#include <errno.h>
#include <stdlib.h>

#include "serve/config.h"

static void must(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config, again;
	char *errors = NULL;
	size_t len;
	FILE *f = open_memstream(&errors, &len);
	int err;

	must(f);
	err = config_parse(&config, "fuzz", (const char *)data, size, f);
	must(!fclose(f));
	must(!err == !len);
	free(errors);
	must(!err || err == -EINVAL);
	must(!config.history.file || config.history.file[0] == '/');
	must(config.observe.functions <= 4096);
	/* Without somebody who wants to know it is the same */
	must(config_parse(&again, "fuzz", (const char *)data, size, NULL) == err);
	must(config.history.limits.keep_ns == again.history.limits.keep_ns);
	config_free(&config);
	config_free(&again);
	return 0;
}
