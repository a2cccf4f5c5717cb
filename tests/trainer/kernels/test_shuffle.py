import numpy as np

from trainer.kernels.shuffle import permute
from trainer.permutation import mix64


def test_the_rounds_are_those_of_plain_integers():
    size, rows, columns, keys = 11, 4, 3, [mix64(n) for n in range(8)]
    cells = np.arange(size, dtype=np.uint64)
    permute(cells, np.uint64(size), np.uint64(rows), np.uint64(columns), np.array(keys, np.uint64))

    def image(cell):
        row, column = cell % rows, cell // rows
        for number, key in enumerate(keys):
            if number % 2 == 0:
                row = (row + mix64(column ^ key) % rows) % rows
            else:
                column = (column + mix64(row ^ key) % columns) % columns
        cell = column * rows + row
        return cell if cell < size else image(cell)

    assert cells.tolist() == [image(cell) for cell in range(size)]
    assert sorted(cells.tolist()) == list(range(size))
