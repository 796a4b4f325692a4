#!/bin/sh
# schemathesis 4.32.5: an answer whose schema has "prefixItems" is refused as an invalid schema, in OpenAPI 3.1 too.
#
# OpenAPI 3.1 uses JSON Schema 2020-12, in which "prefixItems" has the schemas of a list's first items. Schemathesis rewrites
# it to "items" with a list of schemas, as older drafts have it, and then checks that by 2020-12, where "items" is one schema.
# The error names a definition that stands nowhere in the description. jsonschema-rs, which it uses, takes the schema as it is.
# One schema for all items with "minItems" and "maxItems" says less and passes.
# Version: schemathesis 4.32.5, jsonschema-rs 0.60.3. Python: 3.11.
# Seen: InvalidSchema: Invalid Schema Object in response definition ... is not of types "boolean", "object".
# Source: json-schema.org/draft/2020-12/json-schema-core#section-10.3.1.1; spec.openapis.org/oas/v3.1.0#schema-object
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder" schemathesis==4.32.5 jsonschema-rs==0.60.3
cat > "$folder/prefix.py" <<'PYTHON'
import json

import jsonschema_rs
import schemathesis
from werkzeug import Request, Response

FIRST = {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "number"}]}
ALL = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}


@Request.application
def app(request):
    return Response(json.dumps([1, 2.5]), content_type="application/json")


def validate(schema):
    content = {"application/json": {"schema": schema}}
    paths = {"/pair": {"get": {"responses": {"200": {"description": "a pair", "content": content}}}}}
    description = {"openapi": "3.1.0", "info": {"title": "pairs", "version": "1"}, "paths": paths}
    found = schemathesis.openapi.from_dict(description)
    found.app = app
    found["/pair"]["GET"].Case().call_and_validate()


assert jsonschema_rs.Draft202012Validator(FIRST).is_valid([1, 2.5])
validate(ALL)
try:
    validate(FIRST)
except Exception as error:
    print(f"{type(error).__name__}: {error}")
    assert "Invalid Schema Object in response definition" in str(error)
    assert 'is not of types "boolean", "object"' in str(error)
else:
    raise SystemExit("it is taken now")
PYTHON
PYTHONPATH="$folder" python3 -W ignore "$folder/prefix.py"
