"""The real huggingface_hub client against the server: what it needs, and how it is refused."""

import hashlib

import httpx2
import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    NotASafetensorsRepoError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from gems.quickstart import BASE_ID, listing, serving
from gems.quickstart.build import read_index
from gems.quickstart.family import EVEN_TUNE, INSTRUCT, RECIPES
from gems.quickstart.trouble import FailFirst

TINY = RECIPES["tiny"]
GATED = "mirabel-labs/arith-pro"
EXPAND = [
    "sha", "safetensors", "gated", "config", "usedStorage", "downloads", "downloadsAllTime",
    "likes", "baseModels", "cardData", "siblings", "tags", "createdAt",
]  # fmt: skip


@pytest.mark.parametrize("relation", ["finetune", "merge", "adapter", "quantized"])
def test_the_tree_is_listed_by_relation(api, relation):
    """The filter finds exactly those whose card declares this relation to the base."""
    found = {one.id for one in api.list_models(filter=f"base_model:{relation}:{BASE_ID}")}
    declared = {one.id for one in TINY if one.relation == relation and BASE_ID in one.bases}
    assert found == declared


def test_lists_come_in_pages(api, monkeypatch):
    """Every model is given once, most downloaded first, however small the pages are."""
    monkeypatch.setattr(listing, "PAGE", 3)
    monkeypatch.setattr("gems.quickstart.server.PAGE", 3)
    found = list(api.list_models(filter=f"base_model:{BASE_ID}", expand=EXPAND))
    assert {one.id for one in found} == {one.id for one in TINY if BASE_ID in one.bases}
    assert len(found) > 3 * 3
    downloads = [one.downloads for one in found]
    assert downloads == sorted(downloads, reverse=True)
    assert next(iter(api.list_models(limit=5, sort="downloads"))).id == BASE_ID


def test_expand_gives_what_is_asked_for_and_nothing_else(api):
    """One listing carries the commit, the tensors, the card and the files."""
    (one,) = [m for m in api.list_models(search="instruct", expand=EXPAND) if m.id == INSTRUCT]
    assert len(one.sha) == 40
    assert one.safetensors.total == one.safetensors.parameters["BF16"] > 300_000
    assert one.card_data.base_model == BASE_ID
    assert one.config["architectures"] == ["LlamaForCausalLM"]
    assert "model.safetensors" in {sibling.rfilename for sibling in one.siblings}
    assert one.base_models["relation"] == "finetune"
    assert one.pipeline_tag is None
    bare = next(iter(api.list_models(search="instruct", expand=["sha"])))
    assert bare.downloads is None


def test_a_misspelt_field_is_refused(api):
    """As on the Hub, an unknown name in expand is a bad request."""
    with pytest.raises(HfHubHTTPError) as refused:
        api.model_info(BASE_ID, expand=["shaa"])
    assert refused.value.response.status_code == 400


def test_info_tells_files_with_their_hashes(api, hub):
    """Sizes, git hashes and SHA-256 of large files are those of the bytes."""
    info = api.model_info(BASE_ID, files_metadata=True)
    for sibling in info.siblings:
        content = (hub / "models" / BASE_ID / sibling.rfilename).read_bytes()
        assert sibling.size == len(content)
        if sibling.lfs:
            assert sibling.lfs.sha256 == hashlib.sha256(content).hexdigest()
    assert api.model_info(BASE_ID, revision=info.sha).sha == info.sha


def test_the_tree_tells_the_same(api, monkeypatch):
    """Files come in pages, with and without expand."""
    monkeypatch.setattr("gems.quickstart.server.PAGE", 2)
    info = api.model_info(BASE_ID, files_metadata=True)
    for expand in (False, True):
        files = list(api.list_repo_tree(BASE_ID, recursive=True, expand=expand, revision=info.sha))
        assert [(f.path, f.size, f.blob_id) for f in files] == [
            (s.rfilename, s.size, s.blob_id) for s in info.siblings
        ]


def test_headers_are_read_by_range(api):
    """The client learns every tensor without fetching the file."""
    metadata = api.get_safetensors_metadata(BASE_ID)
    tensors = metadata.files_metadata["model.safetensors"].tensors
    assert tensors["model.embed_tokens.weight"].shape == [100, 128]
    with pytest.raises(NotASafetensorsRepoError):
        api.get_safetensors_metadata("lumen-ai/tiny-arith-gguf")


def test_a_range_is_a_range(api, endpoint):
    """A part of a file comes with status 206 and nothing more than was asked for."""
    url = f"{endpoint}/{BASE_ID}/resolve/main/model.safetensors"
    part = httpx2.get(url, headers={"Range": "bytes=8-15"}, trust_env=False)
    assert part.status_code == 206
    assert part.content == httpx2.get(url, trust_env=False).content[8:16]


def test_a_snapshot_is_exact_and_equal_files_are_kept_once(api, hub, tmp_path):
    """Files arrive byte by byte; a dry run tells their sizes first."""
    sha, patterns = api.model_info(BASE_ID).sha, ["*.safetensors", "*.json"]
    cache = tmp_path / "snapshots"
    planned = api.snapshot_download(
        BASE_ID, revision=sha, allow_patterns=patterns, dry_run=True, cache_dir=cache
    )
    folder = api.snapshot_download(BASE_ID, revision=sha, allow_patterns=patterns, cache_dir=cache)
    assert folder.endswith(sha)
    for file in planned:
        source = (hub / "models" / BASE_ID / file.filename).read_bytes()
        assert file.file_size == len(source)
        fetched = api.hf_hub_download(BASE_ID, file.filename, revision=sha, cache_dir=cache)
        assert open(fetched, "rb").read() == source  # noqa: PTH123, SIM115
    assert "README.md" not in {file.filename for file in planned}


