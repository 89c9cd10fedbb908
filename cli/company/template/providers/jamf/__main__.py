"""The program's provider of settings on Macs, as it is installed."""

import runpy

runpy.run_module("providers.jamf", run_name="__main__", alter_sys=False)
