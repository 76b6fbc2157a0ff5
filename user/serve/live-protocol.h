/* SPDX-License-Identifier: GPL-2.0 */
/*
 * live-protocol.h - between zrec run and those who look on
 *
 * A SOCK_SEQPACKET socket at /run/zrec/live, for root and the group zrec. A client sends
 * one struct live_request. It gets a struct live_hello, and then, one a packet: records,
 * each a struct live_record and the record as the ring buffer has it; or one JSON document
 * and the end.
 *
 * A client that does not read in time misses records: the recorder waits for nobody. How
 * many, it is told as soon as it reads again.
 */
#ifndef ZREC_LIVE_PROTOCOL_H
#define ZREC_LIVE_PROTOCOL_H

#include <stdint.h>

#include "zrec.h"

#define LIVE_DIR		"/run/zrec"
#define LIVE_SOCKET		LIVE_DIR "/live"
#define LIVE_VERSION		1u
#define LIVE_MAGIC		0x7a726563u	/* "zrec" */

enum live_want {
	LIVE_WANT_RECORDS = 1,
	LIVE_WANT_STATUS = 2,		/* a JSON object, see docs/abi.md */
	LIVE_WANT_HISTORY = 3,		/* a command is run, and an int32_t is its exit code, or a negative errno */
	LIVE_WANT_OPEN_TOO = 4,		/* records, and recoveries that have been open for long */
};

/*
 * Behind a request of LIVE_WANT_HISTORY are texts, each ended by a NUL: KEY=VALUE of the
 * environment, an empty one, then the command line with the name of the program. Two
 * descriptors come with it, standard output and standard error of the command, which are no
 * sockets: a socket tells its reader that root has written.
 */
#define LIVE_LINES_MAX		32768

struct live_request {
	uint32_t magic;
	uint32_t version;
	uint32_t want;			/* enum live_want */
	uint32_t pad;
};

struct live_hello {
	uint32_t magic;
	uint32_t version;
	uint32_t abi;			/* ZREC_ABI of the records */
	uint32_t pid;
};

/*
 * Instead of a position: a struct zrec_open follows, of a recovery that has been open for as long
 * as the recorder's open-after says. Who has not seen its error event cannot know.
 */
#define LIVE_POSITION_OPEN	UINT64_MAX

/* A record follows, unless @missed: so many are missing here, for this client alone */
struct live_record {
	uint64_t position;		/* in the ring buffer */
	uint64_t missed;
};

/* Room for those of a later version, which may be longer */
#define LIVE_RECORD_MAX		4096

/* The largest packet: a document */
#define LIVE_PACKET_MAX		65536

#endif /* ZREC_LIVE_PROTOCOL_H */