def test_the_cache_names_blobs_by_content(api, tmp_path):
    """A copy under another name has the blob of the original."""
    names = set()
    for repository in (BASE_ID, "tinfoil/arith-test"):
        api.hf_hub_download(repository, "model.safetensors", cache_dir=tmp_path / repository)
        names |= {blob.name for blob in (tmp_path / repository).glob("*/blobs/*")}
    assert len(names) == 1


def test_every_file_of_every_open_repository_arrives(endpoint, hub):
    """What the index lists is served, byte by byte, and hashes to what the tree tells."""
    with httpx2.Client(base_url=endpoint, trust_env=False) as client:
        for one in read_index(hub)["repositories"]:
            for file in one["files"]:
                answer = client.get(f"/{one['id']}/resolve/{one['sha']}/{file['path']}")
                if one["gated"]:
                    assert answer.status_code == 403
                else:
                    assert answer.headers["X-Repo-Commit"] == one["sha"]
                    etag = file["lfs"]["oid"] if "lfs" in file else file["oid"]
                    assert answer.headers["ETag"] == f'"{etag}"'
                    assert (
                        answer.content == (hub / "models" / one["id"] / file["path"]).read_bytes()
                    )


def test_only_main_and_the_exact_commit_exist(api):
    """A branch, a short hash or another repository's commit is a revision not found."""
    other = api.model_info(EVEN_TUNE).sha
    for revision in ("dev", other, api.model_info(BASE_ID).sha[:7], "refs/pr/1"):
        with pytest.raises(RevisionNotFoundError):
            api.model_info(BASE_ID, revision=revision)
        with pytest.raises(RevisionNotFoundError):
            api.hf_hub_download(BASE_ID, "config.json", revision=revision)


def test_a_missing_repository_is_told_as_on_the_hub(api):
    """Infos, trees, files and snapshots raise the client's own error."""
    missing = "nobody/nothing"
    for ask in (
        lambda: api.model_info(missing),
        lambda: list(api.list_repo_tree(missing)),
        lambda: api.hf_hub_download(missing, "config.json"),
        lambda: api.snapshot_download(missing),
    ):
        with pytest.raises(RepositoryNotFoundError):
            ask()
    assert not api.file_exists(missing, "config.json")


def test_a_missing_file_is_told_as_on_the_hub(api):
    """The error is the client's, and file_exists says no."""
    with pytest.raises(EntryNotFoundError):
        api.hf_hub_download(BASE_ID, "nothing.json")
    assert not api.file_exists(BASE_ID, "nothing.json")
    assert api.file_exists(BASE_ID, "config.json")


def test_a_gated_repository_shows_itself_and_gives_nothing(api):
    """Its info and tree are open; every file asks for access."""
    info = api.model_info(GATED)
    assert info.gated == "manual"
    assert list(api.list_repo_tree(GATED))
    with pytest.raises(GatedRepoError):
        api.hf_hub_download(GATED, "config.json", revision=info.sha)
    with pytest.raises(GatedRepoError):
        api.snapshot_download(GATED, revision=info.sha)
    with pytest.raises(GatedRepoError):
        api.get_safetensors_metadata(GATED)


@pytest.mark.parametrize(
    "path",
    [
        "../../../index.json",
        "..%2f..%2f..%2findex.json",
        "%2e%2e/%2e%2e/%2e%2e/index.json",
        "..%2f..%2f" + INSTRUCT + "/config.json",
        "%2fetc%2fpasswd",
        "config.json%00",
        "",
        ".",
    ],
)
def test_no_path_leads_out_of_a_repository(endpoint, path):
    """Only what the tree lists is served, however the path is spelt."""
    import http.client
    from urllib.parse import urlsplit

    # http.client sends the path as it stands, where other clients would tidy it up first.
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc)
    connection.request("GET", f"/{BASE_ID}/resolve/main/{path}")
    assert connection.getresponse().status in (307, 401, 404)
    connection.close()


def test_a_file_put_beside_the_others_is_not_served(endpoint, hub):
    """The index decides, not the folder."""
    stranger = hub / "models" / BASE_ID / "stranger.txt"
    stranger.write_text("boo")
    try:
        url = f"{endpoint}/{BASE_ID}/resolve/main/stranger.txt"
        assert httpx2.get(url, trust_env=False).status_code == 404
    finally:
        stranger.unlink()


def test_the_client_waits_out_a_rate_limit(hub, tmp_path):
    """A 429 with the Hub's headers is tried again after the time that they name."""
    trouble = FailFirst("/api/models", status=429, wait_s=1)
    with serving(hub, trouble=trouble) as endpoint:
        api = HfApi(endpoint=endpoint, token=False)
        assert next(iter(api.list_models(author="quickstart"))).id == BASE_ID
        assert trouble.seen == 1


def test_a_failing_file_fails_and_then_arrives(hub, tmp_path):
    """A server error is an error of the client, and gone the next time."""
    with serving(hub, trouble=FailFirst("resolve/main/config.json", times=2)) as endpoint:
        answers = [
            httpx2.get(f"{endpoint}/{BASE_ID}/resolve/main/config.json", trust_env=False)
            for _ in range(3)
        ]
    assert [answer.status_code for answer in answers] == [500, 500, 200]
