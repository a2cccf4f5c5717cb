"""Small dumps that hold a little of everything that goes wrong and right, and a corpus of them."""

import gzip
import json
import shutil
from pathlib import Path

from pipeline.config import CorpusConfig
from pipeline.demo.items import own_texts
from schemas.config import build_config

CHANGED = "In the afternoon the wind turned and nobody was surprised by it."


def write_dumps(folder: Path) -> Path:
    """A little of everything that goes wrong and right."""
    news = folder / "news"
    news.mkdir(parents=True)
    rows = [
        {
            "title": item.title,
            "text": item.text(),
            "url": f"https://{item.language}.example/{name}",
        }
        for name, item in sorted(own_texts().items())
    ]
    english = [row for row in rows if "//en." in row["url"]]
    rows.append({**english[0], "url": "https://copy.example/exact"})
    near = max(english, key=lambda row: len(row["text"]))
    rows.append(
        {**near, "text": f"{near['text']}\n\n{CHANGED}", "url": "https://copy.example/near"}
    )
    rows.append({"title": "short", "text": "Too short.", "url": "https://en.example/short"})
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    lines.insert(3, '{"title": "broken line", "text": ')
    (news / "stories.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    shutil.copy(news / "stories.jsonl", news / "stories_copy.jsonl")
    (folder / "web").mkdir()
    (folder / "web" / "torn.warc.gz").write_bytes(gzip.compress(b"WARC/1.0\r\nWARC-Type: res")[:-9])
    (folder / "notes.md").write_text("# not a dump")
    return folder


def configure(dumps: Path, output: Path, **sections) -> CorpusConfig:
    tree = {
        "input": str(dumps),
        "output": str(output),
        "name": "test",
        "max_unreadable": 0.2,
        "tokenizer": {"vocabulary_size": 400},
        "shards": {"tokens_per_shard": 3000, "validation_fraction": 0.2},
    }
    return build_config(CorpusConfig, tree | sections, where="test")
