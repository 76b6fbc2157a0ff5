/* SPDX-License-Identifier: GPL-2.0 */
/* answer.h - what one request gets */
#ifndef ZREC_EXPORTER_ANSWER_H
#define ZREC_EXPORTER_ANSWER_H

#include <microhttpd.h>

#include "exporter/pages.h"
#include "exporter/passwords.h"
#include "exporter/requests.h"

struct answers {
	struct pages pages;
	struct passwords *passwords;	/* NULL: everybody may ask */
	struct requests *requests;	/* that are counted */
};

/* To be called with the headers: a body is never read */
enum MHD_Result answer(struct answers *a, struct MHD_Connection *connection, const char *url,
		       const char *method);

#endif /* ZREC_EXPORTER_ANSWER_H */
