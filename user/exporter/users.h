/* SPDX-License-Identifier: GPL-2.0 */
/*
 * users.h - who may ask: a file of lines USER:HASH
 *
 * As htpasswd makes them ("htpasswd -B"), or with a hash of mkpasswd. What a hash may cost is
 * bounded here: each wrong password costs that much.
 */
#ifndef ZREC_EXPORTER_USERS_H
#define ZREC_EXPORTER_USERS_H

#include <stddef.h>
#include <stdio.h>

#define USERS_MAX	32
#define USER_NAME_LEN	64	/* with the NUL, as the next */
#define USER_HASH_LEN	160

struct user {
	char name[USER_NAME_LEN];
	char hash[USER_HASH_LEN];
};

struct users {
	struct user user[USERS_MAX];
	unsigned int nr;
};

/* Every problem is a line "file:line: what, expected what" on @errors. 0, -EINVAL, -ENOMEM */
int users_parse(struct users *ret, const char *file, const char *text, FILE *errors);

#endif /* ZREC_EXPORTER_USERS_H */
