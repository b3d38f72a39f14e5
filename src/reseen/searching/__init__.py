"""The way out: a photo in, the moments at which that person is seen out.

In: photos, filters, a library. Out: a ``SearchResult`` with its coverage. Faiss (in ``library``) finds the nearest
shots; scoring, merging and certainty are done here.
"""

from reseen.searching.moments import MergeSettings, Moment, merge_intervals
from reseen.searching.photo import PersonChoice, PersonPhoto, find_people, read_person
from reseen.searching.results import Query, SearchResult, how_sure, named_as_given
from reseen.searching.search import SearchSettings, make_query, search

__all__ = [
    "MergeSettings",
    "Moment",
    "PersonChoice",
    "PersonPhoto",
    "Query",
    "SearchResult",
    "SearchSettings",
    "find_people",
    "how_sure",
    "make_query",
    "merge_intervals",
    "named_as_given",
    "read_person",
    "search",
]
