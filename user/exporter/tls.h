/* SPDX-License-Identifier: GPL-2.0 */
/* tls.h - the certificate that is shown, and its key */
#ifndef ZREC_EXPORTER_TLS_H
#define ZREC_EXPORTER_TLS_H

#include "exporter/secret.h"

/* What of GnuTLS is spoken; what the machine's administrator forbids in its file is not */
#define TLS_PRIORITIES	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct tls {
	struct secret certificate;	/* PEM, with those that lead to a root behind it */
	struct secret key;
};

/*
 * Reads both, and finds out whether they belong together. 0, or a negative errno after its
 * message; to be freed in any case. Warns of a certificate that has expired.
 */
int tls_read(struct tls *ret, const char *certificate, const char *key);
void tls_free(struct tls *tls);

#endif /* ZREC_EXPORTER_TLS_H */
