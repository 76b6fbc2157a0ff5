/* SPDX-License-Identifier: GPL-2.0 */
/*
 * curl.h - libcurl, loaded by who asks a server and by nobody else
 *
 * Linked, libcurl and the thirty libraries behind it would cost each zrec watch and each recorder
 * megabytes of memory that they never use. One command needs it, so that loads it, as
 * keep/sqlite.h does with SQLite; either of Debian's flavours will do.
 */
#ifndef ZREC_FLEET_CURL_H
#define ZREC_FLEET_CURL_H

#include <curl/curl.h>

struct curl_calls {
	CURLcode (*global_init)(long flags);
	CURL *(*init)(void);
	CURLcode (*setopt)(CURL *curl, CURLoption option, ...);
	CURLcode (*perform)(CURL *curl);
	CURLcode (*getinfo)(CURL *curl, CURLINFO info, ...);
	void (*cleanup)(CURL *curl);
	const char *(*strerror)(CURLcode code);
	char *(*escape)(CURL *curl, const char *text, int len);
	void (*free)(void *p);
	struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
	void (*slist_free_all)(struct curl_slist *list);
};

/* NULL: it is not installed, or lacks one of these */
const struct curl_calls *curl_load(void);

#endif /* ZREC_FLEET_CURL_H */
