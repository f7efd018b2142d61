"""The file for bash, from 3.2 (macOS) on, with or without the package bash-completion."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from aimux.cli.completion.tree import Node
from aimux.cli.completion.values import Values, assigned

MACHINE: Final = r"""
_aimux() {
    local line=${COMP_LINE:0:COMP_POINT} node=aimux cur='' wanted='' ended='' before='' count=0
    local commands='' options='' offered='' ask='' files='' word
    local -a words
    COMPREPLY=()
    read -r -a words <<<"$line"
    if [[ $line != *[[:space:]] ]]; then
        cur=${words[${#words[@]}-1]}
        unset "words[${#words[@]}-1]"
    fi
    for word in "${words[@]:1}"; do
        if [[ -n $wanted ]]; then
            wanted=''
        elif [[ -z $ended && $word == -- ]]; then
            ended=1
        elif [[ -z $ended && $word == -* ]]; then
            if [[ $word != *=* ]] && _aimux_values "$node" "$word"; then wanted=$word; fi
        elif [[ $count == 0 ]] && _aimux_node "$node $word"; then
            node="$node $word"
        else
            count=$((count + 1))
            if _aimux_values "$node" --; then ended=1; fi
        fi
    done
    offered='' ask='' files=''
    if [[ -n $wanted ]]; then
        _aimux_values "$node" "$wanted"
    elif [[ -z $ended && $cur == --*=* ]]; then
        before="${cur%%=*}="
        _aimux_values "$node" "${cur%%=*}"
    elif [[ -z $ended && $cur == -* ]]; then
        _aimux_node "$node"
        offered=$options
    else
        _aimux_node "$node"
        if [[ -n $commands ]]; then
            [[ $count != 0 ]] || offered=$commands
        else
            _aimux_values "$node" $((count + 1)) || _aimux_values "$node" '*'
        fi
    fi
    _aimux_offer
}

# What fits of $offered and of what is asked for.  bash replaces what stands behind its last word break.
_aimux_offer() {
    local breaks='' value described skip=0
    [[ $COMP_WORDBREAKS == *=* ]] && breaks+='='
    [[ $COMP_WORDBREAKS == *:* ]] && breaks+=':'
    if [[ -n $breaks ]]; then value=${cur##*[$breaks]}; skip=$((${#cur} - ${#value})); fi
    while IFS=$'\t' read -r value described; do
        value=$before$value
        [[ -n $value && $value == "$cur"* ]] || continue
        printf -v value '%q' "${value:skip}"
        COMPREPLY+=("$value")
    done < <(
        for value in $offered; do printf '%s\n' "$value"; done
        [[ -z $ask ]] || "${words[0]/#\~/$HOME}" __complete "$ask" 2>/dev/null
    )
    if [[ -n $files ]] && ! compopt -o default 2>/dev/null; then
        while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "${cur#"$before"}")
    fi
    [[ ${#COMPREPLY[@]} != 0 || -n $files ]] || compopt +o default 2>/dev/null || true
}
"""


def render(root: Node) -> str:
    """The whole file."""
    return "\n".join(
        [
            "# bash completion for aimux",
            "# Made from the command tree by: python -m aimux.cli.completion",
            MACHINE,
            *_node_table(root),
            "",
            *_values_table(root),
            "",
            "complete -F _aimux aimux",
            "",
        ]
    )


def _node_table(root: Node) -> Iterator[str]:
    yield "# What there is below a node; fails where there is no such node."
    yield "_aimux_node() {"
    yield "    case $1 in"
    for node in root.walk():
        commands = " ".join(each.name for each in node.commands)
        options = " ".join(name for each in node.options for name in each.names)
        yield f"    {shlex.quote(node.path)})"
        yield f"        commands='{commands}'"
        yield f"        options='{options}' ;;"
    yield "    *) return 1 ;;"
    yield "    esac"
    yield "}"


def _values_table(root: Node) -> Iterator[str]:
    yield "# What an option or the n-th argument takes; fails where nothing is taken."
    yield "_aimux_values() {"
    yield "    offered='' ask='' files=''"
    yield "    case $1' '$2 in"
    for node in root.walk():
        for values, places in groupby(node.places(), lambda each: each[1]):
            names = "|".join(shlex.quote(f"{node.path} {place}") for place, _ in places)
            yield f"    {names}) {_told(values)};;"
    yield "    *) return 1 ;;"
    yield "    esac"
    yield "}"


def _told(values: Values) -> str:
    return assigned(values, f"'{' '.join(values.words)}'")
