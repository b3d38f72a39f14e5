"""The way out: a photo in, the moments at which that person is seen out.

In: photos, filters, a library. Out: a ``SearchResult`` with its coverage. Faiss (in ``library``) finds the nearest
shots; scoring, merging and certainty are done here.
"""

from reseen.searching.judging import Judged, JudgingSettings
from reseen.searching.moments import MergeSettings, Moment, merge_intervals
from reseen.searching.photo import (
    Flaw,
    LookedAt,
    PersonChoice,
    PersonPhoto,
    find_people,
    look_at,
    read_person,
    wanted_person,
)
from reseen.searching.results import Query, SearchResult, how_sure, named_as_given
from reseen.searching.search import SearchSettings, make_query, query_of, search

__all__ = [
    "Flaw",
    "Judged",
    "JudgingSettings",
    "LookedAt",
    "MergeSettings",
    "Moment",
    "PersonChoice",
    "PersonPhoto",
    "Query",
    "SearchResult",
    "SearchSettings",
    "find_people",
    "how_sure",
    "look_at",
    "make_query",
    "merge_intervals",
    "named_as_given",
    "query_of",
    "read_person",
    "search",
    "wanted_person",
]
