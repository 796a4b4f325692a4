"""`penwright export`: an author in another form."""

from pathlib import Path
from typing import Annotated, Literal

from penwright.cli.commands.loading import Label
from penwright.cli.finding import find_author
from penwright.cli.options import OUTPUT, AuthorPath, Box, Json, NewFile, option
from penwright.cli.output import print_json

Form = Literal["html", "onnx"]


def export(
    form: Annotated[Form, option(metavar="html|onnx")],
    /,
    author: AuthorPath = None,
    *,
    box: Box = False,
    as_: Label = None,
    out: Annotated[Path | None, NewFile, option(name=("--out", "-o"), group=OUTPUT)] = None,
    int8: bool = False,
    as_json: Json = False,
) -> int:
    """Make another form of an author: a web page in which it writes, or an ONNX file.

    The page is one file. Open it from disk in any browser of 2023 or later. It asks nothing of any network, and the
    same prompt and seed give the same text as `penwright write`. The ONNX file holds the single step of a network, with
    the state passed in and out, and what a program needs to write with onnxruntime alone. Authors with n-grams or a
    match model, such as the default's, are beyond ONNX.

    Args:
        form: html for a web page, onnx for an ONNX file.
        author: An author file or the folder of a run. The default is the newest author under runs/, or the one in the
            box if there is none.
        as_: The label or the mixture under which it writes there, as for `penwright write`. It knows no others then.
            Without this, an author with labels writes there under none.
        out: File to write. The default is the name of the author with .html or .onnx, in the current folder.
        int8: Round the weights to 8 bits. The file is then smaller, and texts differ a little.
    """
    from penwright.author.export.html import export_html
    from penwright.author.export.onnx import export_onnx
    from penwright.author.file.loading import load_author
    from penwright.author.file.naming import author_file_of
    from penwright.author.labels import without_choice

    path = find_author(author, is_boxed=box, is_quiet=as_json)
    parts = without_choice(load_author(author_file_of(path)), as_)
    target = out if out is not None else Path(f"{path.absolute().stem}.{form}")
    write_form = {"html": export_html, "onnx": export_onnx}[form]
    num_bytes = write_form(parts, target, is_int8=int8)
    if as_json:
        print_json({"author": str(path), "form": form, "file": str(target), "num_bytes": num_bytes})
    else:
        print(f"{target}  {num_bytes / 1e6:,.1f} MB")
    return 0
