"""``python -m gems``."""

from gems.cli import main

main()
