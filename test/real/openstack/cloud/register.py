"""Tells keystone of users, projects and services: register.py KEYSTONE PASSWORD people | service TYPE NAME URL | network NEUTRON"""
import sys

import requests

keystone, password, what = sys.argv[1:4]


def scope(name):
    return {"name": name, "domain": {"id": "default"}}


identity = {"methods": ["password"], "password": {"user": {**scope("admin"), "password": password}}}
reply = requests.post(keystone + "/auth/tokens", json={"auth": {"identity": identity, "scope": {"project": scope("admin")}}})
reply.raise_for_status()
session = requests.Session()
session.headers["X-Auth-Token"] = reply.headers["X-Subject-Token"]


def call(method, url, **options):
    answer = session.request(method, url, **options)
    answer.raise_for_status()
    return answer.json() if answer.content else None


def find(kind, **query):
    found = call("GET", f"{keystone}/{kind}", params=query)[kind]
    return found[0] if found else None


def ensure(kind, name, **more):
    one = kind[:-1]
    return find(kind, name=name) or call("POST", f"{keystone}/{kind}", json={one: {"name": name, **more}})[one]


def grant(user, project, *roles):
    for name in roles:
        role = ensure("roles", name)["id"]
        call("PUT", f"{keystone}/projects/{project['id']}/users/{user['id']}/roles/{role}")


USER = ("member", "reader", "load-balancer_member", "swiftoperator", "creator")
if what == "people":
    for name, roles in (("service", ("admin", "service")), ("demo", USER), ("other", USER), ("admin", USER)):
        project = ensure("projects", name, domain_id="default")
        user = ensure("users", name, password=password, domain_id="default", default_project_id=project["id"])
        grant(user, project, *roles)
elif what == "service":
    kind, name, url = sys.argv[4:7]
    service = find("services", type=kind) or call(
        "POST", f"{keystone}/services", json={"service": {"type": kind, "name": name}}
    )["service"]
    for interface in ("public", "internal", "admin"):
        endpoint = {"service_id": service["id"], "interface": interface, "url": url, "region_id": "RegionOne"}
        call("POST", f"{keystone}/endpoints", json={"endpoint": endpoint})
elif what == "network":
    # Where load balancers' machines would be reached: made up ids make every member fail.
    url = sys.argv[4] + "/v2.0"
    network = call("POST", f"{url}/networks", json={"network": {"name": "lb-mgmt-net"}})["network"]["id"]
    subnet = {"network_id": network, "ip_version": 4, "cidr": "192.0.2.0/24"}
    call("POST", f"{url}/subnets", json={"subnet": subnet})
    print(network)
