"""What a listing shows: which repositories, in which order, which fields, a page at a time."""

from collections.abc import Iterable
from typing import Any

from starlette.datastructures import URL, QueryParams
from starlette.exceptions import HTTPException

# Far below the Hub's 1,000, so that a small hub has several pages.
PAGE = 20
LISTED = ("_id", "id", "modelId", "likes", "downloads", "private", "tags", "createdAt")
LISTED_TOO = ("library_name", "pipeline_tag")
FULL = ("author", "sha", "lastModified", "gated", "disabled", "siblings")
EXPANDABLE = frozenset(
    {
        "author", "baseModels", "cardData", "childrenModelCount", "config", "createdAt", "disabled",
        "downloads", "downloadsAllTime", "evalResults", "gated", "gguf", "inference",
        "inferenceProviderMapping", "lastModified", "library_name", "likes", "mask_token",
        "model-index", "pipeline_tag", "private", "resourceGroup", "safetensors", "sha", "siblings",
        "spaces", "tags", "transformersInfo", "trendingScore", "usedStorage", "widgetData",
    }
)  # fmt: skip
ORDERS = ("downloads", "likes", "createdAt", "lastModified", "trendingScore")

Info = dict[str, Any]


def chosen(repositories: Iterable[Info], query: QueryParams) -> list[Info]:
    """Those that carry every tag of ``filter``, sorted downwards (by downloads unless told)."""
    tags = set(query.getlist("filter"))
    author, words = query.get("author"), query.get("search", "").lower()
    found = [
        one
        for one in repositories
        if tags <= set(one["tags"])
        and author in (None, one["author"])
        and words in one["id"].lower()
    ]
    return sorted(found, key=lambda one: one[_order(query)], reverse=True)


def shown(one: Info, query: QueryParams, full: bool = False) -> Info:
    """The fields of a repository that a request asks for; those it has no value for are absent."""
    expand = query.getlist("expand")
    unknown = sorted(set(expand) - EXPANDABLE)
    if unknown:
        raise HTTPException(400, f"expand: found {unknown[0]}, allowed: {sorted(EXPANDABLE)}")
    everything = {**one, "siblings": _siblings(one, detailed="blobs" in query)}
    del everything["files"]
    if full and not expand:
        return everything
    fields = ["_id", "id", *expand] if expand else _listed(query)
    return {field: everything[field] for field in fields if field in everything}


def next_link(url: URL, start: int, total: int) -> dict[str, str]:
    """The header that leads to the next page, where there is one."""
    if start >= total:
        return {}
    return {"Link": f'<{url.include_query_params(cursor=start)}>; rel="next"'}


def _order(query: QueryParams) -> str:
    order = query.get("sort", "downloads")
    if order not in ORDERS:
        raise HTTPException(400, f"sort: found {order}, allowed: {', '.join(ORDERS)}")
    return "downloads" if order == "trendingScore" else order


def _listed(query: QueryParams) -> list[str]:
    extra = FULL if "full" in query else ()
    asked = [field for field in ("config", "cardData") if field in query]
    return [*LISTED, *LISTED_TOO, *extra, *asked]


def _siblings(one: Info, detailed: bool) -> list[Info]:
    if not detailed:
        return [{"rfilename": file["path"]} for file in one["files"]]
    return [_detailed(file) for file in one["files"]]


def _detailed(file: Info) -> Info:
    sibling = {"rfilename": file["path"], "size": file["size"], "blobId": file["oid"]}
    if "lfs" in file:
        large = file["lfs"]
        sibling["lfs"] = {
            "sha256": large["oid"],
            "size": large["size"],
            "pointerSize": large["pointerSize"],
        }
    return sibling
