"""How each client is started for once: variables and arguments, no settings changed."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from aimux.clients.client import Launch, Offer
from aimux.clients.known import CLIENTS
from aimux.errors import UsageError
from tests.clients.conftest import GLM, TOKEN, URL, Person

KEYED = '{"security": {"auth": {"selectedType": "gemini-api-key"}}}'


def launch(
    person: Person, client: str, arguments: Sequence[str] = (), profile: str | None = None
) -> Launch:
    before = person.tree()
    found = CLIENTS[client].launch(
        person.lead(profile=profile), person.around, arguments, person.paths.launches
    )
    assert person.tree() == before
    return found


def overrides(found: Launch) -> dict[str, object]:
    """What ``-c`` says, read as Codex reads it."""
    assert found.arguments[::2] == ("-c",) * (len(found.arguments) // 2)
    return tomllib.loads("\n".join(found.arguments[1::2]))


def test_claude_code(person: Person) -> None:
    """Variables are enough where no settings beat them."""
    found = launch(person, "claude-code")

    assert found.environ == {
        "ANTHROPIC_BASE_URL": URL,
        "ANTHROPIC_AUTH_TOKEN": TOKEN,
        "ANTHROPIC_API_KEY": "",
        "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY": "1",
    }
    assert (found.arguments, found.files, found.notes) == ((), {}, ())


def test_claude_code_whose_settings_lead_elsewhere(person: Person) -> None:
    """Settings given on the command line beat those of the person and of the project."""
    person.write("project/.claude/settings.json", '{"env": {"ANTHROPIC_BASE_URL": "https://a"}}')

    found = launch(person, "claude-code", ["-p", "hi"])

    (path, text), *_ = found.files.items()
    assert found.arguments == ("--settings", str(path))
    leading = {"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_AUTH_TOKEN": TOKEN, "ANTHROPIC_API_KEY": ""}
    assert json.loads(text) == {"env": leading}


@pytest.mark.parametrize("given", [["--settings", "x"], ["--settings=x"]])
def test_claude_code_with_settings_of_the_person_s_own(person: Person, given: list[str]) -> None:
    """They are not replaced; that they may beat aimux is said."""
    person.write(".claude/settings.json", '{"env": {"ANTHROPIC_BASE_URL": "https://a"}}')

    found = launch(person, "claude-code", given)

    assert (found.arguments, found.files) == ((), {})
    assert "settings.json sets ANTHROPIC_BASE_URL and beats aimux" in found.notes[0]


def test_claude_code_is_told_who_answers(person: Person) -> None:
    """Names for its menu, the window where it is smaller, ``[1m]`` where it is a million."""
    person.served = {
        "claude-opus-4-8": GLM,
        "claude-sonnet-4-6": Offer("local/q", "Q (local)", 65_536),
        "claude-haiku-4-5": Offer("anthropic/claude-haiku-4-5", "Haiku"),
    }
    person.environ["ANTHROPIC_DEFAULT_SONNET_MODEL"] = "mine"

    environ = launch(person, "claude-code").environ

    assert environ["ANTHROPIC_DEFAULT_OPUS_MODEL"] == "claude-opus-4-8[1m]"
    assert environ["ANTHROPIC_DEFAULT_OPUS_MODEL_NAME"] == "GLM 5.3 (zai)"
    assert environ["CLAUDE_CODE_AUTO_COMPACT_WINDOW"] == "65536"
    assert not [name for name in environ if "SONNET" in name or "HAIKU" in name]


def test_what_a_person_has_chosen_is_not_written_over(person: Person) -> None:
    """A model for a tier, a window."""
    person.served = {"claude-opus-4-8": Offer("local/q", "Q", 65_536)}
    own = {"ANTHROPIC_DEFAULT_OPUS_MODEL": "mine", "CLAUDE_CODE_AUTO_COMPACT_WINDOW": "9"}
    path = person.write(".claude/settings.json", json.dumps({"env": own}))

    person.connect("claude-code")

    env = json.loads(path.read_text())["env"]
    assert {name: env[name] for name in own} == own
    assert "ANTHROPIC_DEFAULT_OPUS_MODEL_NAME" not in env


def test_again_with_names_of_models(person: Person) -> None:
    """Our own names are not taken for the person's choice."""
    person.served = {"claude-opus-4-8": Offer("local/q", "Q", 65_536)}
    person.connect("claude-code")
    before = person.tree()

    assert person.connect("claude-code") == []
    assert person.tree() == before


def test_codex(person: Person) -> None:
    """A provider by ``-c``, with the token in a variable."""
    found = launch(person, "codex", ["exec", "hi"])

    assert found.environ == {"AIMUX_TOKEN": TOKEN}
    assert overrides(found) == {
        "model_provider": "aimux",
        "model_providers": {
            "aimux": {
                "name": "aimux",
                "base_url": f"{URL}/v1",
                "wire_api": "responses",
                "env_key": "AIMUX_TOKEN",
            }
        },
    }


