"""Layouts beyond the golden files: versions, lists, folders, zip files, and data that is not what it was named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from reseen.errors import InputError, UsageError
from reseen.training.data import describe, load_dataset
from reseen.training.data.samples import join_identities
from training.tiny_people import picture, write_market, zipped


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_market(tmp_path_factory.mktemp("data") / "run_9_c5", people=10, each=3)


def test_folder_and_zip_give_the_same(market: Path, tmp_path: Path) -> None:
    plain = load_dataset(market, "market1501")
    packed = load_dataset(zipped(market, tmp_path / "m.zip"), "market1501")
    deeper = load_dataset(zipped(market, tmp_path / "d.zip", "Market-1501-v15.09.15/"))
    for part in ("train", "query", "gallery"):
        a, b, c = (getattr(dataset, part) for dataset in (plain, packed, deeper))
        assert a.names == b.names == tuple(n.removeprefix("Market-1501-v15.09.15/") for n in c.names)
        assert (a.identities == b.identities).all() and (a.identities == c.identities).all()
        assert a.files.read(a.names[0]) == b.files.read(b.names[0])
    assert len(plain.train) == 10 * 2 * 3
    assert describe(plain).startswith("market1501: train 60 pictures of 10 people, query 20 pictures")


def test_market_junk_and_distractors(tmp_path: Path) -> None:
    root = write_market(tmp_path, people=2)
    for name in ("-1_c1s1_000000_00.jpg", "0000_c12s1_000000_00.jpg"):
        Image.fromarray(picture(0, 1, 1)).save(root / "bounding_box_test" / name)
    gallery = load_dataset(root).gallery
    assert -1 not in gallery.identities
    assert gallery.cameras[gallery.identities == 0].tolist() == [11]


def test_msmt17_second_version(tmp_path: Path) -> None:
    lists = {
        "list_train.txt": "0000/0000_000_11_0317noon_2450_2.jpg 0",
        "list_val.txt": "0000/0000_040_15_0317noon_2450_2.jpg 0\n",
        "list_query.txt": "0001/0001_000_02_0317noon_2450_2.jpg 1\n",
        "list_gallery.txt": "0001/0001_000_03_0317noon_2450_2.jpg 1\n",
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "mask_train_v2" / "0000").mkdir(parents=True)
    (tmp_path / "mask_train_v2" / "0000" / "0000_000_11_0317noon_2450_2.jpg").touch()
    dataset = load_dataset(tmp_path)
    assert dataset.train.names[0] == "mask_train_v2/0000/0000_000_11_0317noon_2450_2.jpg"
    assert dataset.query.names[0].startswith("mask_test_v2/0001/")
    assert dataset.train.cameras.tolist() == [10, 14]
    assert "V2" in dataset.notes[0] and "joins" in dataset.notes[0]
    apart = load_dataset(tmp_path, with_val=False)
    assert len(apart.train) == 1 and "left out" in apart.notes[0]
    (tmp_path / "list_val.txt").unlink()
    with pytest.raises(InputError, match=r"list_val\.txt is missing"):
        load_dataset(tmp_path)


def test_list_file_with_sets(tmp_path: Path) -> None:
    (tmp_path / "lists.csv").write_text(
        "set,file,id,camera\ntrain,a/1.jpg,7,1\ntrain,a/2.jpg,ann,2\nval,a/3.jpg,3,1\nval,a/4.jpg,3,2\nval,a/5.jpg,3,2\n"
    )
    dataset = load_dataset(tmp_path)
    assert dataset.train.names == ("a/1.jpg", "a/2.jpg")
    assert dataset.train.identities[0] == 7 and dataset.train.identities[1] > 1 << 39
    assert dataset.train.titles == {int(dataset.train.identities[1]): "ann"}
    assert dataset.train.cameras.tolist() == [0, 1]
    assert not len(dataset.query)
    split = load_dataset(tmp_path, split="cuhk03_val")
    assert split.query.names == ("a/3.jpg", "a/4.jpg") and split.gallery.names == ("a/5.jpg",)


def test_in_a_list_every_id_is_a_person(tmp_path: Path) -> None:
    (tmp_path / "lists.csv").write_text("file,id,camera\na.jpg,-1,0\nb.jpg,0,12\nc.jpg,-1,\nd.jpg,ann,1\n")
    train = load_dataset(tmp_path).train
    assert len(set(train.identities.tolist())) == 3 and (train.identities >= 0).all()
    assert train.identities[0] == train.identities[2]
    assert train.cameras.tolist() == [0, 12, -1, 1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file,id\na.jpg\n", "line 2: has no id"),
        ("file,id\na.jpg,1\n,3\n", "line 3: has no file"),
        ("set,file,id\ntest,a.jpg,1\n", "line 2: set 'test' is not one of train, val, query, gallery"),
        ("who,id\na.jpg,1\n", "needs the columns file and id"),
        ("", "needs the columns file and id"),
        (b"file,id\n\xff\xfe,1\n", "is not text in UTF-8"),
    ],
)
def test_list_files_that_say_too_little(tmp_path: Path, text: str | bytes, words: str) -> None:
    (tmp_path / "lists.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(InputError, match=words) as caught:
        load_dataset(tmp_path)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


def test_csv_beside_pictures(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("file,id\nx.jpg,1\ny.jpg,1\n")
    dataset = load_dataset(tmp_path / "people.csv")
    assert dataset.train.cameras.tolist() == [-1, -1]
    (tmp_path / "bad.csv").write_text("name,who\n")
    with pytest.raises(InputError, match="columns file and id"):
        load_dataset(tmp_path / "bad.csv")
    with pytest.raises(InputError, match="no such list"):
        load_dataset(tmp_path / "none.csv")


@pytest.mark.parametrize("below", ["", "crops/"])
def test_a_folder_for_each_person(tmp_path: Path, below: str) -> None:
    for person in ("ann", "bob"):
        (tmp_path / below / person).mkdir(parents=True)
        for name in ("1_c2_x.jpg", "noon.png", "notes.txt"):
            (tmp_path / below / person / name).touch()
    dataset = load_dataset(tmp_path)
    assert dataset.train.identities.tolist() == [0, 0, 1, 1]
    assert dataset.train.cameras.tolist() == [1, -1, 1, -1]
    assert dataset.train.titles == {0: "ann", 1: "bob"}


def test_cuhk03_of_the_new_protocol(tmp_path: Path) -> None:
    names = np.array([["1_001_1_01.png"], ["1_001_2_06.png"], ["1_002_1_01.png"], ["1_002_2_07.png"]], dtype=object)
    index = {"train_idx": [1, 2], "query_idx": [3], "gallery_idx": [4]}
    config = tmp_path / "cuhk03_new_protocol_config_detected.mat"
    savemat(config, {"filelist": names, "labels": [1, 1, 2, 2], **index})
    (tmp_path / "images_detected").mkdir()
    for name in names[:, 0]:
        (tmp_path / "images_detected" / name).touch()
    dataset = load_dataset(tmp_path)
    assert dataset.name == "cuhk03"
    assert dataset.train.names == ("images_detected/1_001_1_01.png", "images_detected/1_001_2_06.png")
    assert dataset.train.cameras.tolist() == [0, 1] and dataset.train.identities.tolist() == [1, 1]
    assert dataset.query.identities.tolist() == dataset.gallery.identities.tolist() == [2]
    for broken in ({"filelist": names}, {"filelist": names, "labels": [1], **index}):
        savemat(config, broken)
        with pytest.raises(InputError, match="is not a whole file of the new protocol"):
            load_dataset(tmp_path)
    config.write_bytes(b"no mat")
    with pytest.raises(InputError, match="is not a whole file of the new protocol"):
        load_dataset(tmp_path)


def test_people_of_a_coco_file(tmp_path: Path) -> None:
    def person(box: list[float], **more: int) -> dict[str, object]:
        return {"image_id": 1, "bbox": box, "iscrowd": 0, **more}

    annotations = [
        person([10, 10, 40, 100]),
        person([0, 0, 40, 100], ignore=1),
        person([0, 0, 10, 20]),
        person([0, 0, 100, 100]),
    ]
    truth = {"images": [{"id": 1, "file_name": "i.jpg", "width": 200, "height": 120}], "annotations": annotations}
    (tmp_path / "annotations.json").write_text(json.dumps(truth))
    samples = load_dataset(tmp_path, "coco").train
    assert samples.identities.tolist() == [-1]
    assert samples.boxes is not None
    np.testing.assert_allclose(samples.boxes[0], [8.8, 7, 51.2, 113], rtol=1e-6)
    (tmp_path / "annotations.json").write_text("{}")
    with pytest.raises(InputError, match="COCO's form"):
        load_dataset(tmp_path, "coco")


def test_split_market_fold5(market: Path) -> None:
    dataset = load_dataset(market, split="market_fold5")
    assert set(dataset.query.identities.tolist()) == {5, 10}
    assert not {5, 10} & set(dataset.train.identities.tolist())
    assert len(dataset.query) == 4 and len(dataset.gallery) == 8
    assert all(name.endswith("000000_00.jpg") for name in dataset.query.names)


def test_split_every_fifth(tmp_path: Path) -> None:
    for person in range(10):
        (tmp_path / f"p{person}").mkdir()
        for name in ("a.jpg", "b.jpg", "c.jpg"):
            (tmp_path / f"p{person}" / name).touch()
    dataset = load_dataset(tmp_path, split="every_fifth")
    assert set(dataset.query.identities.tolist()) == {4, 9} and len(dataset.gallery) == 4
    assert set(dataset.train.identities.tolist()) == {0, 1, 2, 3, 5, 6, 7, 8}


def test_splits_of_the_shared_data(reid_data: Path) -> None:
    market = load_dataset(reid_data / "market1501_train.zip", split="market_fold5")
    assert [len(p) for p in (market.train, market.query, market.gallery)] == [10383, 620, 1933]
    cuhk = load_dataset(reid_data / "cuhk03.zip", split="cuhk03_val")
    assert [len(p) for p in (cuhk.train, cuhk.query, cuhk.gallery)] == [4495, 200, 771]
    labels, cameras, people, places = join_identities([market.train, cuhk.train])
    assert (people, places) == (609 + 462, 8)
    assert labels.max() == people - 1 and cameras.max() == places - 1
    assert not set(labels[:10383].tolist()) & set(labels[10383:].tolist())


@pytest.mark.parametrize("layout", ["market1501", "msmt17", "cuhk03", "listed", "coco", "identity_folders"])
def test_a_folder_that_is_something_else(tmp_path: Path, layout: str) -> None:
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(InputError) as caught:
        load_dataset(tmp_path, layout)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


def test_wrong_names(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        load_dataset(tmp_path / "nothing")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(InputError, match="not a readable zip"):
        load_dataset(tmp_path / "broken.zip")
    with pytest.raises(UsageError, match="layout 'nonsense'"):
        load_dataset(tmp_path, "nonsense")
    with pytest.raises(UsageError, match="split 'nonsense'"):
        load_dataset(tmp_path, split="nonsense")
