"""How the embedded models are made; README.md is the way in, recipe.py holds every number."""
