"""The commands: one module a theme. Whatever is heavy is imported by the command that needs it."""

FAILED, STRICT_FAILED = 1, 3
"""Exit codes: nothing came of it; it is done, but images failed and `--strict` was given."""
