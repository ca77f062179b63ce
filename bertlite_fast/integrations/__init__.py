"""Adapters for other libraries, each in a module of its name."""
