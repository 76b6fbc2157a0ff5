// SPDX-License-Identifier: GPL-2.0
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "fleet/curl.h"

/* All calls of the table, in its order */
static const char *const names[] = {
	"curl_global_init", "curl_easy_init", "curl_easy_setopt", "curl_easy_perform",
	"curl_easy_getinfo", "curl_easy_cleanup", "curl_easy_strerror", "curl_easy_escape",
	"curl_free", "curl_slist_append", "curl_slist_free_all",
};

_Static_assert(sizeof(struct curl_calls) == sizeof(names), "each call has its name");

static bool fill(struct curl_calls *calls, void *library)
{
	void **to = (void **)calls;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		to[i] = dlsym(library, names[i]);
		if (!to[i])
			return false;
	}
	return true;
}

/* Like the library itself it stays to the end of the process */
const struct curl_calls *curl_load(void)
{
	static const char *const libraries[] = { "libcurl.so.4", "libcurl-gnutls.so.4" };
	static struct curl_calls calls;
	static bool loaded;
	void *library = NULL;

	if (loaded)
		return &calls;
	for (size_t i = 0; !library && i < ARRAY_SIZE(libraries); i++)
		library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
	if (!library || !fill(&calls, library) || calls.global_init(CURL_GLOBAL_DEFAULT))
		return NULL;
	loaded = true;
	return &calls;
}
