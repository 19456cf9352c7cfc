from tests.imports import *
from tests.http.api_client import items, read as r
import json
def test_it(world, client):
    job = uploaded(client, "Company,Job Title,Status,Date Applied,Notes,Contact,Email,Salary\nAcme,Engineer,Applied,2026-03-02,Hi,Kim Lee,kim@acme.example,90-110k €\nBeta,Dev,Phone screen,2026-04-03,,,,\nGamma,Ops,Rejected,03/04/2026,,,,\nAcme,Engineer,Applied,2026-03-05,,,,\n")
    print(json.dumps(job, indent=1)); 
    job = answered(client, job, stage_map=[{"value":"Phone screen","stage":"interviewing"}], date_order="dmy")
    print(job["questions"], counted(job)); print(json.dumps(rows(client, job),indent=1))
    before = items(client, "/v1/applications")
    job = ran(world, client, job); print(job["state"], counted(job), job["rows_done"])
    print([(a["company"],a["stage"],a["applied_on"],a["salary_min"]) for a in items(client,"/v1/applications")], len(items(client,"/v1/contacts")))
    print([ (x["result"],x["objects"]) for x in rows(client,job)])
    again = uploaded(client, "Company,Job Title,Status,Date Applied\nAcme,Engineer,Applied,2026-03-02\n")
    print(counted(again))
    job = undone(world, client, job); print(job["state"], counted(job), items(client,"/v1/applications"), items(client,"/v1/contacts"))
