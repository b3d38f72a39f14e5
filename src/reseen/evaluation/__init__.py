"""The field's measures in numpy.

In: features with identities and cameras, scores of pairs, moments, boxes, as plain arrays. Out: CMC, mAP and
mINP, re-ranked distances, open-set rates, score curves, figures of moments, of detections and of tracks, and
pictures of them. numpy does the work, scipy the sparse sets of re-ranking and all assignments; pictures are
drawn by matplotlib (the ``training`` extra, imported when a picture is asked for) and Jinja2. A leaf:
imports no other room.
"""

from reseen.evaluation.calibration import (
    Pairs,
    ScoreRule,
    ScoreTable,
    Sightings,
    labelled_scores,
    mean_cosine,
    pairwise,
    seen_together,
    sightings,
    unlabelled_pairs,
)
from reseen.evaluation.curves import FalseMatchCurve, false_match_curve, miss_rates, threshold_at
from reseen.evaluation.detection import (
    DetectionFigures,
    DetectionRules,
    FoundBoxes,
    TrueBoxes,
    detection_figures,
)
from reseen.evaluation.distances import (
    Metric,
    angular_distance,
    cosine_distance,
    distance_rows,
    matrix_rows,
    normalised,
    squared_euclidean,
)
from reseen.evaluation.embedded import JUNK, Embedded, merge_apart
from reseen.evaluation.moments import (
    Interval,
    JudgedQuery,
    MomentFigures,
    MomentSettings,
    ScoredMoment,
    WantedPerson,
    judge_query,
    summarise,
    temporal_overlap,
)
from reseen.evaluation.nearest import TopMatches, nearest, top_matches
from reseen.evaluation.openset import OpenSetPoint, open_set, open_set_of
from reseen.evaluation.ranking import Ranking, RankingSettings, evaluate, evaluate_rows
from reseen.evaluation.reranking import Reranked, RerankSettings, rerank, rerank_matrix
from reseen.evaluation.tracks import TrackFigures, Trails, compare_tracks

__all__ = [
    "JUNK",
    "DetectionFigures",
    "DetectionRules",
    "Embedded",
    "FalseMatchCurve",
    "FoundBoxes",
    "Interval",
    "JudgedQuery",
    "Metric",
    "MomentFigures",
    "MomentSettings",
    "OpenSetPoint",
    "Pairs",
    "Ranking",
    "RankingSettings",
    "RerankSettings",
    "Reranked",
    "ScoreRule",
    "ScoreTable",
    "ScoredMoment",
    "Sightings",
    "TopMatches",
    "TrackFigures",
    "Trails",
    "TrueBoxes",
    "WantedPerson",
    "angular_distance",
    "compare_tracks",
    "cosine_distance",
    "detection_figures",
    "distance_rows",
    "evaluate",
    "evaluate_rows",
    "false_match_curve",
    "judge_query",
    "labelled_scores",
    "matrix_rows",
    "mean_cosine",
    "merge_apart",
    "miss_rates",
    "nearest",
    "normalised",
    "open_set",
    "open_set_of",
    "pairwise",
    "rerank",
    "rerank_matrix",
    "seen_together",
    "sightings",
    "squared_euclidean",
    "summarise",
    "temporal_overlap",
    "threshold_at",
    "top_matches",
    "unlabelled_pairs",
]
