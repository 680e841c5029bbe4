"""Labelled images in, detection data sets out: the pipeline as a library."""
