"""How large things may be."""

MAX_PIXELS = 200_000_000
"""The default limit of an image's width times height; as RGB that is 600 MB."""
