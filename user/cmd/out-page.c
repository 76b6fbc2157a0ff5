// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>

#include "base/output.h"
#include "cmd/out-page.h"

/* As a whole, so that the reason why it cannot be written is known */
static int put(FILE *f, const char *page, size_t size)
{
	errno = 0;
	if (fwrite(page, 1, size, f) < size)
		return errno ? -errno : -EIO;
	return output_flush(f);
}

int out_page_write(FILE *f, out_page_fn make, void *ctx)
{
	size_t size = 0;
	char *page = NULL;
	FILE *memory = open_memstream(&page, &size);
	int err = memory ? make(ctx, memory) : -ENOMEM;

	/* There was no memory for it */
	if (memory && fclose(memory) && !err)
		err = -ENOMEM;
	if (!err)
		err = put(f, page, size);
	free(page);
	return err;
}
