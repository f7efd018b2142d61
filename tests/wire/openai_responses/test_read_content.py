"""The parts of a message: text with its sources, images, files, sound."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from aimux.errors import InvalidRequest
from aimux.model.parts import Citation, Media, MediaKind, Refusal, Text, Unsupported
from tests.wire.openai_responses.asking import assistant, codes, read, read_input, user

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n0123456789").decode()
PDF = base64.b64encode(b"%PDF-1.7 0123456789").decode()
WAV = base64.b64encode(b"RIFF0000WAVEfmt ").decode()


def image(url: str, **more: Any) -> dict[str, Any]:
    """An image at an address."""
    return {"type": "input_image", "image_url": url, **more}


@pytest.mark.parametrize(
    ("piece", "part"),
    [
        ({"type": "input_text", "text": "a"}, Text("a")),
        ({"type": "input_text"}, Text("")),
        ({"type": "text", "text": "a"}, Text("a")),
        (
            image(f"data:image/png;base64,{PNG}", detail="high"),
            Media(MediaKind.IMAGE, "image/png", PNG, detail="high"),
        ),
        pytest.param(
            image(f"DATA:Image/PNG;charset=x;base64,{PNG}"),
            Media(MediaKind.IMAGE, "image/png", PNG),
            id="edge-266",
        ),
        pytest.param(
            image(f"data:image/jpg;base64,{PNG}"),
            Media(MediaKind.IMAGE, "image/png", PNG),
            id="edge-267",
        ),
        (image("https://a/b.png"), Media(MediaKind.IMAGE, url="https://a/b.png")),
        ({"type": "input_image", "file_id": "file-1"}, Media(MediaKind.IMAGE, file_id="file-1")),
        (
            image(f"data:application/pdf;base64,{PDF}"),
            Media(MediaKind.DOCUMENT, "application/pdf", PDF),
        ),
        pytest.param(
            {
                "type": "input_file",
                "filename": "a.pdf",
                "file_data": f"data:application/pdf;base64,{PDF}",
            },
            Media(MediaKind.DOCUMENT, "application/pdf", PDF, name="a.pdf"),
            id="edge-269",
        ),
        (
            {"type": "input_file", "file_data": PDF},
            Media(MediaKind.DOCUMENT, "application/pdf", PDF),
        ),
        (
            {"type": "input_file", "file_url": "https://a/b"},
            Media(MediaKind.DOCUMENT, url="https://a/b"),
        ),
        (
            {"type": "input_file", "file_url": f"data:application/pdf;base64,{PDF}"},
            Media(MediaKind.DOCUMENT, "application/pdf", PDF),
        ),
        ({"type": "input_file", "file_id": "file-1"}, Media(MediaKind.DOCUMENT, file_id="file-1")),
        (
            {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}},
            Media(MediaKind.AUDIO, "audio/wav", WAV),
        ),
        ({"type": "hologram"}, Unsupported("hologram", "input[0].content[0]")),
    ],
)
def test_what_the_user_says(piece: dict[str, Any], part: object) -> None:
    """Each kind as its neutral part."""
    assert read_input({"role": "user", "content": [piece]}) == (user(part),)


@pytest.mark.parametrize(
    ("piece", "part"),
    [
        ({"type": "output_text", "text": "a", "annotations": []}, Text("a")),
        ({"type": "refusal", "refusal": "no"}, Refusal("no")),
        (
            {
                "type": "output_text",
                "text": "a",
                "annotations": [
                    {
                        "type": "url_citation",
                        "url": "u",
                        "title": "t",
                        "start_index": 0,
                        "end_index": 1,
                    },
                    {"type": "url_citation", "url": "u", "title": None},
                    {"type": "file_citation", "file_id": "f"},
                    "x",
                ],
            },
            Text("a", (Citation("u", "t", start=0, end=1), Citation("u"))),
        ),
        ({"type": "output_text", "text": "a", "annotations": {}}, Text("a")),
    ],
)
def test_what_the_assistant_said(piece: dict[str, Any], part: object) -> None:
    """Edge 261: in parts; sources as far as they are on the web."""
    assert read_input({"role": "assistant", "content": [piece]}) == (assistant(part),)


def test_marks_of_what_to_cache_are_reported() -> None:
    """They belong to the vendor's cache."""
    piece = {"type": "input_text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}}
    asked = read(input=[{"role": "user", "content": [piece]}])

    assert codes(asked) == [
        ("cache_control.dropped", "input[0].content[0].prompt_cache_breakpoint")
    ]


@pytest.mark.parametrize(
    ("piece", "param"),
    [
        (image("data:image/png;base64,!"), "image_url"),
        (image("data:oops"), "image_url"),
        (image(""), "image_url"),
        ({"type": "input_image"}, "image_url"),
        ({"type": "input_image", "image_url": {"url": "a"}}, "image_url"),
        ({"type": "input_image", "image_url": "a", "detail": 1}, "detail"),
        ({"type": "input_file"}, "file_data"),
        ({"type": "input_file", "file_data": "!"}, "file_data"),
        ({"type": "input_file", "file_data": "data:application/pdf;base64,!"}, "file_data"),
        ({"type": "input_audio"}, "input_audio.data"),
        ({"type": "input_audio", "input_audio": {"data": WAV}}, "input_audio.format"),
        (
            {"type": "input_audio", "input_audio": {"data": "!", "format": "wav"}},
            "input_audio.data",
        ),
    ],
)
def test_what_cannot_be_read_is_the_clients_fault(piece: dict[str, Any], param: str) -> None:
    """With its place."""
    with pytest.raises(InvalidRequest) as caught:
        read_input({"role": "user", "content": [piece]})

    assert caught.value.param == f"input[0].content[0].{param}"
