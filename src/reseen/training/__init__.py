"""Torch lives here: data, sampling, models, losses, recipes, export."""
