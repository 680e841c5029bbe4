"""Prints as JSON what datumaro reads of `FORMAT FOLDER`; it runs in an environment of datumaro's own."""

import json
import sys

import datumaro


def main() -> None:
    """Print [set, image, label, [x, y, width, height]] of each box; both are null where there is none."""
    name, folder = sys.argv[1:]
    dataset = datumaro.Dataset.import_from(folder, name)
    labels = [label.name for label in dataset.categories()[datumaro.AnnotationType.label]]
    rows = []
    for item in dataset:
        boxes = [one for one in item.annotations if one.type is datumaro.AnnotationType.bbox]
        rows += [[item.subset, item.id, labels[one.label], [one.x, one.y, one.w, one.h]] for one in boxes]
        if not boxes:
            rows.append([item.subset, item.id, None, None])
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
