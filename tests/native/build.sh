# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How native test programs are built, for tests/native/run and tests/fuzz/run, which read this from the top of the tree.
#
# Among a program's first lines:
#   // sources: FILE…     what else is linked, from the top of the tree (globs allowed)
#   // packages: NAME…    pkg-config packages
#   // again: thread      run it once more under the thread sanitizer (tests/native only)

# shellcheck disable=SC2034
native_flags=(-std=gnu11 -D_GNU_SOURCE -g -Wall -Wextra -Werror -Wno-unknown-pragmas -fno-omit-frame-pointer
              -Ibpf -Iuser -I"${BUILD:-build}" -Itests/cases -Itests/native -Itests/fuzz
              -DTG_VERSION=\"test\")
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1

say() { printf '%s\n' "$*"; }

# The rest of the program's line "// KEY: …".
head_line() { sed -n "1,8s|^// $2: *||p" "$1"; }

# The program's own source and what its line "sources" names, one a line.
sources_of() {
	# Unquoted on purpose: the globs.
	# shellcheck disable=SC2046
	printf '%s\n' "$1" $(head_line "$1" sources)
}
