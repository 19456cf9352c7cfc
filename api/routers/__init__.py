"""The endpoints, one module for each resource. `api.main` lists the routers; no router imports another one."""
