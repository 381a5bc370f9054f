"""Find the best model for a task in a model tree under a fixed budget."""
