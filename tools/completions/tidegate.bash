# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Bash completion for tidegate. Commands, options and reasons come from the binary itself, so that they never differ
# from it. Install as /usr/share/bash-completion/completions/tidegate.

_tidegate_commands()
{
	"$1" help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'
}

_tidegate_options()
{
	"$1" help ${2:+"$2"} 2>/dev/null | grep -oE -- '^ +(-[a-zA-Z], )?--[a-z][a-z-]*' | grep -oE -- '--[a-z-]+$'
}

# The words that an option takes, which the help shows as "--option this|that"; fails for other options.
_tidegate_values()
{
	local words
	[[ $3 == --* ]] || return 1
	words=$("$1" help ${2:+"$2"} 2>/dev/null | sed -nE "s/^ +(-[a-zA-Z], )?$3 ([a-z-]+(\\|[a-z-]+)+)\$/\\2/p")
	[[ $words ]] && echo "${words//|/ }"
}

_tidegate()
{
	local tidegate=$1 word=$2 before=$3 command='' i choices
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--bpffs | --socket) i=$((i + 1)) ;;
		-*) ;;
		*)
			command=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	if choices=$(_tidegate_values "$tidegate" "$command" "$before"); then
		:
	elif [[ $before == --bpffs ]]; then
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
	elif [[ $before == --config || $before == --socket || ($command =~ ^(replay|check|apply)$ && $word != -*) ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
	elif [[ $word == -* ]]; then
		choices=$(_tidegate_options "$tidegate" "$command")
	else
		case $command in
		'' | help) choices=$(_tidegate_commands "$tidegate") ;;
		policy) choices="test read write" ;;
		up | down) choices=$(cd /sys/class/net && echo *) ;;
		explain) choices=$("$tidegate" explain 2>/dev/null | sed -n 's/^\([a-z_][a-z_0-9]*\) (.*/\1/p') ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}

complete -F _tidegate tidegate
