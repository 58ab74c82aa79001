# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How native test programs are built, for tests/native/run and tests/fuzz/run, which read this from the top of the tree.
#
# Among a program's first lines:
#   // sources: FILE…     what else is linked, from the top of the tree (globs allowed)
#   // packages: NAME…    pkg-config packages
#   // again: thread      run it once more under the thread sanitizer (tests/native only)
#   // alone: WHY         nothing else runs meanwhile (tests/native only)

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

# build_programs OUT SUFFIX PACKAGES LIBRARIES COMPILER… -- SOURCE…: of each source the program OUT/NAME followed by
# SUFFIX (tests/native/programs.mk). Those that do not build stop no other; then the status is not 0.
build_programs() {
	local out=$1 suffix=$2 packages=$3 libraries=$4 compile=() cflags set
	shift 4
	while [ "$1" != -- ]; do
		compile+=("$1")
		shift
	done
	shift
	# All programs' packages, so that an object fits whatever is linked with it.
	# shellcheck disable=SC2046
	cflags=$(pkg-config --cflags libbpf jansson $(sed -ns '1,8s|^// packages: *||p' tests/native/*.c tests/fuzz/*.c | xargs -n 1 | sort -u))
	compile=("${compile[0]}" "${native_flags[@]}" "${compile[@]:1}")
	set=$({ "${compile[0]}" --version && printf '%s\n' "${compile[*]}" "$cflags"; } | cksum | cut -d ' ' -f 1)
	# What another make told this one is not meant for these.
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -k -j "$(nproc)" -f tests/native/programs.mk OUT="$out" SUFFIX="$suffix" \
		OBJECTS="${BUILD:-build}/tests/obj/$set" COMPILE="${compile[*]@Q}" CFLAGS="$cflags" LIBRARIES="$libraries" \
		PACKAGES="$packages" SOURCES="$*"
}
