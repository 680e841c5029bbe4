"""A small YOLOv3: several boxes an image, trained on annotations."""
