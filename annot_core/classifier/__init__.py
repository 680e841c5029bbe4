"""The classifier that heat maps are taken from: loaded from the user's file, or trained from the folder."""
