"""The two families of tools that one entry declares: a computer's and a browser's (SDK types 2.12).

A member is called by its own name with ``toolset_name`` beside it, which is its namespace here.
"""

from __future__ import annotations

from typing import Any, Final

from aimux.model.request import FunctionTool

POINT: Final = {
    "type": "array",
    "items": {"type": "integer"},
    "description": "Pixels from the left and from the top.",
}
REGION: Final = {
    "type": "array",
    "items": {"type": "integer"},
    "description": "For zoom: left, top, right and bottom, in pixels.",
}
DIRECTION: Final = {"type": "string", "enum": ["up", "down", "left", "right"]}

_SPOT: Final = {
    "type": "object",
    "description": "A point of the page that is seen, in pixels.",
    "properties": {
        "type": {"type": "string", "enum": ["coordinate"]},
        "x": {"type": "integer"},
        "y": {"type": "integer"},
    },
    "required": ["type", "x", "y"],
}
_ELEMENT: Final = {
    "type": "object",
    "description": "An element by the reference that read_page or find gave.",
    "properties": {"type": {"type": "string", "enum": ["ref"]}, "ref": {"type": "string"}},
    "required": ["type", "ref"],
}
_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer"}
_SECONDS: Final = {"type": "number", "description": "Seconds."}
_TARGET: Final = {"anyOf": [_SPOT, _ELEMENT]}
_HELD: Final = {"type": "string", "description": "Keys to hold meanwhile, such as ctrl+shift."}
_TAB: Final = {"type": "string", "description": "The tab; the active one where it is left out."}

Member = tuple[str, dict[str, Any], tuple[str, ...]]
"""What it does, its properties, and which of them are required."""

_CLICK: Final = {"coordinate": POINT, "text": _HELD}
_COMPUTER: Final[dict[str, Member]] = {
    "cursor_position": ("Tells where the pointer is.", {}, ()),
    "double_click": ("Clicks twice with the left button.", _CLICK, ()),
    "hold_key": (
        "Holds keys down.",
        {"text": _TEXT, "duration": _SECONDS},
        ("text", "duration"),
    ),
    "key": ("Presses keys, such as ctrl+s.", {"text": _TEXT, "repeat": _COUNT}, ("text",)),
    "left_click": ("Clicks, where the pointer is unless told where.", _CLICK, ()),
    "left_click_drag": (
        "Drags from one point to another.",
        {**_CLICK, "start_coordinate": POINT},
        ("start_coordinate", "coordinate"),
    ),
    "left_mouse_down": ("Presses the left button and keeps it down.", {}, ()),
    "left_mouse_up": ("Lets the left button go.", {}, ()),
    "middle_click": ("Clicks with the middle button.", _CLICK, ()),
    "mouse_move": ("Moves the pointer.", {"coordinate": POINT}, ("coordinate",)),
    "right_click": ("Clicks with the right button.", _CLICK, ()),
    "screenshot": ("Takes a picture of the screen.", {}, ()),
    "scroll": (
        "Turns the mouse wheel by so many clicks.",
        {**_CLICK, "scroll_direction": DIRECTION, "scroll_amount": _COUNT},
        ("scroll_direction", "scroll_amount"),
    ),
    "triple_click": ("Clicks three times with the left button.", _CLICK, ()),
    "type": ("Types a text.", {"text": _TEXT}, ("text",)),
    "wait": ("Waits.", {"duration": _SECONDS}, ("duration",)),
    "zoom": ("Takes a larger picture of a part of the screen.", {"region": REGION}, ("region",)),
}

