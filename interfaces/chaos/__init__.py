"""Servers that are killed while they are fed, and what is found in their store afterwards."""
