"""Keeps the secrets of an MCP server out of what a model reads.

    import kz

    secrets = kz.open()                      # resolves all of .keyzero.toml, or raises
    server = secrets.guard(MCPServer("db"))  # nothing it says holds one of them
    dsn = secrets["DATABASE_URL"].expose()
"""

from kz._errors import ConfigError, KzError, MissingSecretsError, UnknownSecretError
from kz._native import Finding, Redactor, Secret, Stream
from kz._secrets import Secrets, open, open_async

__all__ = [
    "ConfigError",
    "Finding",
    "KzError",
    "MissingSecretsError",
    "Redactor",
    "Secret",
    "Secrets",
    "Stream",
    "UnknownSecretError",
    "open",
    "open_async",
]
