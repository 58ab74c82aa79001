/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who judges besides tidegate, and gets into its way: everything in user/doctor, from the view of the guarded interfaces.
 */
#ifndef TIDEGATE_DOCTOR_H
#define TIDEGATE_DOCTOR_H

#include "doctor/findings.h"
#include "instance.h"

/*
 * Looks at the host. 0 or a negative errno; what cannot be looked at is no failure, but noted. In both cases `findings` is to be
 * freed by findings_free().
 */
int doctor_look(const struct instance *instance, const struct registry *registry,
		struct findings *findings);

/* print.c: does the document say that something was found, or not looked at? */
bool findings_any(const json_t *document);

/* The findings of a document that has them (findings_json()), as text on standard output. */
void findings_print(const json_t *document);

/* As notices, on standard error. */
void findings_warn(const json_t *document);

#endif
