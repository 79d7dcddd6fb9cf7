"""The workbench: what needs me, the wall of devices, calls to devices, the log of acts, settings."""
