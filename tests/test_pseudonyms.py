"""Keyed hashes: against the published test vector of HMAC, and everything that is refused."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

import pytest

from mtf_eval.errors import BadArgument, DataProblems, RunRefused
from mtf_eval.records.desk.pseudonyms import new_key, pseudonym, pseudonymise, read_key

ROOT = Path(__file__).parent.parent


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return new_key(tmp_path / "key.txt")


def test_it_is_hmac_sha256() -> None:
    # RFC 4231, test case 2: the whole digest begins 5bdcc146bf60754e6a04.
    assert hmac.new(b"Jefe", b"what do ya want for nothing?", hashlib.sha256).hexdigest()[:8] == (
        "5bdcc146"
    )
    assert pseudonym("what do ya want for nothing?", b"Jefe") == "p5bdcc146bf60754e6a04"


def test_the_same_person_keeps_one_pseudonym(key_file: Path) -> None:
    key = read_key(key_file)
    assert pseudonym("Ref 12a", key) == pseudonym("  ref\u00a012A ", key)
    assert pseudonym("Ref 12a", key) != pseudonym("Ref 12b", key)
    assert pseudonym("Ref 12a", key) != pseudonym("Ref 12a", b"x" * 32)


def test_keys(tmp_path: Path, key_file: Path) -> None:
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert len(read_key(key_file)) == 32
    with pytest.raises(RunRefused, match="never written over"):
        new_key(key_file)
    with pytest.raises(RunRefused, match="no such key"):
        read_key(tmp_path / "other.txt")
    short = tmp_path / "short.txt"
    short.write_text("abcd")
    short.chmod(0o600)
    with pytest.raises(RunRefused, match="not a key"):
        read_key(short)


@pytest.mark.skipif(os.name != "posix", reason="file modes are a POSIX matter")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_others_can_read_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(RunRefused, match="by others"):
        read_key(key_file)


def test_a_key_inside_a_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunRefused, match="outside"):
        new_key(ROOT / "data" / "key.txt")
    assert not (ROOT / "data" / "key.txt").exists()
    (tmp_path / ".git").mkdir()
    (tmp_path / "deep").mkdir()
    with pytest.raises(RunRefused, match="outside"):
        new_key(tmp_path / "deep" / "key.txt")


def test_a_log(tmp_path: Path, key_file: Path) -> None:
    log, out = tmp_path / "log.csv", tmp_path / "out.csv"
    log.write_bytes(
        "ref,Client name,ward,note\nA1,Zoë,Dane,\nA2,Sam,Pier,x\n a1 ,Zoë,Dane,\n".encode("cp1252")
    )
    assert pseudonymise(log, out, columns=["ref"], key_file=key_file, drop=["Client name"]) == 3
    lines = out.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "ref,ward,note"
    assert lines[1].split(",")[0] == lines[3].split(",")[0] != lines[2].split(",")[0]
    assert "Sam" not in out.read_text(encoding="utf-8")


def test_nothing_is_written_while_identifiers_are_left(tmp_path: Path, key_file: Path) -> None:
    log, out = tmp_path / "log.csv", tmp_path / "out.csv"
    log.write_text("ref,Client name,note\nA1,Sam Example,ring 07700 900123\n", encoding="utf-8")
    with pytest.raises(DataProblems) as error:
        pseudonymise(log, out, columns=["ref"], key_file=key_file)
    assert len(error.value.problems) == 2
    assert "Sam" not in str(error.value)
    assert not out.exists()


def test_mistakes(tmp_path: Path, key_file: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("ref,ward\nA1,Dane,extra\n", encoding="utf-8")
    with pytest.raises(BadArgument, match="no column id"):
        pseudonymise(log, tmp_path / "o.csv", columns=["id"], key_file=key_file)
    with pytest.raises(BadArgument, match="another file"):
        pseudonymise(log, log, columns=["ref"], key_file=key_file)
    with pytest.raises(DataProblems, match="row 2"):
        pseudonymise(log, tmp_path / "o.csv", columns=["ref"], key_file=key_file)
