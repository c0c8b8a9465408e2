"""Rows of AI tables and online documents: keys that make a repeat harmless, and the error texts (reference 11.6, 13.2)."""

from __future__ import annotations

import pytest

ROWS = "v1.0/notable/bases/andon-base/sheets/alarms/records"
DOCS = "v1.0/doc/workspaces/andon-space/docs"
TOKEN = "0d5f3b0e-2f6a-4d8e-9b5c-0123456789ab"
BY = "operatorId=union-lead"


def insert(bench, *cells, query=BY):
    return bench.api(f"{ROWS}?{query}", {"records": [{"fields": each} for each in cells]})


def cells(bench, **body):
    return [row["fields"] for row in bench.api(f"{ROWS}/list?{BY}", body).json["records"]]


def test_rows_are_written_changed_and_listed(bench):
    ids = [row["id"] for row in insert(bench, {"alarm": "HH", "n": 1}, {"alarm": "LL", "n": 2}).json["value"]]
    answer = bench.api(f"{ROWS}?{BY}", {"records": [{"id": ids[0], "fields": {"n": 3}}]}, method="PUT").json
    assert answer == {"value": [{"id": ids[0]}]}
    assert cells(bench) == [{"alarm": "HH", "n": 3}, {"alarm": "LL", "n": 2}]
    found = {"conditions": [{"field": "alarm", "operator": "equal", "value": ["LL"]}]}
    assert cells(bench, filter=found) == [{"alarm": "LL", "n": 2}]


def test_many_rows_come_page_by_page(bench):
    insert(bench, *({"n": number} for number in range(150)))
    first = bench.api(f"{ROWS}/list?{BY}", {}).json
    second = bench.api(f"{ROWS}/list?{BY}", {"nextToken": first["nextToken"]}).json
    assert (len(first["records"]), len(second["records"]), second["hasMore"]) == (100, 50, False)


@pytest.mark.parametrize(("repeated", "status"), [("refused", 409), ("earlier", 200)])
def test_a_client_token_inserts_once_whatever_a_repeat_answers(bench_with, repeated, status):
    bench = bench_with(repeated_client_token=repeated)
    first = insert(bench, {"n": 1}, query=f"{BY}&clientToken={TOKEN}")
    again = insert(bench, {"n": 1}, query=f"{BY}&clientToken={TOKEN}")
    assert again.status == status
    assert again.json.get("code") == "invalidRequest.duplicateClientToken" or again.json == first.json
    assert cells(bench) == [{"n": 1}]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (f"{ROWS}?operatorId=lead", {"records": [{"fields": {}}]}, 400, "invalidRequest.inputArgs.invalid"),
        (ROWS, {"records": [{"fields": {}}]}, 400, "invalidRequest.inputArgs.invalid"),
        (f"{ROWS}?{BY}&clientToken=17", {"records": [{"fields": {}}]}, 400, "invalidRequest.inputArgs.invalid"),
        (f"{ROWS}?{BY}", {"records": [{"n": 1}]}, 400, "invalidRequest.inputArgs.invalid"),
        (f"{ROWS}?{BY}", {"records": []}, 400, "invalidRequest.inputArgs.invalid"),
        (f"v1.0/notable/bases/other/sheets/alarms/records?{BY}", {}, 404, "invalidRequest.document.notFound"),
        (f"v1.0/notable/bases/andon-base/sheets/x/records?{BY}", {}, 404, "invalidRequest.resource.notFound"),
    ],
)
def test_a_bad_request_for_rows_has_its_code(bench, path, body, status, code):
    reply = bench.api(path, body)
    assert (reply.status, reply.json["code"]) == (status, code)


def test_a_document_is_made_once_by_name_and_overwritten_by_either_id(bench):
    body = {"name": "Review alarm 17", "docType": "DOC", "operatorId": "union-lead"}
    made = bench.api(DOCS, body).json
    assert bench.api(DOCS, body).json["code"] == "invalidRequest.workspaceNode.nameConflict"
    for key in (made["docKey"], made["dentryUuid"]):
        path = f"v1.0/doc/suites/documents/{key}/overwriteContent?{BY}"
        assert bench.api(path, {"dataType": "markdown", "content": f"# {key}"}).json["success"] is True
        assert bench.cloud.documents.documents[made["docKey"]].content == f"# {key}"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (DOCS, {"name": "x", "docType": "DOC", "operatorId": "lead"}, 400, "invalidRequest.inputArgs.invalid"),
        (DOCS, {"name": "x", "docType": "doc", "operatorId": "union-lead"}, 400, "invalidRequest.inputArgs.invalid"),
        ("v1.0/doc/workspaces/other/docs", {}, 404, "invalidRequest.workspace.notFound"),
        (f"v1.0/doc/suites/documents/none/overwriteContent?{BY}", {}, 404, "invalidRequest.document.notFound"),
    ],
)
def test_a_bad_request_for_a_document_has_its_code(bench, path, body, status, code):
    reply = bench.api(path, body)
    assert (reply.status, reply.json["code"]) == (status, code)
