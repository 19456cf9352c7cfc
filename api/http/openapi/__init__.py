"""The published OpenAPI document and its examples."""
