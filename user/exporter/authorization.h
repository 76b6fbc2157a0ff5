/* SPDX-License-Identifier: GPL-2.0 */
/* authorization.h - user and password of an Authorization header */
#ifndef ZREC_EXPORTER_AUTHORIZATION_H
#define ZREC_EXPORTER_AUTHORIZATION_H

#include "exporter/users.h"

#define PASSWORD_LEN	257	/* with the NUL */

struct login {
	char user[USER_NAME_LEN];
	char password[PASSWORD_LEN];
};

/*
 * From the value of the header, which may be NULL or hold anything. 0, -ENOENT: it is no
 * "Basic", or there is none; -EINVAL: nobody can have this user or password. To be wiped
 * by the caller.
 */
int authorization_parse(const char *header, struct login *ret);

#endif /* ZREC_EXPORTER_AUTHORIZATION_H */
