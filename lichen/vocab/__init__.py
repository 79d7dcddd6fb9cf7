"""The shared words of Lichen: clock, flags, periods, entries, batches, parameters, rounding and units.

Everything else imports from here and nothing here imports from the rest.
"""
