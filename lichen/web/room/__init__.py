"""The command room: one dark page for a wall, readable from five metres, up for days."""
