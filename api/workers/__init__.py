"""Background work: loops beside the requests, and work in several processes."""
