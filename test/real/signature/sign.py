"""Signs the requests that come as lines of JSON with botocore, and prints their signatures."""
import datetime
import json
import re
import sys
from types import SimpleNamespace

import botocore
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

print(botocore.__version__)
for line in sys.stdin:
    given = json.loads(line)
    now = datetime.datetime.fromtimestamp(given["date"] / 1000, datetime.timezone.utc).replace(tzinfo=None)
    clock = SimpleNamespace(utcnow=lambda: now, now=lambda *_: now)
    auth.datetime = SimpleNamespace(datetime=clock, timezone=datetime.timezone)
    # Newer versions ask for the time elsewhere.
    auth.get_current_datetime = lambda *_, **__: now
    own = given["credentials"]
    credentials = Credentials(own["key"], own["secret"], own.get("sessionToken"))
    scope = given["scope"]
    s3 = scope["service"] == "s3"
    headers = dict(given["headers"], host=given["host"])
    if given["kind"] == "headers":
        signer = auth.S3SigV4Auth if s3 else auth.SigV4Auth
        signer = signer(credentials, scope["service"], scope["region"])
        headers["x-amz-content-sha256"] = given["payloadHash"]
    else:
        signer = auth.S3SigV4QueryAuth if s3 else auth.SigV4QueryAuth
        signer = signer(credentials, scope["service"], scope["region"], expires=given["expires"])
    url = "https://" + given["host"] + given["path"] + ("?" + given["queryText"] if given["queryText"] else "")
    request = AWSRequest(method=given["method"], url=url, headers=headers, data=given["body"].encode() or b"")
    signer.add_auth(request)
    if given["kind"] == "headers":
        print(re.search("Signature=([0-9a-f]{64})", request.headers["Authorization"]).group(1))
    else:
        print(re.search("X-Amz-Signature=([0-9a-f]{64})", request.url).group(1))
