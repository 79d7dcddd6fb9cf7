"""Tokens: how a program tells the API who it works for."""
