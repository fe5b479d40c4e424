"""The reference's own description of its answers (OpenAPI 3.1), where it is present: whether answers are as it says.

    schemas = ReferenceSchemas(SHARED / "current" / "reference-openapi.json")
    schemas.check(target, status, json_value)    # AssertionError: what is otherwise, and where
"""
import json
import re

import pytest

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is missing (Debian: python3-jsonschema)")


class ReferenceSchemas:
    def __init__(self, path):
        document = json.loads(path.read_text())
        self.categories = document["components"]["schemas"]["MODEL_REFERENCE_CATEGORY"]["enum"]
        self.validators = {}  # (path as a pattern, status) -> validator
        for template, item in document["paths"].items():
            pattern = re.compile("(/api)?" + re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)) + r"(\?.*)?")
            for status, response in item["get"]["responses"].items():
                schema = response.get("content", {}).get("application/json", {}).get("schema")
                # $refs of the schemas point to the document's root.
                self.validators[pattern, int(status)] = schema and jsonschema.Draft202012Validator(
                    {"allOf": [schema], "components": document["components"]})

    def check(self, target, status, value):
        """Whether it has a schema for such an answer."""
        for (pattern, known), validator in self.validators.items():
            if validator is None or known != status or not pattern.fullmatch(target):
                continue
            error = jsonschema.exceptions.best_match(validator.iter_errors(value))
            assert error is None, "%s: %s at %s" % (target, error.message[:500], list(error.absolute_path))
            return True
        return False
