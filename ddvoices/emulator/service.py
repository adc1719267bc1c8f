"""What the gate and the control routes share: the parts of one running service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ddvoices.emulator.accounts import Accounts
from ddvoices.emulator.backend import Backend
from ddvoices.emulator.faults import FaultPlan, Rule
from ddvoices.emulator.settings import Settings
from ddvoices.emulator.traffic import Ledger, Traffic


class Service:
    """Accounts, state, log and faults of one process."""

    def __init__(
        self, *, accounts: Accounts, backend: Backend, defaults: Settings, rules: tuple[Rule, ...], seed: int
    ) -> None:
        self.accounts = accounts
        self.backend = backend
        self._defaults = defaults
        self._rules = rules
        self._seed = seed
        self._settings: dict[str, Settings] = {}
        self._faults: dict[str, FaultPlan] = {}
        self._traffic = Traffic()

    def ledger(self, account: str) -> Ledger:
        """Return the request log of an account."""
        return self._traffic.ledger(account)

    def settings(self, account: str) -> Settings:
        """Return the settings of an account: the process's, with what was set for it."""
        if account not in self._settings:
            self._settings[account] = self._defaults.merged(self.backend.store.settings(account))
        return self._settings[account]

    def change_settings(self, account: str, changes: Mapping[str, Any]) -> Settings:
        """Change some settings of an account and return them all.

        Raises:
            SettingsError: an unknown name or an unfit value; nothing is changed.
        """
        merged = self.settings(account).merged(changes)
        self.backend.store.put_settings(account, changes)
        self._settings[account] = merged
        return merged

    def faults(self, account: str) -> FaultPlan:
        """Return the faults of an account: the process's rules, counted for itself, unless it has its own."""
        if account not in self._faults:
            self.set_faults(account, self._rules)
        return self._faults[account]

    def set_faults(self, account: str, rules: tuple[Rule, ...]) -> FaultPlan:
        """Give an account rules of its own, with all counts at zero."""
        plan = FaultPlan(rules, f"{self._seed}:{account}")
        self._faults[account] = plan
        return plan

    def reset(self, account: str) -> None:
        """Make an account as if it had never been used."""
        self.backend.store.reset(account)
        self._settings.pop(account, None)
        self._faults.pop(account, None)
        self.ledger(account).clear()
