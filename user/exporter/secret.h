/* SPDX-License-Identifier: GPL-2.0 */
/*
 * secret.h - files that only the exporter may read: keys and passwords
 *
 * A secret is named by an absolute path, or as a credential that systemd hands to the
 * service (LoadCredential=), which is looked for where systemd keeps them when there is no
 * service: in /etc/credstore.
 */
#ifndef ZREC_EXPORTER_SECRET_H
#define ZREC_EXPORTER_SECRET_H

#include <limits.h>
#include <stddef.h>

struct secret {
	char path[PATH_MAX];
	char *text;			/* with a NUL behind it */
	size_t len;
};

/* 0, or a negative errno after its message; to be freed in any case. Warns if all can read it */
int secret_read(struct secret *ret, const char *name);
/* What is not secret, from the same places */
int secret_read_public(struct secret *ret, const char *name);
/* Nothing of it is left in memory */
void secret_free(struct secret *secret);

#endif /* ZREC_EXPORTER_SECRET_H */
