"""The catalog: a directory of YAML and audio samples → what is wanted."""

from ddvoices.catalog.load import load_catalog

__all__ = ["load_catalog"]
