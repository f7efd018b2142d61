"""The file for PowerShell, from 5.1 on: one argument completer and the two tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aimux.cli.completion.tree import Node
from aimux.cli.completion.values import Values

MACHINE: Final = r"""
Register-ArgumentCompleter -Native -CommandName @('aimux', 'aimux.exe') -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition -or $wordToComplete -eq '' } |
        ForEach-Object { $_.Extent.Text.Trim('"', "'") })
    $program = $words[0]
    $node = 'aimux'
    $wanted = ''
    $ended = $false
    $count = 0
    foreach ($word in ($words | Select-Object -Skip 1)) {
        if ($wanted) {
            $wanted = ''
        } elseif (-not $ended -and $word -ceq '--') {
            $ended = $true
        } elseif (-not $ended -and $word.StartsWith('-')) {
            if (-not $word.Contains('=') -and $AimuxValues.ContainsKey("$node $word")) { $wanted = $word }
        } elseif ($count -eq 0 -and $AimuxNodes.ContainsKey("$node $word")) {
            $node = "$node $word"
        } else {
            $count += 1
            if ($AimuxValues.ContainsKey("$node --")) { $ended = $true }
        }
    }

    $before = ''
    $offered = @()
    $place = ''
    if ($wanted) {
        $place = "$node $wanted"
    } elseif (-not $ended -and $wordToComplete -match '^--[^=]*=') {
        $before = $Matches[0]
        $place = "$node " + $before.TrimEnd('=')
    } elseif (-not $ended -and $wordToComplete.StartsWith('-')) {
        $offered = $AimuxNodes[$node].options
    } elseif ($AimuxNodes[$node].commands.Count) {
        if ($count -eq 0) { $offered = $AimuxNodes[$node].commands }
    } elseif ($AimuxValues.ContainsKey("$node $($count + 1)")) {
        $place = "$node $($count + 1)"
    } else {
        $place = "$node *"
    }
    if ($place -and $AimuxValues.ContainsKey($place)) {
        $values = $AimuxValues[$place]
        $offered = @($values.words | ForEach-Object { "$_`t" })
        if ($values.ask) { $offered += @(& $program __complete $values.ask 2>$null) }
        if ($values.files -and -not $offered) { return }
    }

    $offered | ForEach-Object {
        $value, $told = $_ -split "`t", 2
        $whole = "$before$value"
        if ($value -and $whole.StartsWith($wordToComplete)) {
            if (-not $told) { $told = $value }
            [System.Management.Automation.CompletionResult]::new($whole, $value, 'ParameterValue', $told)
        }
    }
}
"""


def render(root: Node) -> str:
    """The whole file."""
    return "\n".join(
        [
            "# PowerShell completion for aimux",
            "# Made from the command tree by: python -m aimux.cli.completion",
            "",
            *_node_table(root),
            "",
            *_values_table(root),
            MACHINE,
        ]
    )


def _node_table(root: Node) -> Iterator[str]:
    yield "# What there is below a node."
    yield "$global:AimuxNodes = @{"
    for node in root.walk():
        commands = [_described(each.name, each.help) for each in node.commands]
        options = [_described(name, each.help) for each in node.options for name in each.names]
        yield f"    {_quoted(node.path)} = @{{"
        yield f"        commands = @({', '.join(commands)})"
        yield f"        options = @({', '.join(options)})"
        yield "    }"
    yield "}"


def _values_table(root: Node) -> Iterator[str]:
    yield "# What an option or the n-th argument takes."
    yield "$global:AimuxValues = @{"
    for node in root.walk():
        for place, values in node.places():
            yield f"    {_quoted(f'{node.path} {place}')} = {_told(values)}"
    yield "}"


def _told(values: Values) -> str:
    words = ", ".join(map(_quoted, values.words))
    files = "$true" if values.files else "$false"
    return f"@{{ words = @({words}); ask = {_quoted(values.ask)}; files = {files} }}"


def _described(name: str, text: str) -> str:
    """Name and description with a tab between them: in double quotes it is an escape."""
    return f'({_quoted(name)} + "`t" + {_quoted(text)})'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
