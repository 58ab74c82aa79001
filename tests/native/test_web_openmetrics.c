// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/web/openmetrics.c user/web/histogram.c user/text.c
/*
 * Metrics as text: both formats, escaping, numbers, histograms, and which format a reader gets.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "web/openmetrics.h"

#define LABELS(...) ((const struct metric_label[]){__VA_ARGS__, {NULL, NULL}})

static void assert_written(enum exposition_format format, void (*write)(struct exposition *),
			   const char *expected)
{
	struct exposition x;
	size_t bytes = 0;
	char *text;

	assert_int_equal(exposition_begin(&x, format), 0);
	write(&x);
	text = exposition_end(&x, &bytes);
	assert_non_null(text);
	assert_string_equal(text, expected);
	assert_int_equal(bytes, strlen(expected));
	free(text);
}

static void write_counter(struct exposition *x)
{
	exposition_family(x, "t_packet_bytes", METRIC_COUNTER, "bytes", "What \"came\".\n\\o/");
	exposition_count(x, LABELS({"zone", "a"}, {"interface", "eth0"}), UINT64_MAX);
	exposition_count(x, NULL, 0);
}

static void test_counter(void **state)
{
	(void)state;
	assert_written(EXPOSE_TEXT, write_counter,
		       "# TYPE t_packet_bytes_total counter\n"
		       "# HELP t_packet_bytes_total What \"came\".\\n\\\\o/\n"
		       "t_packet_bytes_total{zone=\"a\",interface=\"eth0\"} 18446744073709551615\n"
		       "t_packet_bytes_total 0\n");
	assert_written(EXPOSE_OPENMETRICS, write_counter,
		       "# TYPE t_packet_bytes counter\n"
		       "# UNIT t_packet_bytes bytes\n"
		       "# HELP t_packet_bytes What \\\"came\\\".\\n\\\\o/\n"
		       "t_packet_bytes_total{zone=\"a\",interface=\"eth0\"} 18446744073709551615\n"
		       "t_packet_bytes_total 0\n"
		       "# EOF\n");
}

static void write_gauge_and_info(struct exposition *x)
{
	exposition_family(x, "t_build", METRIC_INFO, "", "B.");
	exposition_count(x, LABELS({"version", "1"}), 1);
	exposition_family(x, "t_start_seconds", METRIC_GAUGE, "seconds", "S.");
	exposition_value(x, NULL, 1764042000.25);
}

static void test_gauge_and_info(void **state)
{
	(void)state;
	assert_written(EXPOSE_TEXT, write_gauge_and_info,
		       "# TYPE t_build_info gauge\n# HELP t_build_info B.\n"
		       "t_build_info{version=\"1\"} 1\n"
		       "# TYPE t_start_seconds gauge\n# HELP t_start_seconds S.\n"
		       "t_start_seconds 1764042000.25\n");
	assert_written(EXPOSE_OPENMETRICS, write_gauge_and_info,
		       "# TYPE t_build info\n# HELP t_build B.\nt_build_info{version=\"1\"} 1\n"
		       "# TYPE t_start_seconds gauge\n# UNIT t_start_seconds seconds\n"
		       "# HELP t_start_seconds S.\nt_start_seconds 1764042000.25\n# EOF\n");
}

/* Names of interfaces may hold any byte but '/' and blanks. */
static void write_odd_labels(struct exposition *x)
{
	exposition_family(x, "t", METRIC_GAUGE, "", "T.");
	exposition_count(x, LABELS({"a", "\"\\}\n"}, {"b", "gr\xc3\xbc\xff"}), 1);
	exposition_count(x, LABELS({"a", ""}, {"b", "\x01"}), 2);
}

static void test_odd_labels(void **state)
{
	(void)state;
	assert_written(
		EXPOSE_TEXT, write_odd_labels,
		"# TYPE t gauge\n# HELP t T.\n"
		/* A control character and a byte that is no UTF-8 become \xNN, whose backslash is escaped. */
		"t{a=\"\\\"\\\\}\\\\x0a\",b=\"gr\xc3\xbc\\\\xff\"} 1\n"
		"t{a=\"\",b=\"\\\\x01\"} 2\n");
}

