"""What ships inside the package, as the commands tell it to somebody who has downloaded nothing."""

from __future__ import annotations

from cli.running import reseen


def test_the_bundled_embedder_is_listed_and_its_card_shown() -> None:
    listed = {item["name"]: item for item in reseen("models", "list", "--json").well().json["models"]}
    assert listed["person-reid"]["present"]
    assert listed["person-reid"]["bundled"]
    assert not listed["osnet_x0_25_msmt17"]["bundled"]
    (row,) = [line for line in reseen("models", "list").well().out.splitlines() if "person-reid " in line]
    assert "bundled" in row
    card = reseen("models", "info", "person-reid").well().out
    for word in ("Market-1501", "CUHK03", "research", "[curve]", "threshold", "short of the goal", "make.py"):
        assert word in card
    checked = {item["name"]: item["problem"] for item in reseen("models", "verify", "--json").well().json["models"]}
    assert checked["person-reid"] is None
