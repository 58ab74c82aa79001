// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_compile.h"

#include "log.h"

#include <errno.h>
#include <stdlib.h>

static size_t count_patterns(const struct policy_build *build)
{
	size_t count = 0;

	for (size_t i = 0; i < build->image->rule_count; i++)
		count += build->rule[i]->pattern_count;
	return count;
}

/* All patterns, rule after rule, and in `*nameless` the rules that have none. */
static void gather(const struct policy_build *build, struct automaton_pattern *pattern,
		   struct tg_rule_set *nameless)
{
	for (size_t i = 0; i < build->image->rule_count; i++) {
		const struct config_rule *rule = build->rule[i];

		if (!rule->pattern_count)
			rule_set_add(nameless, i);
		for (size_t p = 0; p < rule->pattern_count; p++)
			*pattern++ = (struct automaton_pattern){
				.text = rule->pattern[p].text,
				.any_case = rule->any_case,
				.rule = (uint16_t)i,
			};
	}
}

/* Where the pattern with this number stands. */
static void blame_pattern(const struct policy_build *build, size_t number)
{
	for (size_t i = 0; i < build->image->rule_count; i++) {
		const struct config_rule *rule = build->rule[i];

		if (number >= rule->pattern_count) {
			number -= rule->pattern_count;
			continue;
		}
		log_detail("%s:%zu: rule \"%s\": %s",
			   rule->pattern[number].where.file ? rule->pattern[number].where.file
							    : "policy",
			   rule->pattern[number].where.line, rule->name,
			   rule->pattern[number].text);
		return;
	}
}

static void explain(const struct policy_build *build, const struct automaton_blame *blame)
{
	log_error("the file patterns of all rules are too large together; most room takes");
	for (size_t i = 0; i < blame->count; i++)
		blame_pattern(build, blame->pattern[i]);
	log_hint("each * multiplies with those of other patterns: let patterns begin with "
		 "different text, or use fewer *");
}

int compile_patterns(struct policy_build *build)
{
	struct policy_image *image = build->image;
	size_t count = count_patterns(build);
	struct automaton_pattern *pattern = calloc(count + 1, sizeof(*pattern));
	struct automaton_blame blame = {0};
	struct tg_rule_set nameless = {0};
	int err;

	if (!pattern)
		return -ENOMEM;
	gather(build, pattern, &nameless);
	err = automaton_compile(pattern, count, &nameless, &image->sets, &image->automaton, &blame);
	free(pattern);
	if (err == -E2BIG)
		explain(build, &blame);
	return err ? err : compile_number(build, &nameless, &image->policy.nameless_set);
}
