/* SPDX-License-Identifier: GPL-2.0 */
/* requests.h - what clients were answered, for metrics of the exporter itself */
#ifndef ZREC_EXPORTER_REQUESTS_H
#define ZREC_EXPORTER_REQUESTS_H

#include <stdint.h>

enum request_status {
	REQUEST_OK,
	REQUEST_UNAUTHORIZED,
	REQUEST_NOT_FOUND,
	REQUEST_METHOD,
	REQUEST_UNAVAILABLE,
	NR_REQUEST_STATUSES
};

/* Of passwords that had to be checked: who was right is remembered */
enum password_check {
	PASSWORD_RIGHT,
	PASSWORD_WRONG,
	PASSWORD_REFUSED,		/* too many were wrong: not checked */
	NR_PASSWORD_CHECKS
};

struct requests {
	uint64_t status[NR_REQUEST_STATUSES];
	uint64_t password[NR_PASSWORD_CHECKS];
	uint64_t slow;			/* connections that were ended */
};

#endif /* ZREC_EXPORTER_REQUESTS_H */
