"""Settings that are read and validated but that this version does not act upon.

A setting that does nothing must say so: whoever writes a budget relies on it.
"""

from __future__ import annotations

from aimux.config.schema import Config, Limits


def unenforced(config: Config) -> tuple[str, ...]:
    """A sentence for each kind of such a setting that the configuration uses."""
    providers = config.providers.values()
    found = {
        "routes are not evaluated yet; requests go by public models and routing.default": config.routes,
        "budgets are not enforced yet": config.budgets,
        "alerts are not raised yet": config.alerts,
        "strategies other than priority are not followed yet; targets are asked in order": any(
            model.strategy != "priority" for model in config.models.values()
        ),
        "limits of providers are not enforced yet": any(
            each.limits != Limits() for each in providers
        ),
    }
    return tuple(f"this version: {sentence}" for sentence, used in found.items() if used)
