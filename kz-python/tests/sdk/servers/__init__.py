"""Servers that leak in every way there is, one for each SDK, each way a secret of its own.

`python -m tests.sdk.servers.NAME MANIFEST` is guarded; without MANIFEST it is not.
"""
