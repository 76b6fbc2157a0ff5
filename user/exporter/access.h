/* SPDX-License-Identifier: GPL-2.0 */
/* access.h - who may ask, and how it is encrypted: the files that [metrics] names */
#ifndef ZREC_EXPORTER_ACCESS_H
#define ZREC_EXPORTER_ACCESS_H

#include <stdbool.h>

#include "exporter/tls.h"
#include "exporter/users.h"
#include "serve/config.h"

struct access {
	bool encrypted, restricted;
	struct tls tls;			/* if it is encrypted */
	struct users users;		/* if it is restricted */
};

/*
 * Reads and checks all of them; @good (may be NULL) is called for each that is. 0, -EINVAL
 * or another negative errno, after its message; to be freed in any case.
 */
int access_read(struct access *ret, const struct config_metrics *metrics,
		void (*good)(const char *path));
void access_free(struct access *access);

#endif /* ZREC_EXPORTER_ACCESS_H */
