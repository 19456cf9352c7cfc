"""The tables and the bodies of requests and responses, one module per noun. Importing this registers all tables."""

from api.models.activity import Activity
from api.models.agent_write import AgentWrite
from api.models.application import Application, StageChange
from api.models.calendar_feed import CalendarFeed
from api.models.contact import ApplicationContact, Contact
from api.models.delivery import Delivery, DeliveryAttempt
from api.models.event import Event, StepNotice
from api.models.follow_up import FollowUp
from api.models.idempotent_response import IdempotentResponse
from api.models.import_job import ImportChunk, ImportJob, ImportObject, ImportRow
from api.models.interview import Interview, InterviewInterviewer
from api.models.letter import Letter
from api.models.letter_template import LetterTemplate
from api.models.login_throttle import LoginThrottle
from api.models.mail import Mail
from api.models.note import Note
from api.models.notification import Notification
from api.models.offer import Offer
from api.models.reference import ApplicationReference, Reference
from api.models.search import SearchEntry
from api.models.search_activity import SearchActivity
from api.models.step import StepInstance, StepOverride
from api.models.token import Token
from api.models.user import User
from api.models.webhook import Webhook

__all__ = [
    "Activity",
    "AgentWrite",
    "Application",
    "ApplicationContact",
    "ApplicationReference",
    "CalendarFeed",
    "Contact",
    "Delivery",
    "DeliveryAttempt",
    "Event",
    "FollowUp",
    "IdempotentResponse",
    "ImportChunk",
    "ImportJob",
    "ImportObject",
    "ImportRow",
    "Interview",
    "InterviewInterviewer",
    "Letter",
    "LetterTemplate",
    "LoginThrottle",
    "Mail",
    "Note",
    "Notification",
    "Offer",
    "Reference",
    "SearchActivity",
    "SearchEntry",
    "StageChange",
    "StepInstance",
    "StepNotice",
    "StepOverride",
    "Token",
    "User",
    "Webhook",
]
