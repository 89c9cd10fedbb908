"""The program's policy pack, as it is installed."""

import runpy

runpy.run_module("policies", run_name="__main__")
