"""Parley: rooms to talk in."""
