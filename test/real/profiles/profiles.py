"""Reads pairs of files, a pair a line of JSON, as botocore does, and prints their profiles and sessions."""
import json
import os
import sys

import botocore
import botocore.session

print(botocore.__version__)
for line in sys.stdin:
    config, credentials = json.loads(line)
    os.environ["AWS_CONFIG_FILE"] = config
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = credentials
    read = botocore.session.Session().full_config
    print(json.dumps([read.get("profiles", {}), read.get("sso_sessions", {})]))
