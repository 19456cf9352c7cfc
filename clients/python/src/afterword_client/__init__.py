"""A typed client for Afterword, the API for the seven follow-up steps after a job interview."""

from afterword_client.client import Afterword
from afterword_client.generated import models
from afterword_client.problem import ProblemError

__all__ = ["Afterword", "ProblemError", "models"]
