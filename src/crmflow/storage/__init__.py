"""The port to durability and its adapters."""
