"""Folders and buckets: new and changed files, copied as they are, and nothing else."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.orchestration.fetching.conftest import PLANTED, FetchingCompany

HEADER = "thing_id,amount,note,updated_at\n"
FIRST = HEADER + "t1,1,a,2026-01-01 10:00:00\n"
SECOND = HEADER + "t2,2,b,2026-01-01 11:00:00\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "share"
    (path / "2026").mkdir(parents=True)
    (path / "2026/things.csv").write_text(FIRST)
    return path


def test_new_and_changed_files_of_a_folder_are_copied(
    fetching: FetchingCompany, folder: Path
) -> None:
    fetching.serve(type="local", path=str(folder), glob="**/*.csv")
    (folder / "readme.txt").write_text("no delivery")
    put_there = dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC).timestamp()
    os.utime(folder / "2026/things.csv", (put_there, put_there))
    assert fetching.fetch().files == 1
    assert fetching.landed() == ["2026/things.csv"]
    assert fetching.load() == [("t1", "1.0000", "a")]
    received = "select distinct _received_at::varchar from raw.shop_things"
    assert fetching.company.rows(received) == [("2026-01-02 03:00:00",)]
    assert fetching.fetch().files == 0
    (folder / "2026/things.csv").write_text(SECOND)
    (folder / "more.csv").write_text(FIRST.replace("t1", "t3"))
    assert fetching.fetch().files == 2
    assert [row[0] for row in fetching.load()] == ["t1", "t2", "t3"]


def test_links_that_lead_out_of_a_folder_are_refused(
    fetching: FetchingCompany, folder: Path
) -> None:
    (folder.parent / "private.csv").write_text(PLANTED)
    (folder / "innocent.csv").symlink_to(folder.parent / "private.csv")
    fetching.serve(type="local", path=str(folder), glob="**/*.csv")
    result = fetching.fetch()
    assert result.error == "names were refused: 'innocent.csv' (it is a link that leads out)"
    assert fetching.landed() == ["2026/things.csv"]
    assert fetching.told_anywhere(PLANTED) == []


def test_a_folder_that_is_missing_is_told(fetching: FetchingCompany, tmp_path: Path) -> None:
    fetching.serve(type="local", path=str(tmp_path / "nothing"))
    assert str(fetching.fetch().error).startswith("there is no folder")


@pytest.fixture(scope="module")
def bucket_address() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(bucket_address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """An empty bucket; no setting of this machine counts."""
    from botocore.session import Session

    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BUCKET_KEY", "key-of-the-bucket")
    monkeypatch.setenv("BUCKET_SECRET", PLANTED)
    name = f"b{tmp_path.name.replace('_', '-').lower()}"[:40].strip("-")
    client = Session().create_client(
        "s3", "us-east-1", endpoint_url=bucket_address, aws_access_key_id="a",
        aws_secret_access_key="b",
    )  # fmt: skip
    client.create_bucket(Bucket=name)
    return client, name, bucket_address


def serve_bucket(company: FetchingCompany, bucket: Any, **changes: Any) -> None:
    _, name, address = bucket
    usual = {
        "type": "s3",
        "location": f"s3://{name}/out",
        "endpointUrl": address,
        "glob": "**/*.csv",
        "accessKeyEnv": "BUCKET_KEY",
        "secretKeyEnv": "BUCKET_SECRET",
    }
    company.serve(**(usual | changes))


def test_new_and_changed_objects_of_a_bucket_are_copied(
    fetching: FetchingCompany, bucket: Any
) -> None:
    client, name, _ = bucket
    serve_bucket(fetching, bucket)
    client.put_object(Bucket=name, Key="out/2026/things.csv", Body=FIRST)
    client.put_object(Bucket=name, Key="elsewhere/things.csv", Body=SECOND)
    result = fetching.fetch()
    assert (result.files, result.error) == (1, None)
    assert fetching.landed() == ["2026/things.csv"]
    assert fetching.fetch().files == 0
    # as many bytes within the same second: its ETag alone tells
    client.put_object(Bucket=name, Key="out/2026/things.csv", Body=SECOND)
    assert fetching.fetch().files == 1
    assert [row[0] for row in fetching.load()] == ["t2"]
    assert fetching.told_anywhere(PLANTED) == []


HOSTILE = [
    "../../../escaped.csv",
    "a/../../b.csv",
    ".hidden/x.csv",
    "zero\u200bwidth.csv",
    "half.csv.part",
]


def test_hostile_keys_never_leave_landing(fetching: FetchingCompany, bucket: Any) -> None:
    client, name, _ = bucket
    serve_bucket(fetching, bucket, glob="**/*")
    client.put_object(Bucket=name, Key="out/good.csv", Body=FIRST)
    for key in HOSTILE:
        client.put_object(Bucket=name, Key=f"out/{key}", Body=SECOND)
    before = {path for path in fetching.workspace.root.parent.rglob("*.csv*")}
    result = fetching.fetch()
    assert result.error == (
        "names were refused: '../../../escaped.csv' (it leads elsewhere), '../b.csv' (it leads"
        " elsewhere), 'zero\\u200bwidth.csv' (it holds a control character or a backslash)"
    )
    made = {path for path in fetching.workspace.root.parent.rglob("*.csv*")} - before
    assert made == {fetching.workspace.landing / "shop/things/erp/good.csv"}
    assert fetching.landed() == ["good.csv"]


def test_a_bucket_that_is_missing_or_refuses_is_told_without_secrets(
    fetching: FetchingCompany, bucket: Any
) -> None:
    serve_bucket(fetching, bucket, location="s3://no-such-bucket/out")
    assert "The specified bucket does not exist" in str(fetching.fetch().error)
    serve_bucket(fetching, bucket, endpointUrl="http://127.0.0.1:1")
    assert "it cannot be reached" in str(fetching.fetch().error)
    assert fetching.told_anywhere(PLANTED) == []
