"""Rows, documents and approvals: what is put on record elsewhere. The bodies are in `bodies/`."""

from __future__ import annotations

from cloud_bridge.base import FindReceipt
from cloud_bridge.dingtalk.acts import delivered, handle_of
from cloud_bridge.dingtalk.bodies import approvals, documents, iot, tables
from cloud_bridge.dingtalk.calls import Calls
from cloud_bridge.dingtalk.config import DingTalkConfig, DocumentsConfig, EventsConfig, TableConfig
from cloud_bridge.dingtalk.people import People
from cloud_bridge.dingtalk.verdicts import Accepted, Exists, Nobody, ended
from edge.model.act import AskApproval, WriteRow
from edge.model.intent import Claim, Delivered, Intent, Outcome, Refused, Retry
from edge.model.moment import MINUTE

#: Documents that were made and perhaps not written yet.
DOCUMENTS_KEPT = 100


class Paperwork:
    def __init__(self, config: DingTalkConfig, calls: Calls, people: People, find_receipt: FindReceipt) -> None:
        self._config = config
        self._calls = calls
        self._people = people
        self._find_receipt = find_receipt
        self._documents: dict[str, str] = {}

    # --- rows ---------------------------------------------------------------------------------------------------------

    async def write_row(self, intent: Intent, act: WriteRow) -> Outcome:
        if act.table in self._config.events:
            return await self._tell_event(intent, act, self._config.events[act.table])
        place = self._config.tables.get(act.table) or self._config.documents[act.table]
        operator = await self._people.union_id(place.operator)
        if not isinstance(operator, str):
            return ended(operator)
        made = handle_of(await self._find_receipt(intent.card))
        if isinstance(place, DocumentsConfig):
            return await self._write_document(intent, act, place, operator, made)
        return await self._write_record(act, place, operator, made)

    async def _write_record(self, act: WriteRow, place: TableConfig, operator: str, record: str | None) -> Outcome:
        if record is None:
            answer = await self._calls.make(tables.insert(place, act.row, act.cells, operator=operator))
            if not isinstance(answer, Exists):
                return delivered(answer, tables.record_of(answer))
            found = await self._calls.read(tables.find(place, act.row, operator=operator))
            if isinstance(found, Retry):
                return found
            record = tables.record_found(found) if isinstance(found, Accepted) else None
        if record is None:
            return Refused(f"row {act.row} is there, and cannot be found by its column {place.key_column}")
        return delivered(await self._calls.make(tables.update(place, act.row, record, act.cells, operator=operator)), record)

    async def _write_document(
        self, intent: Intent, act: WriteRow, place: DocumentsConfig, operator: str, document: str | None
    ) -> Outcome:
        document = document or self._documents.get(intent.card)
        if document is None:
            answer = await self._calls.make(documents.create(place.workspace_id, act.row, operator=operator))
            document = documents.document_of(answer)
            if isinstance(answer, Exists):
                # By us, when the process ended between the two calls, or by anybody: DingTalk does not tell us its key.
                return Refused(f"a document {act.row} is there already: rename it, and this one is written beside it")
            if document is None:
                return delivered(answer, None)
            self._documents[intent.card] = document
            if len(self._documents) > DOCUMENTS_KEPT:
                self._documents.pop(next(iter(self._documents)))
        answer = await self._calls.make(documents.write(document, intent.message, act.cells, operator=operator))
        return delivered(answer, document)

    async def _tell_event(self, intent: Intent, act: WriteRow, place: EventsConfig) -> Outcome:
        device = "" if place.device_column is None else str(act.cells.get(place.device_column, ""))
        if self._config.iot == "diot":
            request = iot.push(
                intent, act.row, act.cells, event_type=place.event_type, event_name=place.event_name, device=device
            )
        else:
            request = iot.upload(intent, act.cells, event_type=place.event_type, device=device)
        return delivered(await self._calls.make(request), act.row)

    # --- approvals ----------------------------------------------------------------------------------------------------

    async def ask_approval(self, claim: Claim, act: AskApproval, user: str) -> Outcome:
        intent, config = claim.intent, self._config.approvals[act.process]
        if claim.after_unknown and config.key_field is not None:
            found = await self._started(intent, config.process_code, config.key_field, user)
            if found is not None:
                return found
        request = approvals.start(
            config.process_code,
            act.fields,
            user=user,
            department_id=config.department_id,
            key_field=config.key_field,
            key=intent.key,
        )
        answer = await self._calls.make(request)
        return delivered(answer, approvals.instance_of(answer))

    async def _started(
        self, intent: Intent, process_code: str, key_field: str, user: str
    ) -> Delivered | Retry | Refused | None:
        """The approval that an earlier attempt started; None when none did."""
        listed = await self._calls.read(approvals.list_since(process_code, since=intent.created_at - MINUTE, user=user))
        if not isinstance(listed, Accepted):
            return Refused(listed.reason) if isinstance(listed, Nobody) else listed
        for each in approvals.listed(listed):
            looked_at = await self._calls.read(approvals.get(each))
            if isinstance(looked_at, Retry):
                return looked_at
            if isinstance(looked_at, Accepted) and approvals.holds(looked_at, key_field=key_field, key=intent.key):
                return Delivered(each)
        return None
