"""Afterword: the seven follow-up steps after a job interview, as a REST API."""

__version__ = "0.9.0"
