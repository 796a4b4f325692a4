"""Show a configuration with the origin of each value, as TOML that `--config` reads back."""

from typing import TYPE_CHECKING, Any

from penwright.cli.output import print_json

if TYPE_CHECKING:
    from penwright.training.settings.resolve import Resolved

DEFAULT = "default"


def print_configuration(resolved: "Resolved", *, as_json: bool) -> None:
    """Print a configuration on standard output.

    Args:
        resolved: The resolved configuration.
        as_json: True to print one object with `config` and `origins` instead of TOML.
    """
    tables = resolved.config.to_dict()
    if as_json:
        print_json({"config": tables, "origins": all_origins(resolved)})
    else:
        print(configuration_text(resolved), end="")


def configuration_text(resolved: "Resolved") -> str:
    """Return a configuration as TOML, with the origin of each value as a comment behind it.

    A setting that a plan will choose is commented out as a whole. Read back, it would count as chosen by hand.
    """
    from penwright.training.planning.plan import left_to_the_time

    tables = resolved.config.to_dict()
    origins = all_origins(resolved)
    planned = left_to_the_time(resolved)
    origins |= {name: f"{origins[name]}, until the time has decided" for name in planned}
    lines = [f"preset = {_toml(tables.pop('preset'))}"]
    for section, table in tables.items():
        marks = {key: "# " if f"{section}.{key}" in planned else "" for key in table}
        settings = {key: f"{marks[key]}{key} = {_toml(value)}" for key, value in table.items()}
        width = max((len(setting) for setting in settings.values() if len(setting) <= 40), default=0)
        lines += ["", f"[{section}]"]
        lines += [f"{setting:{width}}  # {origins[f'{section}.{key}']}" for key, setting in settings.items()]
    return "\n".join(lines) + "\n"


def all_origins(resolved: "Resolved") -> dict[str, str]:
    """Return the origin of every setting, "default" for those that no layer sets."""
    return {
        f"{section}.{key}": resolved.origins.get(f"{section}.{key}", DEFAULT)
        for section, table in resolved.config.to_dict().items()
        if isinstance(table, dict)
        for key in table
    }


def _toml(value: Any) -> str:
    import tomli_w

    return tomli_w.dumps({"value": value}).removeprefix("value = ").rstrip("\n")
