/* SPDX-License-Identifier: GPL-2.0 */
/* render.h - a snapshot as a page of metrics */
#ifndef ZREC_EXPORTER_RENDER_H
#define ZREC_EXPORTER_RENDER_H

#include "exporter/emit.h"
#include "exporter/snapshot.h"

/* 0 or -ENOMEM */
int render(struct emit *e, enum emit_format format, const struct snapshot *s);

/* For render.c: the parts that are files of their own */
void render_recoveries(struct emit *e, const struct snapshot *s);
void render_functions(struct emit *e, const struct snapshot *s);
void render_policies(struct emit *e, const struct snapshot *s);
void render_experiments(struct emit *e, const struct snapshot *s);
void render_recorder(struct emit *e, const struct snapshot *s);
void render_actions(struct emit *e, const struct snapshot *s);

#endif /* ZREC_EXPORTER_RENDER_H */
