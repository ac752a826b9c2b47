"""What is kept on disk: found again, whole or not at all, never run as code, never more than its share of the disk."""

from __future__ import annotations

import os
import pickle
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.toy import with_toy
from xietong.core.region import Memo, Region
from xietong.io import kept
from xietong.io.package import load
from xietong.io.skeleton import write_skeleton


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XIETONG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Times:
    """A product of arrays."""

    def __init__(self, minutes: np.ndarray, names: np.ndarray) -> None:
        self.minutes, self.names = minutes, names

    def arrays(self) -> dict[str, np.ndarray]:
        return {"file": self.minutes, "names": self.names}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> Times:
        return cls(arrays["file"], arrays["names"])


def times() -> Times:
    return Times(np.array([[0.1, np.nan], [np.inf, 2]]), np.array(["甲", "b"]))


def never() -> Any:
    pytest.fail("it was kept")


def test_a_product_comes_back_to_the_last_bit(shelf: Path) -> None:
    first = kept.product("product-times-1", Times, times)
    again = kept.product("product-times-1", Times, never)
    assert again is not first and again.minutes.tobytes() == first.minutes.tobytes() and again.names.tolist() == ["甲", "b"]
    assert [path.name for path in shelf.iterdir()] == ["product-times-1.npz"]


def test_an_answer_comes_back(shelf: Path) -> None:
    assert kept.answer("a", lambda: {"值": [1, None, 0.1]}) == kept.answer("a", never) == {"值": [1, None, 0.1]}
    assert [path.name for path in shelf.iterdir()] == ["a.json"]


def spoil_empty(path: Path) -> None:
    path.write_bytes(b"")


def spoil_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[180] ^= 0xFF
    path.write_bytes(content)


def spoil_other(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, something=np.zeros(3))


def spoil_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def spoil_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("spoil", [spoil_empty, spoil_half, spoil_byte, spoil_other, spoil_array, spoil_folder])
def test_a_file_that_cannot_be_read_is_as_good_as_none(shelf: Path, spoil: Callable[[Path], None]) -> None:
    kept.product("p", Times, times)
    spoil(shelf / "p.npz")
    assert kept.product("p", Times, times).minutes[1, 1] == 2
    if spoil is not spoil_folder:
        kept.product("p", Times, never)
    assert not list(shelf.glob("*.draft"))


class Trap:
    """Writes a file where it is unpickled."""

    def __reduce__(self) -> Any:
        return (Path.write_text, (Path(os.environ["XIETONG_CACHE"]) / "sprung", "x"))


def test_a_file_that_holds_a_pickle_is_never_run(shelf: Path) -> None:
    shelf.mkdir()
    trap = np.array([Trap()], dtype=object)
    with (shelf / "p.npz").open("wb") as file:
        np.savez(file, _file=trap, _names=trap, allow_pickle=True)
    (shelf / "q.npz").write_bytes(pickle.dumps(Trap()))
    for key in "pq":
        assert kept.product(key, Times, times).names.tolist() == ["甲", "b"]
    assert not (shelf / "sprung").exists()


def test_arrays_of_objects_are_refused_and_leave_nothing(shelf: Path) -> None:
    with pytest.raises(TypeError, match="names"):
        kept.product("p", Times, lambda: Times(np.zeros(1), np.array(["a"], dtype=object)))
    with pytest.raises(ValueError, match="JSON"):
        kept.answer("a", lambda: float("nan"))
    assert not list(shelf.iterdir())


def test_a_failed_computation_is_not_kept_and_its_error_is_its_own(shelf: Path) -> None:
    with pytest.raises(FileNotFoundError, match="mine"):
        kept.product("p", Times, lambda: (_ for _ in ()).throw(FileNotFoundError("mine")))
    assert not shelf.exists() or not list(shelf.iterdir())


def test_a_place_that_cannot_be_written_costs_time_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("XIETONG_CACHE", str(tmp_path / "file" / "below"))
    assert kept.answer("a", lambda: 1) == 1 and kept.product("p", Times, times).minutes[1, 1] == 2


