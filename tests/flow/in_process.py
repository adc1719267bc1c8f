"""The engine in this process, for what a test has to do in the middle of a run."""

from __future__ import annotations

from typing import Any

from workspace import Workspace

from ddvoices import DeepdubClient, apply_plan, load_catalog
from ddvoices.apply import ApplyOptions, prepare
from ddvoices.auth import account_of
from ddvoices.lockfile import hold_journal
from ddvoices.model import PlanOptions, Report
from ddvoices.observe import OpenRegions


def apply_here(workspace: Workspace, choice: PlanOptions | None = None, **options: Any) -> Report:
    """Save, plan and apply the first region, with these fields of `ApplyOptions`."""
    workspace.save()
    catalog, how = load_catalog(workspace.root), ApplyOptions(**options)
    region = next(iter(workspace.keys))
    base_url = workspace.settings["regions"][region]["base_url"]
    with DeepdubClient(base_url=base_url, api_key=workspace.key) as client:
        accounts = {region: account_of(client.api_key, client.base_url)}
        regions = OpenRegions(clients={region: client}, accounts=accounts)
        with hold_journal(catalog.root) as journal:
            work = prepare(regions, catalog, journal, choice or PlanOptions(), how)
            return apply_plan(work, how)
