"""HTTP only: one plural noun a file. `api.main` lists the routers; none knows another."""
