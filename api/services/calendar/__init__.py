"""Calendar feeds, and interviews, steps and contacts as files for calendars and address books."""