static const struct histogram_scale scale = {.count = 3, .bound = {0.5, 10, 1000000}};

static void write_histogram(struct exposition *x)
{
	struct histogram h;

	histogram_init(&h, &scale);
	histogram_observe(&h, 0.5); /* a bound belongs to its bucket */
	histogram_observe(&h, 0.25);
	histogram_observe(&h, 0.5000001);
	histogram_observe(&h, 1000000.5);
	exposition_family(x, "h", METRIC_HISTOGRAM, "", "H.");
	exposition_histogram(x, LABELS({"zone", "z"}), &h);
}

static void test_histogram(void **state)
{
	(void)state;
	assert_written(EXPOSE_TEXT, write_histogram,
		       "# TYPE h histogram\n# HELP h H.\n"
		       "h_bucket{zone=\"z\",le=\"0.5\"} 2\n"
		       "h_bucket{zone=\"z\",le=\"10.0\"} 3\n"
		       "h_bucket{zone=\"z\",le=\"1e+06\"} 3\n"
		       "h_bucket{zone=\"z\",le=\"+Inf\"} 4\n"
		       "h_sum{zone=\"z\"} 1000001.7500001\n"
		       "h_count{zone=\"z\"} 4\n");
}

static void test_numbers(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{0, "0.0"},
		{1, "1.0"},
		{100000, "100000.0"},
		{1000000, "1e+06"},
		{1e9, "1e+09"},
		{1048576, "1048576.0"},
		{0.1, "0.1"},
		{0.003, "0.003"},
		{1.0 / 3, "0.3333333333333333"},
		{17179869184.0, "17179869184.0"},
		{-2.5, "-2.5"},
	};
	char text[METRIC_NUMBER];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_string_equal(metric_number(cases[i].value, text), cases[i].text);
		assert_true(strtod(text, NULL) == cases[i].value);
	}
}

static void test_negotiation(void **state)
{
	static const struct {
		const char *accept;
		enum exposition_format format;
	} cases[] = {
		{NULL, EXPOSE_TEXT},
		{"", EXPOSE_TEXT},
		{"*/*", EXPOSE_TEXT},
		{"text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", EXPOSE_TEXT},
		{"application/openmetrics-text", EXPOSE_OPENMETRICS},
		/* Prometheus 2.42 */
		{"application/openmetrics-text;version=1.0.0,application/"
		 "openmetrics-text;version=0.0.1;"
		 "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		 EXPOSE_OPENMETRICS},
		/* Prometheus with scrape_protocols = [PrometheusText0.0.4, OpenMetricsText1.0.0] */
		{"text/plain;version=0.0.4;q=0.6,application/"
		 "openmetrics-text;version=1.0.0;q=0.5,*/*;"
		 "q=0.2",
		 EXPOSE_TEXT},
		{"Application/OpenMetrics-Text ; Version=\"1.0.0\" ; Q=0.3 , text/plain;q=0.2",
		 EXPOSE_OPENMETRICS},
		{"application/openmetrics-text;version=2.0.0", EXPOSE_TEXT},
		{"application/openmetrics-text;q=0", EXPOSE_TEXT},
		{"application/openmetrics-textual", EXPOSE_TEXT},
		{"application/openmetrics-text;q=7", EXPOSE_TEXT},
		{",;,application/openmetrics-text", EXPOSE_OPENMETRICS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (exposition_negotiate(cases[i].accept) != cases[i].format)
			fail_msg("%s", cases[i].accept);
	assert_string_equal(exposition_content_type(EXPOSE_OPENMETRICS),
			    "application/openmetrics-text; version=1.0.0; charset=utf-8");
	assert_string_equal(exposition_content_type(EXPOSE_TEXT),
			    "text/plain; version=0.0.4; charset=utf-8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counter),    cmocka_unit_test(test_gauge_and_info),
		cmocka_unit_test(test_odd_labels), cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_numbers),    cmocka_unit_test(test_negotiation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
