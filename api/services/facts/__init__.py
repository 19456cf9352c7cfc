"""Facts that users record: a write validates the fact, stores it, and judges the affected steps."""

from api.services.events import journal as journal  # its listeners see every write of a fact
from api.services.search import index as index  # so do these
