// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <strings.h>

#include "exporter/authorization.h"

#define SCHEME	"Basic "

/* "USER:PASSWORD", in which no NUL may hide the rest */
static int split(const gnutls_datum_t *text, struct login *ret)
{
	const char *at = (const char *)text->data, *colon = memchr(at, ':', text->size);
	size_t user, password;

	if (!colon || memchr(at, '\0', text->size))
		return -EINVAL;
	user = (size_t)(colon - at);
	password = text->size - user - 1;
	if (user >= sizeof(ret->user) || password >= sizeof(ret->password))
		return -EINVAL;
	memcpy(ret->user, at, user);
	memcpy(ret->password, colon + 1, password);
	return 0;
}

int authorization_parse(const char *header, struct login *ret)
{
	gnutls_datum_t in, out = { 0 };
	int err;

	memset(ret, 0, sizeof(*ret));
	if (!header || strncasecmp(header, SCHEME, strlen(SCHEME)))
		return -ENOENT;
	header += strlen(SCHEME);
	header += strspn(header, " ");
	/* What is longer than any login that we know need not be decoded */
	if (!*header || strlen(header) > 2 * sizeof(*ret))
		return -EINVAL;
	in = (gnutls_datum_t){ (unsigned char *)header, (unsigned int)strlen(header) };
	if (gnutls_base64_decode2(&in, &out) < 0)
		return -EINVAL;
	err = split(&out, ret);
	explicit_bzero(out.data, out.size);
	gnutls_free(out.data);
	return err;
}
