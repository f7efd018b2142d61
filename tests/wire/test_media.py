"""Data URLs and base64, as clients write them and as vendors want them."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.model.parts import Media, MediaKind
from aimux.wire.media import (
    data_url,
    from_base64,
    from_data_url,
    kind_of,
    kind_of_url,
    plain_type,
    standard_base64,
)

IMAGE, DOCUMENT = MediaKind.IMAGE, MediaKind.DOCUMENT

HEADS = {
    "image/png": b"\x89PNG\r\n\x1a\nrest of it",
    "image/jpeg": b"\xff\xd8\xff\xe0rest of it",
    "image/gif": b"GIF89arest of it",
    "image/webp": b"RIFF\x00\x01\x02\x03WEBPVP8 ",
    "application/pdf": b"%PDF-1.7 rest of it",
}


def encoded(raw: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(raw).decode()


PNG = encoded(HEADS["image/png"])
JPEG = encoded(HEADS["image/jpeg"])


@pytest.mark.parametrize("media_type", HEADS)
@pytest.mark.parametrize("said", ["", "image/png", "image/x-unheard-of", "text/plain"])
def test_the_first_bytes_decide_what_a_medium_is(media_type: str, said: str) -> None:
    """Clients name the wrong type, or none."""
    medium = from_base64(encoded(HEADS[media_type]), said, IMAGE)

    assert medium is not None
    assert medium.media_type == media_type


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        pytest.param(
            f"data:image/png;base64,{PNG}", Media(IMAGE, "image/png", data=PNG), id="plain"
        ),
        pytest.param(
            f"data:image/PNG;charset=utf-8;base64,{PNG}",
            Media(IMAGE, "image/png", data=PNG),
            id="edge-266",
        ),
        pytest.param(
            f"data:image/jpg;base64,{JPEG}", Media(IMAGE, "image/jpeg", data=JPEG), id="edge-267"
        ),
        pytest.param(
            f"data:image/png;base64,{JPEG}", Media(IMAGE, "image/jpeg", data=JPEG), id="wrong-type"
        ),
        pytest.param(f"data:;base64,{PNG}", Media(IMAGE, "image/png", data=PNG), id="no-type"),
        pytest.param(f"DATA:;BASE64,{PNG}", Media(IMAGE, "image/png", data=PNG), id="upper-case"),
        pytest.param(
            "data:image/bmp;base64,Qk0-_w",
            Media(IMAGE, "image/bmp", data="Qk0+/w=="),
            id="url-safe-without-padding",
        ),
        pytest.param(
            "data:image/bmp;base64,Qk0%2B%2Fw%3D%3D",
            Media(IMAGE, "image/bmp", data="Qk0+/w=="),
            id="percent",
        ),
        pytest.param(
            "data:image/bmp;base64,Qk\n0+\t/w= =",
            Media(IMAGE, "image/bmp", data="Qk0+/w=="),
            id="white-space",
        ),
        pytest.param(
            "data:image/svg+xml;utf8,%3Csvg%3E",
            Media(IMAGE, "image/svg+xml", data=encoded(b"<svg>")),
            id="not-base64",
        ),
        pytest.param(
            f"data:application/pdf;base64,{encoded(b'%PDF-1.4')}",
            Media(DOCUMENT, "application/pdf", data=encoded(b"%PDF-1.4")),
            id="a-document-among-images",
        ),
        pytest.param(
            "data:audio/mpeg;base64,AAAA",
            Media(MediaKind.AUDIO, "audio/mp3", data="AAAA"),
            id="a-sound-among-images",
        ),
        pytest.param(
            "data:video/mp4;base64,AAAA",
            Media(MediaKind.VIDEO, "video/mp4", data="AAAA"),
            id="a-video-among-images",
        ),
        pytest.param(
            "data:text/markdown,%23%20h%C3%A9",
            Media(DOCUMENT, "text/markdown", text="# h\xe9"),
            id="text",
        ),
        pytest.param(
            "data:text/plain;charset=iso-8859-1;base64,6Q==",
            Media(DOCUMENT, "text/plain", text="\xe9"),
            id="text-in-latin",
        ),
        pytest.param(
            "data:text/plain;charset=no-such;base64,w6k=",
            Media(DOCUMENT, "text/plain", text="\xe9"),
            id="text-in-an-unknown-charset",
        ),
        pytest.param(
            "data:text/plain;base64,/w==",
            Media(DOCUMENT, "text/plain", text="\ufffd"),
            id="text-that-is-broken",
        ),
        pytest.param(
            "data:text/plain,a\ud83db",
            Media(DOCUMENT, "text/plain", text="a\ufffdb"),
            id="lone-surrogate",
        ),
    ],
)
def test_a_data_url_is_read(url: str, meant: Media) -> None:
    """Whatever its parameters, its alphabet and its type are."""
    assert from_data_url(url, IMAGE) == meant


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.png",
        "",
        "data",
        "data:image/png;base64",
        "data:image/png;base64,",
        "data:image/png;base64,A",
        "data:image/png;base64,AA=A",
        "data:image/png;base64,\u00e9\u00e9\u00e9\u00e9",
        "data:image/png;base64,AA*A",
        "data:;base64,AAAA",
        "data:application/octet-stream;base64,AAAA",
    ],
)
def test_what_is_no_readable_data_url_is_none(url: str) -> None:
    """Another scheme, no data, no base64, nothing that tells what it is."""
    assert from_data_url(url, IMAGE) is None


def test_a_document_without_a_word_is_none() -> None:
    """Such as a mark of the order of bytes and nothing behind it."""
    assert from_data_url("data:text/plain;charset=utf-16;base64,//4=", IMAGE) is None


def test_further_fields_are_kept() -> None:
    """The detail and the name are the caller's to know."""
    medium = from_data_url(f"data:image/png;base64,{PNG}", IMAGE, detail="high", name="a.png")

    assert medium == Media(IMAGE, "image/png", data=PNG, detail="high", name="a.png")


