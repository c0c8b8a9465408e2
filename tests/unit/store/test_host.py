"""The host that a data folder belongs to."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from edge.model.errors import StoreError
from edge.store.host import FILE, Host, OtherHostError, claim_host, this_host


def test_the_first_start_records_the_host_and_the_next_ones_find_it(tmp_path: Path) -> None:
    here = this_host(tmp_path)
    assert claim_host(tmp_path, here) is None
    assert claim_host(tmp_path, this_host(tmp_path)) is None
    assert Host(**json.loads((tmp_path / FILE).read_text(encoding="utf-8"))) == here


def test_another_machine_is_refused_until_it_takes_over(tmp_path: Path) -> None:
    old, new = this_host(tmp_path, {"ANDON_HOST": "panel-1"}), this_host(tmp_path, {"ANDON_HOST": "panel-2"})
    claim_host(tmp_path, old)
    with pytest.raises(OtherHostError, match="panel-1") as refused:
        claim_host(tmp_path, new)
    assert (refused.value.recorded, refused.value.here) == (old, new)
    assert claim_host(tmp_path, new, take_over=True) == old
    assert claim_host(tmp_path, new) is None
    with pytest.raises(OtherHostError):
        claim_host(tmp_path, old)


def test_a_folder_that_was_copied_is_another_one(tmp_path: Path) -> None:
    first, copy = tmp_path / "data", tmp_path / "copy"
    first.mkdir()
    claim_host(first, this_host(first))
    shutil.copytree(first, copy)
    with pytest.raises(OtherHostError):
        claim_host(copy, this_host(copy))
    claim_host(first, this_host(first))


def test_a_host_that_is_renamed_stays_the_same() -> None:
    assert Host("m", "old", "/data").is_same(Host("m", "new", "/data"))
    assert not Host("m", "a", "/data").is_same(Host("m", "a", "/other"))


def test_the_record_gives_no_machine_id_away(tmp_path: Path) -> None:
    here = this_host(tmp_path, {"ANDON_HOST": "panel-1"})
    assert "panel-1" not in here.machine
    machine_id = Path("/etc/machine-id")
    if machine_id.exists() and machine_id.read_text(encoding="ascii").strip():
        assert machine_id.read_text(encoding="ascii").strip() not in str(this_host(tmp_path, {}))


@pytest.mark.parametrize("content", ["", "{}", '{"machine": 1', "[]"])
def test_a_damaged_record_is_said_and_not_overwritten(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content, encoding="utf-8")
    with pytest.raises(StoreError, match="damaged"):
        claim_host(tmp_path, this_host(tmp_path))
    assert (tmp_path / FILE).read_text(encoding="utf-8") == content


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        claim_host(tmp_path / "gone", this_host(tmp_path / "gone"))
