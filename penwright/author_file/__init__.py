"""The file that an author is kept in: written whole, read with suspicion."""

from penwright.author_file.layout import FORMAT_VERSION as FORMAT_VERSION
from penwright.author_file.layout import RUN_AUTHOR as RUN_AUTHOR
from penwright.author_file.layout import SUFFIX as SUFFIX
from penwright.author_file.layout import Precision as Precision
from penwright.author_file.loading import AuthorParts as AuthorParts
from penwright.author_file.loading import load_author as load_author
from penwright.author_file.saving import save_author as save_author
