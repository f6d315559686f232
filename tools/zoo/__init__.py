"""Compact descriptions of published networks: a file a family, each with networks() that yields them."""
