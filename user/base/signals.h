/* SPDX-License-Identifier: GPL-2.0 */
/*
 * signals.h - the end that a user or a service manager asks for
 */
#ifndef ZREC_SIGNALS_H
#define ZREC_SIGNALS_H

/*
 * SIGINT, SIGTERM and SIGHUP end nothing from here on, but make the descriptor that is
 * returned readable. A negative errno after its message.
 */
int signals_open(void);

#endif /* ZREC_SIGNALS_H */
