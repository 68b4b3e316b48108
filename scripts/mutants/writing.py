"""Write a family's mutants as `mutmut run` does before it tries them: run in its folder."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO

from mutmut.__main__ import create_mutants
from mutmut.utils.file_utils import copy_src_dir


def main() -> None:
    """Write what is not written yet, or was changed since."""
    with redirect_stdout(StringIO()):
        copy_src_dir()
        create_mutants(1)


if __name__ == "__main__":
    main()
