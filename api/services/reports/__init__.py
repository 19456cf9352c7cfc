"""Reports: figures and pictures over several applications or steps. They only read."""
