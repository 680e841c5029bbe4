"""An image and a box in, rows of terminal cells out: numbers and text alone, no terminal."""
