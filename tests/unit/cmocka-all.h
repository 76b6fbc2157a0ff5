/* SPDX-License-Identifier: GPL-2.0 */
/* cmocka.h does not include what it needs, and it wants it in this order */
#ifndef CMOCKA_ALL_H
#define CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif /* CMOCKA_ALL_H */
