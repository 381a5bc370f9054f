"""The real client walks a real tree: who is a candidate, who is left out, and why."""

import pytest

from gems.adapters.hub import Hub
from gems.adapters.snapshots import Snapshots
from gems.core.errors import BadInput, CandidateFault, WorldError
from gems.core.settings import Candidates
from gems.quickstart.server import serving
from gems.quickstart.trouble import FailFirst

BASE = "quickstart/tiny-arith"


@pytest.fixture(scope="module")
def tree(endpoint):
    return Hub(endpoint).discover(Candidates(base=[BASE]))


def by_id(tree):
    return {candidate.id: candidate for candidate in tree.candidates}


def test_every_candidate_is_pinned_and_comes_most_downloaded_first(tree):
    assert all(len(c.revision) == 40 for c in tree.candidates)
    downloads = [c.downloads for c in tree.candidates]
    assert downloads == sorted(downloads, reverse=True)
    assert by_id(tree)[BASE].relation == "root"


def test_everyone_left_out_has_a_reason(tree):
    reasons = {other.reason for other in tree.left_out}
    assert reasons >= {
        "pickled weights only, which are never opened",
        "needs trust_remote_code, which is never on",
        "only GGUF weights",
        "quantised",
        "no tokenizer",
    }
    assert any(reason.startswith("gated") for reason in reasons)
    assert not {c.id for c in tree.candidates} & {other.id for other in tree.left_out}


def test_one_chassis_for_an_architecture_and_the_adapters_on_it(tree):
    models = by_id(tree)
    adapters = [c for c in tree.candidates if c.is_adapter]
    assert adapters
    assert all(a.chassis == models[a.parent].chassis for a in adapters)
    assert all(a.parent_revision == models[a.parent].revision for a in adapters)
    assert len({c.chassis for c in tree.candidates}) == 2


def test_copies_name_what_they_copy(tree):
    copies = [c for c in tree.candidates if c.copy_of]
    assert [c.copy_of for c in copies] == [BASE]
    assert copies[0].weights == by_id(tree)[BASE].weights


def test_loops_among_the_cards_end(tree):
    """Two merges name each other as their base; both are found, once."""
    assert len([c for c in tree.candidates if "ouroboros" in c.id]) == 2


def test_filters_leave_out_and_say_so(endpoint):
    wanted = Candidates(base=[BASE], relations=("merge",), max_parameters=10, licenses=("mit",))
    tree = Hub(endpoint).discover(wanted)
    assert not tree.candidates
    reasons = " ".join(other.reason for other in tree.left_out)
    assert "relation finetune is not wanted" in reasons
    assert "parameters are more than 10" in reasons


def test_an_unknown_base_is_bad_input(endpoint):
    with pytest.raises(BadInput, match="nobody/nothing"):
        Hub(endpoint).discover(Candidates(base=["nobody/nothing"]))


def test_a_hub_out_of_reach_is_the_world_s_fault():
    with pytest.raises(WorldError, match="out of reach"):
        Hub("http://127.0.0.1:9").discover(Candidates(base=[BASE]))


def test_the_broken_are_found_by_their_files_and_named(tree, endpoint):
    """Nobody else fails, and no pickle or code is ever fetched."""
    snapshots, faults = Snapshots(endpoint), {}
    for candidate in tree.candidates:
        try:
            folder = snapshots.fetch(candidate)
        except CandidateFault as fault:
            faults[candidate.id] = fault.kind
        else:
            assert not [f for f in folder.rglob("*") if f.suffix in (".bin", ".py", ".pt")]
    snapshots.close()
    assert sorted(faults.values()) == [
        "adapter-does-not-fit", "missing-tensor", "not-finite", "truncated-file", "wrong-shape",
    ]  # fmt: skip


def test_a_hub_that_stumbles_is_asked_again_and_one_that_stays_down_is_named(
    tree, tiny_hub, tmp_path, monkeypatch
):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    candidate = next(c for c in tree.candidates if "take-away" in c.id)
    stumbles = FailFirst("model.safetensors", times=2, status=418)  # not retried by the client
    with serving(tiny_hub, trouble=stumbles) as address:
        with pytest.raises(WorldError, match="cannot be fetched"):
            Snapshots(address, pauses_s=()).fetch(candidate)
        assert Snapshots(address, pauses_s=(0.1,)).fetch(candidate).is_dir()
    assert stumbles.seen == 2