def test_the_disk_is_never_full_of_what_can_be_computed_again(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_FILES", 3)
    for number in range(5):
        kept.answer(f"a{number}", lambda number=number: number)
        os.utime(shelf / f"a{number}.json", (1000 + number, 1000 + number))
        if number == 2:
            kept.answer("a0", never)  # used again: no longer the oldest
    assert sorted(path.name for path in shelf.iterdir()) == ["a0.json", "a3.json", "a4.json"]
    monkeypatch.setattr(kept, "MAX_BYTES", 2000)
    monkeypatch.setattr(kept, "LARGEST", 1000)
    kept.product("big", Times, lambda: Times(np.zeros(200), np.array(["a"])))
    assert not (shelf / "big.npz").exists() and (shelf / "a4.json").exists(), "one that is too large is not kept, and displaces nothing"
    monkeypatch.setattr(kept, "LARGEST", 10_000)
    kept.answer("long", lambda: "x" * 1998)
    assert [path.name for path in shelf.iterdir()] == ["long.json"]
    left = shelf / "old.draft"
    left.write_text("half")
    os.utime(left, (time.time() - 7200,) * 2)
    (shelf / "new.draft").write_text("half")
    (shelf / "mine.txt").write_text("mine")
    kept.answer("b", lambda: 1)
    assert not left.exists() and (shelf / "new.draft").exists() and (shelf / "mine.txt").exists()


def test_many_at_once_read_whole_files_only(shelf: Path) -> None:
    found: list[bytes] = []

    def work() -> None:
        for number in range(20):
            found.append(kept.product(f"p{number % 3}", Times, times).minutes.tobytes())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 80 and set(found) == {times().minutes.tobytes()} and not list(shelf.glob("*.draft"))


# -- products of a region ------------------------------------------------------------------------------------------------


@pytest.fixture
def twin(tmp_path: Path) -> Region:
    write_skeleton(tmp_path / "twin", with_toy())
    return load(tmp_path / "twin", with_toy(), "2026-01-15")


def test_a_product_is_computed_once_and_then_found_by_the_next_start(twin: Region, tmp_path: Path, shelf: Path) -> None:
    computed = twin.catalogue["booth"].computed
    computed.clear()
    first = twin.toy.border()
    assert computed == [0.5] and len(list(shelf.glob("product-tolls-*.npz"))) == 1
    next_start = load(tmp_path / "twin", with_toy(), "2026-01-15")
    assert next_start.toy.border().to_dict() == first.to_dict() and computed == [0.5]
    assert next_start.product("tolls") is next_start.product("tolls"), "in memory after that"


def test_other_inputs_are_another_product_and_what_is_tried_once_is_not_kept(twin: Region, shelf: Path) -> None:
    booth = twin.catalogue["booth"]
    computed = booth.computed
    twin.toy.status()
    computed.clear()
    dearer = replace(twin, assumptions={**twin.assumptions, "booth.toll_cny": replace(booth.params["toll_cny"], value=1.0)}, memo=Memo())
    assert dearer.toy.status().value("spending") > twin.toy.status().value("spending") and computed == [1.0]
    before = sorted(path.name for path in shelf.iterdir())
    assert len(before) == 2
    twin.toy.sensitivity()
    assert sorted(path.name for path in shelf.iterdir()) == before


def test_a_region_made_without_a_shelf_computes(twin: Region, shelf: Path) -> None:
    computed = twin.catalogue["booth"].computed
    computed.clear()
    assert replace(twin, keep=None, memo=Memo()).product("tolls").per_item == 0.5
    assert computed == [0.5] and not shelf.exists()


def test_a_product_that_cannot_become_arrays_is_refused_when_it_is_registered(twin: Region) -> None:
    with pytest.raises(ValueError, match="list lacks arrays and from_arrays"):
        type("Bad", (type(twin.catalogue["booth"]),), {"product_type": list, "__doc__": "x"})().check()
