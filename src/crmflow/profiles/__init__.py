"""Tables of rule data, shipped as TOML; `locale/` holds labels and reason texts per language."""
