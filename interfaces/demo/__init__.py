"""A made-up hospital's day, played through a real server."""
