"""Composition only: the command line, the HTTP API, jobs and settings."""
