"""Learn ``language_profiles.npz``. From the root of the checkout, with the labelled texts::

    python -m pipeline.measures.language_training langid.parquet

``langid.parquet`` has the columns text, lang, source, kind and ambiguous. Provenance of the file
that we ship: the test sentences, word pairs and words of lingua-py (Apache-2.0, from the Leipzig
corpora), Universal Dependencies treebanks under CC BY-SA 4.0, the Universal Declaration of Human
Rights in 150 languages, and the n-gram counts of langdetect 1.0.9 (Apache-2.0, from Wikipedia
abstracts). Treebanks under NonCommercial licences or the GPL are left out.
"""

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.measures.language_fitting import learn
from pipeline.measures.language_profiles import FILE_NAME
from pipeline.measures.language_samples import read_samples


def main() -> None:
    """Write the file beside this module."""
    stream = io.BytesIO()
    arrays: dict[str, Any] = learn(read_samples(sys.argv[1]))
    np.savez_compressed(stream, **arrays)
    path = Path(__file__).with_name(FILE_NAME)
    path.write_bytes(stream.getvalue())
    print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
