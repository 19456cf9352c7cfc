from tests.conftest import *
from tests.http.api_client import *
def test_smoke(world, client):
    app, i = interviewed(client)
    c = contact(client, full_name="Kim Lee", postal_address="1 St\nTown", honorific="Dr.")
    put(client, f"/v1/interviews/{i}/interviewers/{c}", optional=False)
    feed = add(client, "/v1/calendar-feeds", steps="both", alarms=True)
    print(feed)
    path = feed["url"].partition("testserver")[2]
    a = world.anonymous().get(path)
    print(a.status_code, a.headers, a.text)
    b = world.anonymous().get(path, headers={"If-None-Match": a.headers["etag"]})
    print(b.status_code, b.headers)
