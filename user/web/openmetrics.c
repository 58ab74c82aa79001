// SPDX-License-Identifier: GPL-2.0-or-later
#include "web/openmetrics.h"

#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OPENMETRICS_TYPE "application/openmetrics-text"
#define TEXT_TYPE        "text/plain"
#define LABEL_BYTES      256 /* of a value; ours are shorter */

/* ---- what the reader wants -------------------------------------------------------------------------------------- */

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* Is the parameter at `s` called `name`? Then its value, unquoted by the caller. */
static const char *parameter(const char *s, const char *name)
{
	size_t len = strlen(name);

	return !strncasecmp(s, name, len) && s[len] == '=' ? s + len + 1 : NULL;
}

/*
 * How much the media range at `range` (up to a comma) wants one of these types (RFC 9110 12.5.1), 0: not at all. A
 * version other than `version` does not fit.
 */
static double quality(const char *range, size_t len, const char *type, const char *version)
{
	size_t name = strcspn(range, ";,");
	double q = 1;

	while (name && strchr(" \t", range[name - 1]))
		name--;
	if (name != strlen(type) || strncasecmp(range, type, name))
		return 0;
	for (const char *s = memchr(range, ';', len); s && s < range + len;
	     s = memchr(s, ';', (size_t)(range + len - s))) {
		const char *value;

		s = skip_blanks(s + 1);
		value = parameter(s, "q");
		if (value)
			q = strtod(value, NULL);
		value = parameter(s, "version");
		if (value && strncmp(value + (*value == '"'), version, strlen(version)))
			return 0;
	}
	return q > 0 && q <= 1 ? q : 0;
}

enum exposition_format exposition_negotiate(const char *accept)
{
	double openmetrics = 0, text = 0, any;

	while (accept && *accept) {
		size_t len;

		accept = skip_blanks(accept);
		len = strcspn(accept, ",");
		any = quality(accept, len, OPENMETRICS_TYPE, "1.0.0");
		openmetrics = any > openmetrics ? any : openmetrics;
		any = quality(accept, len, TEXT_TYPE, "0.0.4");
		text = any > text ? any : text;
		accept += len;
		accept += *accept == ',';
	}
	return openmetrics > 0 && openmetrics >= text ? EXPOSE_OPENMETRICS : EXPOSE_TEXT;
}

const char *exposition_content_type(enum exposition_format format)
{
	return format == EXPOSE_OPENMETRICS ? OPENMETRICS_TYPE "; version=1.0.0; charset=utf-8"
					    : TEXT_TYPE "; version=0.0.4; charset=utf-8";
}

/* ---- the text ----------------------------------------------------------------------------------------------------- */

int exposition_begin(struct exposition *x, enum exposition_format format)
{
	*x = (struct exposition){.format = format};
	x->stream = open_memstream(&x->text, &x->bytes);
	return x->stream ? 0 : -ENOMEM;
}

char *exposition_end(struct exposition *x, size_t *bytes)
{
	bool failed;

	if (x->format == EXPOSE_OPENMETRICS)
		fputs("# EOF\n", x->stream);
	failed = ferror(x->stream);
	if (fclose(x->stream) || failed) {
		free(x->text);
		return NULL;
	}
	*bytes = x->bytes;
	return x->text;
}

static void put_escaped(FILE *out, const char *text, bool quotes)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '\\' || (quotes && *text == '"'))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static const char *suffix(enum metric_type type)
{
	return type == METRIC_COUNTER ? "_total" : type == METRIC_INFO ? "_info" : "";
}

static const char *type_name(const struct exposition *x)
{
	static const char *const names[] = {
		[METRIC_COUNTER] = "counter",
		[METRIC_GAUGE] = "gauge",
		[METRIC_HISTOGRAM] = "histogram",
		[METRIC_INFO] = "info",
	};

	/* The older format has no infos. */
	return x->type == METRIC_INFO && x->format == EXPOSE_TEXT ? "gauge" : names[x->type];
}

void exposition_family(struct exposition *x, const char *family, enum metric_type type,
		       const char *unit, const char *help)
{
	const char *end;

	x->family = family;
	x->type = type;
	/* The older format knows each name of a sample, the newer one the family's. */
	end = x->format == EXPOSE_TEXT ? suffix(type) : "";
	fprintf(x->stream, "# TYPE %s%s %s\n", family, end, type_name(x));
	if (*unit && x->format == EXPOSE_OPENMETRICS)
		fprintf(x->stream, "# UNIT %s %s\n", family, unit);
	fprintf(x->stream, "# HELP %s%s ", family, end);
	put_escaped(x->stream, help, x->format == EXPOSE_OPENMETRICS);
	fputc('\n', x->stream);
}

static void put_label(FILE *out, char before, const char *name, const char *value)
{
	char cut[LABEL_BYTES], safe[TEXT_SAFE(LABEL_BYTES)];

	snprintf(cut, sizeof(cut), "%s", value);
	fprintf(out, "%c%s=\"", before, name);
	put_escaped(out, text_safe(cut, false, safe), true);
	fputc('"', out);
}

static void put_sample(struct exposition *x, const char *end, const struct metric_label *labels,
		       const char *le)
{
	char before = '{';

	fprintf(x->stream, "%s%s", x->family, end);
	for (; labels && labels->name; labels++, before = ',')
		put_label(x->stream, before, labels->name, labels->value);
	if (le) {
		put_label(x->stream, before, "le", le);
		before = ',';
	}
	fputs(before == ',' ? "} " : " ", x->stream);
}

void exposition_count(struct exposition *x, const struct metric_label *labels, uint64_t value)
{
	put_sample(x, suffix(x->type), labels, NULL);
	fprintf(x->stream, "%" PRIu64 "\n", value);
}

const char *metric_number(double value, char text[METRIC_NUMBER])
{
	int digits = 6;

	do
		snprintf(text, METRIC_NUMBER, "%.*g", digits, value);
	while (strtod(text, NULL) != value && digits++ < 17);
	if (!strpbrk(text, ".e"))
		snprintf(text + strlen(text), METRIC_NUMBER - strlen(text), ".0");
	return text;
}

void exposition_value(struct exposition *x, const struct metric_label *labels, double value)
{
	char number[METRIC_NUMBER];

	put_sample(x, suffix(x->type), labels, NULL);
	fprintf(x->stream, "%s\n", metric_number(value, number));
}

void exposition_histogram(struct exposition *x, const struct metric_label *labels,
			  const struct histogram *histogram)
{
	char number[METRIC_NUMBER];
	uint64_t sum = 0;

	for (size_t i = 0; i <= histogram->scale->count; i++) {
		sum += histogram->bucket[i];
		put_sample(x, "_bucket", labels,
			   i < histogram->scale->count
				   ? metric_number(histogram->scale->bound[i], number)
				   : "+Inf");
		fprintf(x->stream, "%" PRIu64 "\n", sum);
	}
	put_sample(x, "_sum", labels, NULL);
	fprintf(x->stream, "%s\n", metric_number(histogram->sum, number));
	put_sample(x, "_count", labels, NULL);
	fprintf(x->stream, "%" PRIu64 "\n", histogram->count);
}
