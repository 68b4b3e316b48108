"""Plugins: loading them, asking them, and binding what they answer to machines and events."""
