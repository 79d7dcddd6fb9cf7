"""The readings explorer: any series over any span, several at once, as known now or at any past moment."""
