"""Plans, outcomes and standings as text and JSON; nothing here prints."""