@pytest.mark.parametrize(
    ("served", "own", "window"),
    [
        (GLM, "", GLM.context),
        (GLM, "model_context_window = 5\n", None),
        (Offer("openai/gpt-5.5", "x", 400_000), "", None),
        (Offer("local/x", "x"), "", None),
    ],
)
def test_codex_is_told_the_window(
    person: Person, served: Offer, own: str, window: int | None
) -> None:
    """Of a model of somebody else's, unless the person has said one."""
    person.write(".codex/config.toml", f'model = "gpt-5.5"\n{own}')
    person.served = {"gpt-5.5": served}

    assert CLIENTS["codex"].asks(person.around) == ("gpt-5.5",)
    assert overrides(launch(person, "codex")).get("model_context_window") == window
    (file,) = CLIENTS["codex"].files(person.lead(), person.around)
    (told,) = [each for each in file.settings if each.path == ("model_context_window",)] or [None]
    person.connect("codex")
    found = tomllib.loads(file.path.read_text()).get("model_context_window")
    assert found == (5 if own else window)
    assert (told is None) == (window is None and not own)


def test_gemini_cli(person: Person) -> None:
    """Variables; what would lead it elsewhere is switched off."""
    person.write(".gemini/settings.json", KEYED)
    person.environ["GOOGLE_GENAI_USE_VERTEXAI"] = "true"

    found = launch(person, "gemini-cli")

    assert found.environ == {
        "GOOGLE_GEMINI_BASE_URL": URL,
        "GEMINI_API_KEY": TOKEN,
        "GOOGLE_API_KEY": "",
        "GOOGLE_GENAI_USE_VERTEXAI": "false",
    }


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("{}", "nothing is chosen"),
        (KEYED.replace("gemini-api-key", "oauth-personal"), "oauth-personal"),
    ],
)
def test_gemini_cli_with_another_login(person: Person, settings: str, words: str) -> None:
    """No variable can say otherwise, so that it is refused with what to do."""
    person.write(".gemini/settings.json", settings)

    with pytest.raises(UsageError, match=words) as problem:
        launch(person, "gemini-cli")
    assert "aimux connect gemini-cli" in str(problem.value.hint)


def test_opencode(person: Person) -> None:
    """Settings in a variable, beside what the person has there."""
    person.environ["OPENCODE_CONFIG_CONTENT"] = '{"theme": "x", "provider": {"y": {}}}'
    person.offers = (
        Offer("glm", "GLM", 200_000, None, frozenset({"images", "thinking"})),
        Offer("any", "Any"),
    )

    found = launch(person, "opencode")
    content = json.loads(found.environ["OPENCODE_CONFIG_CONTENT"])

    assert found.environ["AIMUX_TOKEN"] == TOKEN
    assert TOKEN not in found.environ["OPENCODE_CONFIG_CONTENT"]
    assert (content["theme"], content["model"], content["provider"]["y"]) == ("x", "aimux/glm", {})
    ours = content["provider"]["aimux"]
    assert ours["options"] == {"baseURL": f"{URL}/v1", "apiKey": "{env:AIMUX_TOKEN}"}
    assert ours["models"] == {
        "glm": {
            "name": "GLM",
            "tool_call": False,
            "reasoning": True,
            "attachment": True,
            "modalities": {"input": ["text", "image"], "output": ["text"]},
            "limit": {"context": 200_000, "output": 32_000},
        },
        "any": {
            "name": "Any",
            "tool_call": True,
            "reasoning": False,
            "attachment": True,
            "modalities": {"input": ["text", "image", "pdf"], "output": ["text"]},
        },
    }


@pytest.mark.parametrize("content", ["[", "[]"])
def test_opencode_with_content_that_is_none(person: Person, content: str) -> None:
    """It would not have read it either."""
    person.environ["OPENCODE_CONFIG_CONTENT"] = content

    assert "aimux" in launch(person, "opencode").environ["OPENCODE_CONFIG_CONTENT"]


def test_opencode_without_models(person: Person) -> None:
    """It asks for none that it was not told of."""
    person.offers = ()

    with pytest.raises(UsageError, match="no model is known"):
        launch(person, "opencode")


PROFILES = [
    ("claude-code", {}, {}),
    ("claude-code", {"ANTHROPIC_CUSTOM_HEADERS": "X-A: b"}, {}),
    ("codex", {}, {}),
    ("gemini-cli", {}, {".gemini/settings.json": KEYED}),
    ("gemini-cli", {"GEMINI_CLI_CUSTOM_HEADERS": "X-A: b"}, {".gemini/settings.json": KEYED}),
    ("opencode", {}, {}),
]


@pytest.mark.parametrize(("client", "environ", "files"), PROFILES)
def test_profiles(
    person: Person, client: str, environ: dict[str, str], files: dict[str, str]
) -> None:
    """A header with each request, beside those that the person sends."""
    person.environ |= environ
    for name, text in files.items():
        person.write(name, text)

    found = launch(person, client, profile="work")

    said = "\n".join([*found.environ.values(), *found.arguments])
    assert "x-aimux-profile" in said
    assert "work" in said
    assert all(each in said for each in environ.values())


def test_what_is_needed_for_files_of_ours(person: Person) -> None:
    """They stand in the folder that was given."""
    person.write(".claude/settings.json", '{"env": {"ANTHROPIC_API_KEY": "sk-test-0123456789"}}')

    found = launch(person, "claude-code")

    assert list(found.files) == [Path(person.paths.launches / "claude-code.json")]
