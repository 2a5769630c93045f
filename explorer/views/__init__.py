"""The pages of the Explorer."""
