"""The guard in every SDK: run in the environment of each, on the servers of `servers/`."""
