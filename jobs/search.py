"""A search as a Ray job.

ray job submit --working-dir . -- python jobs/search.py configs/quickstart.yaml
"""

import sys

from gems.cli import main

sys.argv.insert(1, "search")
main()