def test_a_document_without_a_type_is_text_where_it_can_be() -> None:
    """A file is often sent as bare base64 without a word on what it is."""
    said = Media(DOCUMENT, "text/plain", text="words", name="a.txt")

    assert from_base64(encoded(b"words"), "", DOCUMENT, name="a.txt") == said
    assert from_base64(encoded(b"\xff\xfe\x00"), "", DOCUMENT) is None


@pytest.mark.parametrize(
    ("media", "url"),
    [
        (Media(IMAGE, "image/png", data="AAAA"), "data:image/png;base64,AAAA"),
        (Media(IMAGE, data="AAAA"), "data:application/octet-stream;base64,AAAA"),
        (Media(DOCUMENT, "text/csv", text="\xe9"), "data:text/csv;base64,w6k="),
        (Media(DOCUMENT, text="a"), "data:text/plain;base64,YQ=="),
    ],
)
def test_a_data_url_is_written(media: Media, url: str) -> None:
    """From data or text, with a type in any case."""
    assert data_url(media) == url


@settings(max_examples=100)
@given(st.binary(min_size=1, max_size=64))
def test_written_and_read_again_it_is_the_same(raw: bytes) -> None:
    """Base64 of any bytes survives, in both alphabets."""
    medium = Media(IMAGE, "image/x-any", data=encoded(raw))
    urlsafe = base64.urlsafe_b64encode(raw).decode().rstrip("=")

    assert standard_base64(urlsafe) == medium.data
    read = from_data_url(data_url(medium), IMAGE)
    assert read is not None
    assert read.data == medium.data


@settings(max_examples=100)
@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Never an exception."""
    for url in (
        text,
        f"data:{text}",
        f"data:text/plain;{text}",
        f"data:;base64,{text}",
        f"data:,{text}",
    ):
        medium = from_data_url(url, IMAGE)
        assert medium is None or bool(medium.data) != bool(medium.text)


@pytest.mark.parametrize(
    ("said", "plain"),
    [("Image/JPG; q=1", "image/jpeg"), ("audio/x-wav", "audio/wav"), ("", ""), ("x", "x")],
)
def test_types_have_one_name(said: str, plain: str) -> None:
    """Lower case, no parameters, no aliases."""
    assert plain_type(said) == plain


@pytest.mark.parametrize(
    ("data", "said", "kind", "found"),
    [
        (PNG, "", DOCUMENT, IMAGE),
        (PNG, "application/pdf", DOCUMENT, IMAGE),
        (PNG[:24] + "and whatever follows", "", DOCUMENT, IMAGE),
        ("\n".join(PNG), "", DOCUMENT, IMAGE),
        (encoded(HEADS["application/pdf"]), "image/png", IMAGE, DOCUMENT),
        (encoded(b"no mark"), "image/x-unheard-of", DOCUMENT, IMAGE),
        (encoded(b"no mark"), "application/x-unheard-of", DOCUMENT, DOCUMENT),
        (encoded(b"no mark"), "audio/wav", DOCUMENT, MediaKind.AUDIO),
        (encoded(b"no mark"), "text/plain", DOCUMENT, None),
        (encoded(b"no mark"), "", DOCUMENT, None),
        (encoded(b"no mark"), "application/octet-stream", IMAGE, None),
        ("!!!!", "image/png", IMAGE, None),
        ("", "image/png", IMAGE, None),
    ],
)
def test_the_beginning_tells_the_kind(
    data: str, said: str, kind: MediaKind, found: MediaKind | None
) -> None:
    """Without the rest; a text is of no kind, since any model reads it."""
    assert kind_of(data, said, kind) is found


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://a.example/a.pdf", IMAGE),
        (f"data:image/png;base64,{PNG}", IMAGE),
        (f"DATA:;base64,{encoded(HEADS['application/pdf'])}", DOCUMENT),
        (f"data:;base64,%{ord(PNG[0]):X}{PNG[1:]}", IMAGE),
        ("data:application/pdf,%25PDF-1.7%20rest", DOCUMENT),
        ("data:image/svg+xml,<svg/>", IMAGE),
        ("data:text/plain,words", None),
        ("data:image/png;base64", None),
        ("data:", None),
    ],
)
def test_the_beginning_of_a_url_tells_the_kind(url: str, found: MediaKind | None) -> None:
    """What lies elsewhere is what the client takes it for."""
    assert kind_of_url(url, IMAGE) is found


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    raw=st.sampled_from([*HEADS.values(), b"only words", b"\xff\xfe\x00"]),
    said=st.sampled_from(["", *HEADS, "text/plain", "image/x-new", "application/octet-stream"]),
    kind=st.sampled_from([IMAGE, DOCUMENT]),
)
def test_the_kind_is_the_kind_of_the_medium(raw: bytes, said: str, kind: MediaKind) -> None:
    """By the beginning as by the whole."""
    medium = from_base64(encoded(raw), said, kind)

    expected = None if medium is None or medium.text else medium.kind
    assert kind_of(encoded(raw), said, kind) is expected
