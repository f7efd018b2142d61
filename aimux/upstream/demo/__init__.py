"""The demo provider: a provider that needs no key, no network and no model, and says so.

It is part of the product: ``aimux demo`` uses it, and a configuration may name it
(``preset = "demo"``) to try a client or a rule without spending anything.  It is a real upstream
behind a real socket, so a request to it takes the same way through the gateway as any other.

The same request always gets the same bytes.  It speaks all four wire formats, whole and streamed:

    question   what was asked, out of any format
    answer     what is said to it: pure
    rhythm     the text in pieces of a word or two, with pauses
    anthropic, openai_chat, openai_responses, gemini
               a question out of a body, an answer into a body or a stream
    server     the socket
"""

from __future__ import annotations

from aimux.upstream.demo.server import DemoServer

__all__ = ["DemoServer"]
