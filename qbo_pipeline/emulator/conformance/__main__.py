"""`python -m qbo_pipeline.emulator.conformance`: the table of conformance on stdout."""

import sys

from qbo_pipeline.emulator.conformance.text import conformance_text

sys.stdout.write(conformance_text())
