"""Full-text search: which texts are indexed, the index, queries, and what is found."""
