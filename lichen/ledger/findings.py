"""What a check can find, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lichen.ledger.merkle import HASH_SIZE
from lichen.ledger.tiles import WIDTH, TileName


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is altered.

    Attributes
    ----------
    kind : str
        ``entry``, ``bundle`` (its form), ``tile``, ``subtree`` (entries and tiles rewritten together), ``unproven``
        (both bundle and tile differ from the seal), ``checkpoint``, ``cosigned``, ``state`` or ``verifiers``.
    path : str
        The file, below the log's folder.
    index : int or None
        The entry, or the first of them.
    en, zh : str
        What is wrong, as a sentence.
    """

    kind: str
    path: str
    index: int | None
    en: str
    zh: str

    def __str__(self) -> str:
        return self.en


def altered_entries(bundle: TileName, indices: Sequence[int], broken: str | None) -> list[Finding]:
    """Entries that are not what was sealed; one finding for the whole bundle where its form is broken."""
    path = bundle.path
    if broken is not None:
        first = indices[0]
        return [
            Finding(
                "bundle", path, first,
                f"{path}: from entry {first} on the bundle is not what was sealed: {broken}",
                f"记录包 {path} 从第 {first} 条记录起与封存时不同，已无法按条切分：{broken}。",
            )
        ]  # fmt: skip
    return [
        Finding(
            "entry", path, index,
            f"entry {index} in {path} is not what was sealed",
            f"第 {index} 条记录（文件 {path}）与封存时不同。",
        )
        for index in indices
    ]  # fmt: skip


def altered_form(bundle: TileName, broken: str) -> Finding:
    """A bundle that holds the sealed entries and something more."""
    path = bundle.path
    return Finding(
        "bundle",
        path,
        bundle.number * WIDTH,
        f"{path}: {broken}",
        f"记录包 {path} 的记录完好，但有多余内容：{broken}。",
    )


def altered_tile(tile: TileName, places: Sequence[int], length: int) -> Finding:
    """A tile file that is not what was sealed; the entries under it are."""
    path = tile.path
    if length == 0:
        return Finding("tile", path, None, f"{path} is missing or empty", f"哈希瓦片 {path} 缺失。")
    if length != tile.width * HASH_SIZE:
        return Finding(
            "tile", path, None,
            f"{path} has {length} bytes, sealed were {tile.width * HASH_SIZE}",
            f"哈希瓦片 {path} 的长度是 {length} 字节，封存时是 {tile.width * HASH_SIZE} 字节。",
        )  # fmt: skip
    listed = ", ".join(map(str, places[:8])) + (", …" if len(places) > 8 else "")
    return Finding(
        "tile", path, None,
        f"{path}: hash {listed} is not what was sealed; the entries under it are",
        f"哈希瓦片 {path} 的第 {listed} 个哈希与封存时不同，其下的记录完好。",
    )  # fmt: skip


def altered_old_partial(tile: TileName) -> Finding:
    """A partial file kept for an older checkpoint that is not the beginning of the newest one."""
    path = tile.path
    return Finding(
        "tile", path, None,
        f"{path}, kept for an older checkpoint, is not what was sealed",
        f"为旧检查点保留的文件 {path} 与封存时不同。",
    )  # fmt: skip


def unproven(tile: TileName, index: int | None) -> Finding:
    """A tile whose sealed hashes can be had neither from its file nor from the entries."""
    path = tile.path
    return Finding(
        "unproven", path, index,
        f"neither {path} nor the entries under it lead to the signed root: both were altered",
        f"哈希瓦片 {path} 及其下的记录都不能到达已签名的根：两者都被改动过。",
    )  # fmt: skip


def rewritten(tile: TileName) -> Finding:
    """A tile that agrees with the entries under it, but not with what was sealed above it."""
    first = tile.number * WIDTH ** (tile.level + 1)
    last = first + tile.width * WIDTH**tile.level - 1
    return Finding(
        "subtree", tile.path, first,
        f"entries {first} to {last} and {tile.path} agree with each other but are not what was sealed: both rewritten",
        f"第 {first} 至 {last} 条记录与哈希瓦片 {tile.path} 彼此一致，但与封存时不同：被一并改写。",
    )  # fmt: skip


def rewritten_log(size: int, path: str) -> Finding:
    """All of a log agrees with itself, but not with its checkpoint."""
    return Finding(
        "subtree", path, 0,
        f"tiles and entries agree with each other, but not with the root of {size} entries in {path}",
        f"哈希瓦片与记录彼此一致，但与 {path} 中 {size} 条记录的根不符：签名之后被整体改写，或检查点属于别的日志。",
    )  # fmt: skip


def broken_checkpoint(path: str, reason: object) -> Finding:
    """A checkpoint that is not what the log signed."""
    return Finding("checkpoint", path, None, f"{path}: {reason}", f"检查点文件 {path} 被改动或缺失：{reason}。")


def broken_cosigned(path: str, reason: object) -> Finding:
    """A co-signed checkpoint that is not what log and witnesses signed."""
    return Finding("cosigned", path, None, f"{path}: {reason}", f"见证过的检查点 {path} 不符：{reason}。")


def broken_keys(path: str, reason: object) -> Finding:
    """Public keys that cannot be read."""
    return Finding("verifiers", path, None, f"{path}: {reason}", f"公钥文件 {path} 被改动或缺失：{reason}。")


def broken_state(path: str, reason: object) -> Finding:
    """A state file that contradicts the rest."""
    return Finding("state", path, None, f"{path}: {reason}", f"状态文件 {path} 被改动：{reason}。")
