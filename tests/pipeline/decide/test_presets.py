"""The published numbers."""

import gzip
import json
from itertools import islice
from typing import get_args

import pyarrow as pa
import pytest

from pipeline.decide.decide import decide_batch
from pipeline.decide.presets import PRESETS, PresetName
from pipeline.decide.rules import DecideParams
from pipeline.measures.measure import MeasureParams, measure_documents
from schemas.documents import DOCUMENTS


def test_every_name_has_its_preset():
    assert set(PRESETS) == set(get_args(PresetName))


@pytest.mark.parametrize("name", ["gopher", "fineweb"])
def test_gophers_repetition_limits_are_those_of_its_paper(name):
    base = PRESETS[name].base
    assert [getattr(base, f"max_top_{n}_gram") for n in (2, 3, 4)] == [0.2, 0.18, 0.16]
    grams = [getattr(base, f"max_duplicate_{n}_grams") for n in range(5, 11)]
    assert grams == [0.15, 0.14, 0.13, 0.12, 0.11, 0.10]
    assert (base.max_duplicate_lines, base.max_duplicate_paragraphs) == (0.3, 0.3)


def test_the_limits_on_n_grams_of_characters_fall_with_their_length():
    for name in ("gopher", "fineweb", "corpusmill"):
        limits = PRESETS[name].unspaced
        values = [getattr(limits, f"max_duplicate_{n}_grams") for n in range(5, 11)]
        assert values == sorted(values, reverse=True)


def test_refinedweb_is_gopher_with_its_corrections_of_lines():
    added = PRESETS["refinedweb"].base.model_dump(exclude_none=True)
    assert added.pop("max_undesirable_words") == 0.05
    assert added == PRESETS["gopher"].base.model_dump(exclude_none=True)


def outcomes(texts, preset, variant="corpusmill"):
    rows = [
        {
            "doc_id": f"{i:032x}", "source": "web", "format": "warc", "source_file": "a.warc",
            "record_offset": i, "source_key": f"key {i}", "raw_bytes": 1, "text": text,
        }
        for i, text in enumerate(texts)
    ]  # fmt: skip
    documents = pa.RecordBatch.from_pylist(rows, schema=DOCUMENTS.schema)
    attributes = measure_documents(documents, MeasureParams(variant=variant))
    return decide_batch(attributes, DecideParams(preset=preset)).column("rule").to_pylist()


CHINESE = (
    "清晨的雾气还没有散去，小镇已经热闹起来，老人推着车，在桥头卖热豆浆和油条。\n"
    "孩子们背着书包跑过石板路，邮差把信放在门前的木箱里，也不忘向每个人问好。\n"
    "河水是浅绿的，船夫说这几年水比从前清了，鱼也多了，所以来钓鱼的人就更多。\n"
    "到了中午，太阳晒干了屋檐上的露水，茶馆里坐满了人，有人说书，有人下棋。\n"
)


def test_massivetext_zh_keeps_chinese_prose_and_nothing_else():
    keywords = "手机 电脑 平板 耳机 相机 键盘 鼠标 音箱 路由 电视 冰箱 空调 洗衣 热水 微波\n" + (
        "皮鞋 衬衫 裤子 外套 帽子 围巾 手套 袜子 雨伞 书包 钱包 手表 眼镜 项链 戒指。\n"
        "苹果 香蕉 葡萄 西瓜 桃子 李子 草莓 樱桃 柠檬 菠萝 芒果 石榴 柚子 橙子 荔枝。\n"
    )
    menu = "首页\n新闻\n体育\n财经\n娱乐\n科技\n汽车\n房产\n教育\n健康\n" * 6
    english = (
        "The ferry goes to the islands twice a day, and on Sundays it stops at the lighthouse. "
        + "People that have tickets wait with the dogs under the trees, and talk of the weather. "
        + "A boy sells lemonade to them, and a band plays songs that nobody has to pay for, while "
        + "the captain looks at the clouds and wonders whether it will rain before the evening, as "
        + "the radio said it would, and as the knees of the old pilot have told him since dawn, "
        + "with that slow and certain pain which he has learned to believe more than any radio."
    )
    classical = (
        "山不在高，其名以仙而傳；水不在深，其靈以龍而著。斯室雖陋，惟吾德之馨也。苔痕上階而綠，"
        "草色入簾以青。談笑之間有鴻儒，往來之中無白丁。可以調素琴，閱金經，無絲竹之亂耳，無案牘之"
        "勞形。南陽之廬，西蜀之亭，古人有云，何陋之有，此其所以為銘也。"
    )
    rules = outcomes([CHINESE, classical, keywords, menu, english], "massivetext-zh")
    assert rules[:2] == [None, None]
    assert rules[2:] == ["min_function_characters", "max_newlines_per_word", "min_unspaced"]


def test_in_parity_english_stop_words_are_wanted_of_every_text():
    german = " ".join(
        f"Das Rad Nummer {number} dreht sich langsam, und niemand weiß so recht, warum."
        for number in range(5)
    )
    assert outcomes([german], "none") == [None]
    limits = PRESETS["datatrove"].base.model_dump(exclude_none=True)
    assert (limits["min_stop_words"], limits["max_duplicate_line_characters"]) == (2, 0.01)
    varied = (
        "Das Rad dreht sich langsam. Niemand weiß so recht, warum. Am Morgen kommt der Müller und "
        "öffnet das Tor. Kinder laufen über die Brücke. Ein Hund schläft vor dem Haus. Später "
        "fährt ein Wagen mit Mehl zum Markt in der Stadt. Dort kaufen Leute Brot, Käse, Äpfel. "
        "Abends sitzt man am Fluss, erzählt Geschichten, trinkt Tee. Danach wird es still."
    )
    assert outcomes([varied], "gopher") == [None]
    assert outcomes([varied], "datatrove", "datatrove") == ["min_stop_words"]


def test_none_tries_nothing():
    assert not PRESETS["none"].base.model_dump(exclude_none=True)


@pytest.mark.shared
def test_massivetext_zh_keeps_books_and_news_and_drops_lists_of_titles(shared_data):
    books = [
        text[at : at + 4_000]
        for name in ("24264-0.txt", "23950-0.txt", "24225-0.txt")
        for text in [(shared_data / "books" / "txt" / name).read_text("utf-8")]
        for at in range(20_000, 50_000, 4_000)
        if text[at : at + 4_000]
    ]
    path = shared_data / "news" / "thucnews_titles.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        titles = [json.loads(line)["title"] for line in islice(file, 1_500)]
    lists = ["\n".join(titles[at : at + 15]) for at in range(0, 1_500, 15)]
    assert outcomes(books, "massivetext-zh").count(None) >= 0.95 * len(books)
    assert outcomes(lists, "massivetext-zh").count(None) <= 0.05 * len(lists)
