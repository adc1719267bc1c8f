"""Voices as code for Deepdub: a catalog of YAML and audio samples, planned and applied.

The public names are imported on first use, so that ``import ddvoices`` costs nothing.
"""

from __future__ import annotations

__version__ = "0.1.0"
