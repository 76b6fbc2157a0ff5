// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "exporter/tls.h"

static gnutls_datum_t datum(const struct secret *s)
{
	return (gnutls_datum_t){ (unsigned char *)s->text, (unsigned int)s->len };
}

/* Clients refuse it, and say so where nobody looks */
static void look_at_expiry(gnutls_certificate_credentials_t credentials, const char *path)
{
	gnutls_x509_crt_t *list;
	unsigned int nr;

	if (gnutls_certificate_get_x509_crt(credentials, 0, &list, &nr) < 0)
		return;
	if (nr && gnutls_x509_crt_get_expiration_time(list[0]) < time(NULL))
		log_warn("the certificate %s has expired", text_shown(path));
	for (unsigned int i = 0; i < nr; i++)
		gnutls_x509_crt_deinit(list[i]);
	gnutls_free(list);
}

static int check(const struct tls *tls)
{
	const gnutls_datum_t certificate = datum(&tls->certificate), key = datum(&tls->key);
	gnutls_certificate_credentials_t credentials;
	int code = gnutls_certificate_allocate_credentials(&credentials);

	if (code < 0)
		return -ENOMEM;
	code = gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key,
						   GNUTLS_X509_FMT_PEM);
	if (code < 0)
		log_error("cannot use the certificate %s with the key %s, both of which have to be PEM: %s",
			  text_shown(tls->certificate.path), text_shown(tls->key.path),
			  gnutls_strerror(code));
	else
		look_at_expiry(credentials, tls->certificate.path);
	gnutls_certificate_free_credentials(credentials);
	return code < 0 ? -EINVAL : 0;
}

int tls_read(struct tls *ret, const char *certificate, const char *key)
{
	int err, other;

	*ret = (struct tls){ 0 };
	err = secret_read_public(&ret->certificate, certificate);
	other = secret_read(&ret->key, key);
	if (err || other)
		return err ? err : other;
	return check(ret);
}

void tls_free(struct tls *tls)
{
	secret_free(&tls->certificate);
	secret_free(&tls->key);
}
