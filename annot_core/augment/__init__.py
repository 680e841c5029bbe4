"""More annotated images from few: each an image that is kept, seen another way."""
