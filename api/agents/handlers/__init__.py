"""What each tool does: requests to the REST API, and their answers as text and as data."""
