"""`python -m qbo_pipeline.emulator`: the same as `qbo-pipeline emulator`."""

from qbo_pipeline.emulator.command import main

main()
