"""The file for fish, from 3.0 on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from aimux.cli.completion.tree import Node
from aimux.cli.completion.values import Values

MACHINE: Final = r"""
function __aimux_complete
    set -l words (commandline -opc)
    set -l cur (commandline -ct)
    set -l node aimux
    set -l wanted ''
    set -l ended ''
    set -l count 0
    set -l commands
    for word in $words[2..-1]
        if test -n "$wanted"
            set wanted ''
        else if test -z "$ended"; and test "x$word" = x--
            set ended 1
        else if test -z "$ended"; and string match -q -- '-*' $word
            if not string match -q -- '*=*' $word; and __aimux_values "$node" "$word" >/dev/null
                set wanted $word
            end
        else if test $count = 0; and __aimux_node "$node $word" commands >/dev/null
            set node "$node $word"
        else
            set count (math $count + 1)
            __aimux_values "$node" -- >/dev/null; and set ended 1
        end
    end
    set commands (__aimux_node "$node" commands)
    if test -n "$wanted"
        __aimux_offer (__aimux_values "$node" "$wanted")
    else if test -z "$ended"; and string match -q -- '--*=*' $cur
        set -l option (string split -m 1 = -- $cur)[1]
        __aimux_offer (__aimux_values "$node" $option) | string replace -r -- '^' "$option="
    else if test -z "$ended"; and string match -q -- '-*' $cur
        __aimux_node "$node" options
    else if set -q commands[1]
        test $count = 0; and printf '%s\n' $commands
    else
        set -l values (__aimux_values "$node" (math $count + 1); or __aimux_values "$node" '*')
        __aimux_offer $values
    end
end

# Prints what the lines of a table name: words as they are, "@KIND" asks aimux, "*" is any file.
function __aimux_offer
    for each in $argv
        switch $each
            case '@*'
                set -l program (commandline -opc)[1]
                string match -q -- '~*' $program; and set program (string replace '~' $HOME -- $program)
                $program __complete (string sub -s 2 -- $each) 2>/dev/null
            case '\*'
                __fish_complete_path (string replace -r -- '^--[^=]*=' '' (commandline -ct))
            case '*'
                printf '%s\n' $each
        end
    end
end
"""


def render(root: Node) -> str:
    """The whole file."""
    return "\n".join(
        [
            "# fish completion for aimux",
            "# Made from the command tree by: python -m aimux.cli.completion",
            MACHINE,
            *_node_table(root),
            "",
            *_values_table(root),
            "",
            "complete -c aimux -f -a '(__aimux_complete)'",
            "",
        ]
    )


def _node_table(root: Node) -> Iterator[str]:
    yield "# The commands or the options of a node; fails where there is no such node."
    yield "function __aimux_node"
    yield '    switch "$argv[1]"'
    for node in root.walk():
        commands = [_described(each.name, each.help) for each in node.commands]
        options = [_described(name, each.help) for each in node.options for name in each.names]
        yield f"        case {_quoted(node.path)}"
        yield "            if test $argv[2] = options"
        yield f"                printf '%s\\t%s\\n' {' '.join(options)}"
        if commands:
            yield "            else"
            yield f"                printf '%s\\t%s\\n' {' '.join(commands)}"
        yield "            end"
    yield "        case '*'"
    yield "            return 1"
    yield "    end"
    yield "    return 0"
    yield "end"


def _values_table(root: Node) -> Iterator[str]:
    yield "# What an option or the n-th argument takes; fails where nothing is taken."
    yield "function __aimux_values"
    yield '    switch "$argv[1] $argv[2]"'
    for node in root.walk():
        for values, places in groupby(node.places(), lambda each: each[1]):
            names = " ".join(_quoted(_literal(f"{node.path} {place}")) for place, _ in places)
            yield f"        case {names}"
            told = _told(values)
            if told:
                yield f"            printf '%s\\n' {told}"
    yield "        case '*'"
    yield "            return 1"
    yield "    end"
    yield "    return 0"
    yield "end"


def _told(values: Values) -> str:
    told = list(values.words)
    if values.ask:
        told.append(f"@{values.ask}")
    if values.files:
        told.append("*")
    return " ".join(map(_quoted, told))


def _described(name: str, text: str) -> str:
    return f"{_quoted(name)} {_quoted(text)}"


def _literal(text: str) -> str:
    """As a pattern of ``case`` that fits itself only."""
    return text.replace("*", "\\*")


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
