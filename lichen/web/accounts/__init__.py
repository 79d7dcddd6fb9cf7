"""Who uses Lichen: users, their organisation and role, signing in and out."""
