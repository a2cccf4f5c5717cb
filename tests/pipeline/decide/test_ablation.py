"""What each limit costs: beside a plain count over records judged one limit at a time."""

from pipeline.decide.ablation import COUNTS, count_broken
from pipeline.decide.decide import decide_batch
from pipeline.decide.rules import DecideParams
from pipeline.text.normalize import normalize_text
from tests.pipeline.decide.test_decide import RULED, attributes

TEXTS = [normalize_text(case["text"]) for case in RULED]


def counted(batch, params):
    rows = count_broken(batch, params).to_pylist()
    return {row["rule"]: tuple(row[name] for name in COUNTS.names[1:]) for row in rows}


def test_each_limit_counts_what_it_breaks_alone():
    params = {"preset": "none", "min_words": 40, "max_digits": 0.1, "max_short_lines": 0.5}
    limits = ("min_words", "max_digits", "max_short_lines")
    batch = attributes(TEXTS)
    broken = {
        name: {
            i
            for i, row in enumerate(
                decide_batch(
                    batch, DecideParams(**{key: params[key] for key in ("preset", name)})
                ).to_pylist()
            )
            if row["rule"] == name
        }
        for name in limits
    }
    assert all(broken.values())
    found = counted(batch, DecideParams(**params))
    sizes = batch.column("num_characters").to_pylist()
    for name in limits:
        others = set().union(*(broken[other] for other in limits if other != name))
        alone = broken[name] - others
        assert found[name] == (len(broken[name]), len(alone), sum(sizes[i] for i in alone))
    assert any(found[name][0] > found[name][1] > 0 for name in limits)


def test_what_no_limit_judges_counts_nowhere():
    batch = attributes(
        ["short"] * 3, error=["bad gzip", None, None], skip_rule=[None, "draft", None]
    )
    found = counted(batch, DecideParams(preset="none", min_words=5))
    assert found["min_words"] == (1, 1, 5)
    assert found["max_toxicity"] == (0, 0, 0)
