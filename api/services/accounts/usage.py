"""What an account uses of each quota, in two statements."""

from sqlmodel import col, func, select

from api.models import Token, User
from api.models.token import SESSIONS
from api.models.usage import Usage
from api.services import quotas
from api.storage.session import OwnedSession


def usage(session: OwnedSession, *, max_bytes: int) -> Usage:
    """Return every quota of the account with what is used of it."""
    sessions = (
        select(func.count()).select_from(Token).where(Token.user_id == session.user_id, col(Token.kind).in_(SESSIONS))
    )
    wanted = select(User.stored_bytes, sessions.scalar_subquery()).where(User.id == session.user_id)
    stored, opened = session.exec(wanted).one()
    rows = [(quota.name, used, quota.most, quota.per) for quota, used in quotas.rows_by_quota(session)]
    rows.append(("sessions", opened, quotas.MAX_SESSIONS, "account"))
    found = [{"name": name, "used": used, "limit": most, "unit": "rows", "per": per} for name, used, most, per in rows]
    total = {"name": "stored_bytes", "used": stored, "limit": max_bytes, "unit": "bytes", "per": "account"}
    return Usage.model_validate({"quotas": [total, *found]})
