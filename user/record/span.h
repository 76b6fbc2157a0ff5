/* SPDX-License-Identifier: GPL-2.0 */
/*
 * span.h - show, filter and export one recovery
 */
#ifndef ZREC_SPAN_H
#define ZREC_SPAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "record/function.h"
#include "zrec.h"

struct span_style {
	bool utf8;			/* block characters and symbols */
	bool color;
	int width;			/* columns of the terminal */
	int64_t tai_offset_ns;		/* clock_tai_offset_ns(), while we print */
	int year;			/* clock_this_year(): times of others show theirs; 0: none does */
};

/* What suits this stream, its terminal and the environment */
void span_style_init(struct span_style *st, FILE *f);

/* The wall clock of the error event */
int64_t span_wall_ns(const struct zrec_span *s, int64_t tai_offset_ns);

void span_print_header(FILE *f, const struct span_style *st);
void span_print_line(FILE *f, const struct zrec_span *s,
		     const struct span_style *st);
/* The steps only; print the line before it */
void span_print_timeline(FILE *f, const struct zrec_span *s,
			 const struct span_style *st);

/* Each point at which a policy was or could have been asked, and its answers; nothing if there is none */
void span_print_decisions(FILE *f, const struct zrec_span *s, const struct span_style *st);
/* The moment in local time, in the 19 columns of a line */
const char *span_style_time(const struct span_style *st, int64_t wall_ns, char *buf);

/* NULL only when out of memory */
json_t *span_to_json(const struct zrec_span *s, int64_t tai_offset_ns);

/* Of a field that the text may fill. Bytes that are not text, which no kernel sends: "unknown" */
json_t *span_text_to_json(const char *text, size_t size);

#define SPAN_ADDRESS_LEN 16
/* domain:bus:device.function, or NULL if no PCI device was found */
const char *span_address(const struct zrec_span *s, char buf[SPAN_ADDRESS_LEN]);

/*
 * The steps that took part, by their first begin, the time in no step last;
 * returns how many
 */
int span_order_steps(const struct zrec_span *s, unsigned int order[ZREC_NR_STEPS]);

/* The error description of firmware, in the byte order of this machine */
struct span_ccdf {
	uint64_t fault_address;
	uint32_t fh;
	uint32_t fid;
	uint16_t pec;
	uint16_t msi_vector;	/* mvn */
	uint8_t address_space;	/* dmaas */
	uint8_t table_type;	/* ett */
	bool qualifier;		/* q */
	bool write;		/* rw */
};

void span_decode_ccdf(const uint8_t raw[ZPCI_CCDF_LEN], struct span_ccdf *ret);

/*
 * Values of one kind are alternatives, kinds must all match; no value of a kind
 * matches everything. Zero-initialise, free with span_filter_free(). Adding
 * returns 0, -EINVAL for what cannot be parsed, or -ENOMEM.
 */
struct span_filter {
	uint32_t *fids;
	size_t nr_fids;
	uint16_t *pecs;
	size_t nr_pecs;
	char **drivers;
	size_t nr_drivers;
	struct function_name *functions;
	size_t nr_functions;
	char **policies;
	size_t nr_policies;
	uint32_t outcomes;		/* a bit each; 0: all */
};

int span_filter_add_fid(struct span_filter *f, const char *value);
/* An address, fid:FID, a device node (-ENODEV, -ENOENT: of no function) or a driver */
int span_filter_add_function(struct span_filter *f, const char *value);
/* One that was asked in the recovery, enforced or in shadow */
int span_filter_add_policy(struct span_filter *f, const char *value);
int span_filter_add_driver(struct span_filter *f, const char *value);
int span_filter_add_pec(struct span_filter *f, const char *value);
/* Forgets those that were added */
void span_filter_clear_drivers(struct span_filter *f);
void span_filter_clear_policies(struct span_filter *f);
/* Adds the outcome of this name; 0 or -EINVAL */
int span_parse_outcomes(uint32_t *outcomes, const char *value);
bool span_has_outcome(const struct zrec_span *s, uint32_t outcomes);
bool span_match(const struct span_filter *f, const struct zrec_span *s);
void span_filter_free(struct span_filter *f);

#endif /* ZREC_SPAN_H */
