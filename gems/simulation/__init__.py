"""Made-up candidates, for stories about searches that need no model."""
