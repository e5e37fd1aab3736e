"""Measurements on a store of their own: what a user may expect of this machine."""
