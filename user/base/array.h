/* SPDX-License-Identifier: GPL-2.0 */
/*
 * array.h - arrays, also ones that grow
 */
#ifndef ZREC_ARRAY_H
#define ZREC_ARRAY_H

#include <stddef.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/*
 * One more element at the end of an array from malloc(), zeroed. @array is the address
 * of its pointer (NULL: it is empty yet), @nr counts the elements. The room doubles, so
 * no caller has to keep its size. NULL: no memory, nothing changed.
 */
void *array_add(void *array, size_t *nr, size_t size);

#endif /* ZREC_ARRAY_H */
