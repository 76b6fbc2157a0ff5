/* SPDX-License-Identifier: GPL-2.0 */
/*
 * import.h - put recordings into a recording
 *
 * What is there already stays as it is: a recovery by its boot, observation and position
 * in the ring buffer, a gap and what became of a policy by all that is known of them. So
 * the same file twice changes nothing, nor does one that has others in it.
 */
#ifndef ZREC_KEEP_IMPORT_H
#define ZREC_KEEP_IMPORT_H

#include <stdint.h>

struct import;

struct import_counts {
	uint64_t recoveries, gaps, policy_events;	/* added */
	uint64_t there;					/* all that was there already */
};

/*
 * @to is made if there is none. 0 or a negative errno, as writer_open(); why is in
 * import_error(), also after a failed import_open(), unless *ret is NULL: -ENOMEM.
 */
int import_open(struct import **ret, const char *to);
/*
 * A recording of any kind, "-" for JSON lines of standard input. After an error what
 * came before it is in the recording all the same.
 */
int import_file(struct import *i, const char *from);
/* Makes @to a file that anybody may read who has it */
int import_finish(struct import *i);
/* A file that import_open() made and that has nothing in it is removed */
void import_close(struct import *i);

const struct import_counts *import_counts(const struct import *i);
/* One line for people, with the file that it is about */
const char *import_error(const struct import *i);

#endif /* ZREC_KEEP_IMPORT_H */
