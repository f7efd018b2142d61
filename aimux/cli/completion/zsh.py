"""The file for zsh: ``_aimux``, to be found in ``fpath`` or read by ``source``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from aimux.cli.completion.tree import Node
from aimux.cli.completion.values import Values, assigned

MACHINE: Final = r"""
_aimux() {
    local node=aimux wanted='' ended='' word program=${~${(Q)words[1]}} cur=${(Q)PREFIX}
    local -i count=0
    local -a commands options offered
    local ask='' files=''
    for word in "${(@Q)words[2,CURRENT-1]}"; do
        if [[ -n $wanted ]]; then
            wanted=''
        elif [[ -z $ended && $word == -- ]]; then
            ended=1
        elif [[ -z $ended && $word == -* ]]; then
            if [[ $word != *=* ]] && _aimux_values $node $word; then wanted=$word; fi
        elif (( count == 0 )) && _aimux_node "$node $word"; then
            node="$node $word"
        else
            (( count += 1 ))
            if _aimux_values $node --; then ended=1; fi
        fi
    done
    if [[ -n $wanted ]]; then
        _aimux_values $node $wanted
    elif [[ -z $ended && $cur == --*=* ]]; then
        compset -P '*='
        _aimux_values $node ${cur%%=*}
    elif [[ -z $ended && $cur == -* ]]; then
        _aimux_node $node
        _describe -o 'option' options
        return
    else
        _aimux_node $node
        if (( $#commands )); then
            (( count == 0 )) && _describe 'command' commands
            return
        fi
        _aimux_values $node $(( count + 1 )) || _aimux_values $node '*'
    fi
    _aimux_offer
}

_aimux_offer() {
    local value described
    if [[ -n $ask ]]; then
        while IFS=$'\t' read -r value described; do
            offered+=("${value//:/\\:}${described:+:$described}")
        done < <($program __complete $ask 2>/dev/null)
    fi
    local -i told=1
    if (( $#offered )); then _describe 'value' offered && told=0; fi
    if [[ -n $files ]]; then _files && told=0; fi
    return told
}
"""

END: Final = """
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _aimux "$@"
else
    compdef _aimux aimux
fi
"""


def render(root: Node) -> str:
    """The whole file; compinit looks at its first line only."""
    return "\n".join(
        [
            "#compdef aimux",
            "# zsh completion for aimux",
            "# Made from the command tree by: python -m aimux.cli.completion",
            MACHINE,
            *_node_table(root),
            "",
            *_values_table(root),
            END,
        ]
    )


def _node_table(root: Node) -> Iterator[str]:
    yield "# What there is below a node; fails where there is no such node."
    yield "_aimux_node() {"
    yield "    case $1 in"
    for node in root.walk():
        yield f"    ({_quoted(node.path)})"
        yield "        commands=("
        for command in node.commands:
            yield f"            {_described(command.name, command.help)}"
        yield "        )"
        yield "        options=("
        for option in node.options:
            for name in option.names:
                yield f"            {_described(name, option.help)}"
        yield "        ) ;;"
    yield "    (*) return 1 ;;"
    yield "    esac"
    yield "}"


def _values_table(root: Node) -> Iterator[str]:
    yield "# What an option or the n-th argument takes; fails where nothing is taken."
    yield "_aimux_values() {"
    yield "    offered=() ask='' files=''"
    yield '    case "$1 $2" in'
    for node in root.walk():
        for values, places in groupby(node.places(), lambda each: each[1]):
            names = "|".join(_quoted(f"{node.path} {place}") for place, _ in places)
            yield f"    ({names}) {_told(values)};;"
    yield "    (*) return 1 ;;"
    yield "    esac"
    yield "}"


def _told(values: Values) -> str:
    return assigned(values, f"({' '.join(map(_quoted, values.words))})")


def _described(name: str, text: str) -> str:
    escaped = name.replace(":", "\\:")
    return _quoted(f"{escaped}:{text}" if text else escaped)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
