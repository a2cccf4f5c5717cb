"""Pages made by hand, with their blocks measured."""

import numpy as np

from pipeline.extract.html_features import measure_blocks
from pipeline.extract.html_scan import scan

SENTENCE = "The miller opened the gate, and the wheel began to turn again after many years."


def measure(
    html: str, title: str = "", body: str = ""
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    def data(text: str) -> np.ndarray:
        return np.frombuffer(text.encode(), np.uint8)

    text, blocks, nodes, _ = scan(data(html))
    return measure_blocks(text, blocks, nodes, data(title), data(body)), blocks, nodes
