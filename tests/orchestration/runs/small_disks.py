"""Folders of a workspace on disks of their own, as small as a test likes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOMY = 256 << 20
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class SmallDisk:
    """A tmpfs mounted in the place of a folder, with what the folder held."""

    folder: Path

    def leave(self, spare: int) -> None:
        """Leave so many bytes of room."""
        found = os.statvfs(self.folder)
        used = (found.f_blocks - found.f_bfree) * found.f_frsize
        self._remount(f"size={max(PAGE, used + spare)}")

    def make_room(self) -> None:
        self._remount(f"size={ROOMY},rw")

    def forbid_writing(self) -> None:
        self._remount("ro")

    def _remount(self, options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", self.folder], check=True)


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Put a folder on a disk of its own; skipped where nobody may mount one."""
    kept = folder.with_name(f"{folder.name}.kept")
    shutil.copytree(folder, kept, symlinks=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOMY},mode=0700", "tmpfs", folder]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(kept)
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        shutil.copytree(kept, folder, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(kept)
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
