"""On what kind of drive a folder lies: SQLite's WAL mode needs shared memory, which network drives lack."""

from __future__ import annotations

from pathlib import Path

import psutil

# Remote for certain: two machines may have the same file open.
_NETWORK = frozenset(
    {"nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "smbnetfs", "afpfs", "webdav", "davfs"}
    | {"davfs2", "ncpfs", "afs", "coda", "ceph", "glusterfs", "lustre", "beegfs", "gpfs", "ocfs2", "gfs2"}
    | {"fuse.davfs2", "fuse.ceph", "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.gvfsd-fuse"}
    | {"fuse.glusterfs", "fuse.curlftpfs"}
)
# Folders lent by the host of a virtual machine or container: usually one machine, but locks may be missing.
_LENT = frozenset({"9p", "virtiofs", "vboxsf", "vmhgfs", "fuse.vmhgfs-fuse", "fuse.grpcfuse", "osxfs", "drvfs"})


def filesystem_type(folder: Path) -> tuple[str, str]:
    """Type and mount options of the file system that holds a folder (``("", "")`` when nobody knows)."""
    resolved = folder.absolute().resolve()
    best, found = -1, ("", "")
    try:
        partitions = psutil.disk_partitions(all=True)
    except (OSError, RuntimeError):
        return found
    for partition in partitions:
        mount = Path(partition.mountpoint)
        # A later mount over the same place hides the earlier one, hence >=.
        if (resolved == mount or mount in resolved.parents) and len(mount.parts) >= best:
            best, found = len(mount.parts), (partition.fstype, partition.opts)
    return found


def network_drive(folder: Path) -> str | None:
    """What kind of network drive holds the folder, in a word; None on a disk of this machine."""
    if str(folder).startswith(("\\\\", "//")):
        return "network share"
    kind, options = filesystem_type(folder)
    if kind.lower() in _NETWORK:
        return kind.lower()
    # On Windows a mapped share has the share's file system type, and the drive says "remote".
    return "network share" if "remote" in options.split(",") else None


def lent_drive(folder: Path) -> str | None:
    """The type of a file system lent by a host to this virtual machine or container, or None."""
    kind = filesystem_type(folder)[0].lower()
    return kind if kind in _LENT else None
