"""One outside system each, its words turned into ours at the door."""