_ON_TARGET: Final = {"target": _TARGET, "modifiers": _HELD, "tab_id": _TAB}
_AT_SPOT: Final = {"target": _SPOT, "tab_id": _TAB}
_IN_TAB: Final = {"tab_id": _TAB}
_BROWSER: Final[dict[str, Member]] = {
    "close_tab": ("Closes a tab.", {"tab_id": _TEXT}, ("tab_id",)),
    "double_click": ("Clicks twice.", _ON_TARGET, ("target",)),
    "file_upload": (
        "Gives files to a field of a form.",
        {
            "target": _ELEMENT,
            "paths": {"type": "array", "items": _TEXT},
            "document_ids": {"type": "array", "items": _TEXT},
            **_IN_TAB,
        },
        ("target",),
    ),
    "find": (
        "Finds elements of the page by a description.",
        {"query": _TEXT, **_IN_TAB},
        ("query",),
    ),
    "form_input": (
        "Fills in a field of a form.",
        {"target": _ELEMENT, "value": {"type": ["string", "number", "boolean"]}, **_IN_TAB},
        ("target", "value"),
    ),
    "get_page_text": ("Gives the text of the page.", _IN_TAB, ()),
    "hold_key": (
        "Holds keys down.",
        {"text": _TEXT, "duration": _SECONDS, **_IN_TAB},
        ("text", "duration"),
    ),
    "hover": ("Moves the pointer over something.", {"target": _TARGET, **_IN_TAB}, ("target",)),
    "javascript_exec": ("Runs JavaScript in the page.", {"text": _TEXT, **_IN_TAB}, ("text",)),
    "key": ("Presses keys.", {"text": _TEXT, "repeat": _COUNT, **_IN_TAB}, ("text",)),
    "left_click": ("Clicks.", _ON_TARGET, ("target",)),
    "left_click_drag": (
        "Drags from one point to another.",
        {"from": _SPOT, **_AT_SPOT},
        ("from", "target"),
    ),
    "left_mouse_down": ("Presses the left button and keeps it down.", _AT_SPOT, ("target",)),
    "left_mouse_up": ("Lets the left button go.", _AT_SPOT, ("target",)),
    "list_tabs": ("Lists the open tabs.", {}, ()),
    "middle_click": ("Clicks with the middle button.", _ON_TARGET, ("target",)),
    "mouse_move": ("Moves the pointer.", _AT_SPOT, ("target",)),
    "navigate": (
        "Opens a URL, or goes back, forward, or loads the page again.",
        {
            "url": {"type": "string", "description": "A URL, back, forward or reload."},
            **_IN_TAB,
        },
        ("url",),
    ),
    "new_tab": ("Opens a tab.", {}, ()),
    "read_console": ("Gives what the page has written to its console.", _IN_TAB, ()),
    "read_network": ("Gives the page's network requests.", _IN_TAB, ()),
    "read_page": (
        "Gives the elements of the page with their references.",
        {
            "filter": {"type": "string", "enum": ["all", "interactive"]},
            "ref": {"type": "string", "description": "Only what is below this element."},
            "depth": _COUNT,
            **_IN_TAB,
        },
        (),
    ),
    "right_click": ("Clicks with the right button.", _ON_TARGET, ("target",)),
    "screenshot": ("Takes a picture of the page that is seen.", _IN_TAB, ()),
    "scroll": (
        "Turns the mouse wheel.",
        {"scroll_direction": DIRECTION, "scroll_amount": _COUNT, **_AT_SPOT},
        ("scroll_direction", "target"),
    ),
    "scroll_to": (
        "Scrolls to an element.",
        {"target": _ELEMENT, **_IN_TAB},
        ("target",),
    ),
    "switch_tab": ("Makes a tab the active one.", {"tab_id": _TEXT}, ("tab_id",)),
    "triple_click": ("Clicks three times.", _ON_TARGET, ("target",)),
    "type": ("Types a text.", {"text": _TEXT, **_IN_TAB}, ("text",)),
    "wait": ("Waits.", {"duration": _SECONDS, **_IN_TAB}, ("duration",)),
    "zoom": (
        "Takes a larger picture of a part of the page.",
        {"region": REGION, **_IN_TAB},
        ("region",),
    ),
}

_OFF: Final = frozenset({"file_upload", "javascript_exec"})
"""Members of the browser that are left out unless they are turned on: the SDK says that there are such
members, not which; these reach beyond the page."""

_FAMILIES: Final = {"computer": _COMPUTER, "browser": _BROWSER}


def members(family: str, configs: object) -> tuple[FunctionTool, ...]:
    """The tools of a family, as far as ``configs`` leaves them on."""
    said = configs if isinstance(configs, dict) else {}
    tools = []
    for name, (description, properties, required) in _FAMILIES[family].items():
        config = said.get(name)
        config = config if isinstance(config, dict) else {}
        enabled = config.get("enabled")
        if enabled is True or (enabled is not False and name not in _OFF):
            schema = {"type": "object", "properties": properties, "required": list(required)}
            deferred = config.get("defer_loading") is True
            tools.append(
                FunctionTool(name, description, schema, deferred=deferred, namespace=family)
            )
    return tuple(tools)
