"""The pure machine: who is asked what next, and what the answers say. No clock, network or GPU."""
