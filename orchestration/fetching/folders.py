"""Files of a folder or a bucket, listed by dlt and copied as they are."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from orchestration.fetching.errors import FetchError
from orchestration.fetching.job import Fetched, Job
from orchestration.fetching.options import FolderServer
from orchestration.loading.deliveries import IGNORED_SUFFIXES

COPY_BYTES = 1 << 20
LONGEST_NAME = 200
NAMES_TOLD = 3


def fetch_folder(job: Job, options: FolderServer) -> Fetched:
    """Copy the files that are new, or whose size, time or ETag has changed."""
    source = _Bucket.of(job, options)
    copied = dict(job.known.get("files", {})) if job.known.get("place") == source.place else {}
    found = Fetched()
    refused: list[str] = []
    failed: list[str] = []
    for file in source.files():
        if _is_unfinished(file.name):
            continue
        if fault := _fault_of(file.name) or source.fault_of(file):
            refused.append(f"{file.name[:LONGEST_NAME]!r} ({fault})")
        elif copied.get(file.name) != file.stamp:
            job.progress(file.name)
            try:
                found.moves.append((_copy(job, file, len(found.moves)), file.name))
            except (OSError, FetchError) as error:  # what was copied before it is delivered
                failed.append(f"{file.name} could not be copied ({error})")
                continue
            copied[file.name] = file.stamp
    found.state = {"place": source.place, "files": copied}
    found.problems += [f"names were refused: {_some(refused)}"] if refused else []
    found.problems += [f"the next fetch tries again: {_some(failed)}"] if failed else []
    return found


def _some(texts: list[str]) -> str:
    more = f" and {len(texts) - NAMES_TOLD} more" if len(texts) > NAMES_TOLD else ""
    return ", ".join(texts[:NAMES_TOLD]) + more


@dataclass(frozen=True)
class _File:
    """A file that is there: its name below the prefix, and what tells its content from others."""

    name: str
    stamp: list[str]
    modified: dt.datetime
    item: Any


@dataclass(frozen=True)
class _Bucket:
    """A folder or a bucket with its prefix."""

    place: str
    glob: str
    filesystem: Any

    @classmethod
    def of(cls, job: Job, options: FolderServer) -> _Bucket:
        """The one that is configured."""
        if options.type == "local":
            import fsspec

            folder = (job.workspace.root / str(options.path)).resolve()
            if not folder.is_dir():
                raise FetchError(f"there is no folder {options.path}")
            if folder.is_relative_to(job.workspace.root.resolve()):
                raise FetchError("its folder lies in the workspace itself")
            return cls(folder.as_uri(), options.glob, fsspec.filesystem("file"))
        return cls(str(options.location).rstrip("/"), options.glob, _s3(job, options))

    def files(self) -> Iterator[_File]:
        """Every file that the glob matches, by name."""
        from dlt.sources.filesystem import filesystem

        found = filesystem(self.place, self.filesystem, file_glob=self.glob)
        for item in sorted(found, key=lambda item: str(item["relative_path"])):
            modified = item["modification_date"]
            yield _File(
                str(item["relative_path"]),
                [str(item["size_in_bytes"]), modified.isoformat(), self._etag(item)],
                modified,
                item,
            )

    def fault_of(self, file: _File) -> str | None:
        """Why a file of a folder may not be read: a link may lead anywhere."""
        if not self.place.startswith("file:"):
            return None
        folder = Path(self.filesystem._strip_protocol(self.place))
        path = Path(self.filesystem._strip_protocol(file.item["file_url"]))
        return None if path.resolve().is_relative_to(folder) else "it is a link that leads out"

    def _etag(self, item: Any) -> str:
        """Tells two contents apart that a bucket took within one second."""
        if self.place.startswith("file:"):
            return ""
        return str(self.filesystem.info(item["file_url"]).get("ETag", ""))


def _s3(job: Job, options: FolderServer) -> Any:
    from s3fs import S3FileSystem

    config: dict[str, Any] = {"connect_timeout": options.timeout, "read_timeout": options.timeout}
    if options.endpoint_url:  # not all that speak S3 know its newer checksums
        when = "when_required"
        config |= {"response_checksum_validation": when, "request_checksum_calculation": when}
    return S3FileSystem(
        key=job.secrets.read(options.access_key_env),
        secret=job.secrets.read(options.secret_key_env),
        token=job.secrets.read(options.session_token_env),
        endpoint_url=options.endpoint_url,
        client_kwargs={"region_name": options.region} if options.region else {},
        config_kwargs=config,
        skip_instance_cache=True,
    )


def _is_unfinished(name: str) -> bool:
    """Whether a file is hidden or still being written, by its name, as in landing/ itself."""
    parts = set(name.split("/")) - {".", ".."}
    return any(part.startswith(".") for part in parts) or name.endswith(IGNORED_SUFFIXES)


def _fault_of(name: str) -> str | None:
    """Why a name may not become one below landing/."""
    parts = name.split("/")
    if not name.isprintable() or "\\" in name:
        return "it holds a control character or a backslash"
    if PurePosixPath(name).is_absolute() or any(part in ("", ".", "..") for part in parts):
        return "it leads elsewhere"
    if any(len(part.encode()) > LONGEST_NAME for part in parts):
        return "it is too long"
    return None


def _copy(job: Job, file: _File, number: int) -> str:
    """Stream a file into the work folder; it keeps the time at which it was put there."""
    target = job.folder.work / str(number)
    with file.item.open() as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy, COPY_BYTES)
    size = target.stat().st_size
    if str(size) != file.stamp[0]:
        raise FetchError("it changed meanwhile")
    seconds = file.modified.timestamp()
    os.utime(target, (seconds, seconds))
    return target.name
