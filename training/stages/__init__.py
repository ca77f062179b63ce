"""The stages of the recipe up to trained weights."""
