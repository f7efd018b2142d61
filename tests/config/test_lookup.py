"""Names of settings as people type them, and what they meant."""

import pytest

from aimux.config.lookup import setting_path
from aimux.errors import UsageError

DATA = {
    "server": {"port": 1},
    "providers": {"zai": {"models": {"glm-4.7": {"context": 5}}}},
    "models": {"gpt-5.1": {"targets": ["zai/x"]}},
    "routes": [{"name": "a", "targets": ["zai/x", "zai/y"]}],
}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("server.port", ("server", "port")),
        ("server.heartbeat", ("server", "heartbeat")),
        ("server", ("server",)),
        ("providers.zai.models.glm-4.7.context", ("providers", "zai", "models", "glm-4.7", "context")),
        ("providers.zai.models.glm-4.7.max_output", ("providers", "zai", "models", "glm-4.7", "max_output")),
        ('providers.zai.models."glm-5.1".context', ("providers", "zai", "models", "glm-5.1", "context")),
        ("models.gpt-5.1", ("models", "gpt-5.1")),
        ("models.new", ("models", "new")),
        ("routes.0.targets.1", ("routes", 0, "targets", 1)),
        ("routes.7.match.tools", ("routes", 7, "match", "tools")),
        ("providers.new.keys.0", ("providers", "new", "keys", 0)),
    ],
)  # fmt: skip
def test_a_setting_is_found(name, path) -> None:
    """Names that exist need no quotes, whatever is in them."""
    assert setting_path(name, DATA) == path


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("server.prot", "did you mean server.port?"),
        ("port", "did you mean server.port?"),
        ("servr.port", "did you mean server.port?"),
        ("server.log_level", "did you mean logging.level?"),
        ("log_level", "did you mean logging.level?"),
        ("routing.loop-guard.on", "did you mean routing.loop_guard?"),
        ("providers.zai.base-url", "did you mean providers.zai.base_url?"),
        ("zzzzzzzz", "aimux config show prints every setting"),
        (
            "providers.zai.models.glm-4.8.context",
            "a name with dots needs quotes, and the shell some more:"
            " 'providers.zai.models.\"glm-4.8\".context'",
        ),
        (
            "models.gpt-5.2.strategy",
            "a name with dots needs quotes, and the shell some more: 'models.\"gpt-5.2\".strategy'",
        ),
    ],
)
def test_a_setting_that_is_not_there(name, hint) -> None:
    """The hint is what was probably meant."""
    with pytest.raises(UsageError, match="there is no setting") as caught:
        setting_path(name, DATA)

    assert caught.value.hint == hint
