"""Programs that print tables of what things cost."""
