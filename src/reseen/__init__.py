"""Reseen: a photo of a person and footage in; the moments at which that person is seen out."""
