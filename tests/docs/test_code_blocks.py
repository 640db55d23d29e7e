"""The code on every page runs as it stands there, from the first line to the last."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from idlat.importance import family_registry
from support.docs import page_blocks
from support.docs.page_blocks import NOT_RUN, PAGES, Block, blocks_of, run_blocks
from support.docs.page_setting import names_of

EVERY_BLOCK = [block for page in PAGES for block in blocks_of(page)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to work in; what a page registers is forgotten after it."""
    monkeypatch.setattr(family_registry, "_FAMILIES", dict(family_registry._FAMILIES))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def page_module(monkeypatch):
    """A module as dataclasses look up the one that they are made in."""
    module = ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)
    return module


@pytest.mark.parametrize("page", sorted({block.page for block in EVERY_BLOCK if block.kind}))
def test_a_page_runs(page, folder, page_module, capsys):
    vars(page_module).update(names_of(page, folder))
    run_blocks(blocks_of(page), vars(page_module))


def test_every_page_with_commands_is_run_and_few_blocks_are_not():
    assert {block.reason for block in EVERY_BLOCK} - {""} == NOT_RUN
    assert sum(block.runs for block in EVERY_BLOCK) > 60
    assert not [block for block in EVERY_BLOCK if page_blocks.unmarked_commands(block)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("idlat info absent.idlat\n", "absent"),
        ("python benchmarks/memory.py --no-such-option\n", "no-such-option"),
        ("make nothing\n", "nothing"),
        ("pip install 'idlat[nothing]'\n", "nothing"),
        ("rm run.nc\n", "rm is not known"),
    ],
)
def test_a_command_that_fails_is_noticed(text, fault, folder):
    with pytest.raises(AssertionError, match=fault):
        run_blocks([Block("page", "sh", text)], {})


def test_an_option_that_is_not_there_is_noticed_where_nothing_runs():
    block = Block("page", "sh", "idlat reproduce table2 --no-such-option\n", "takes hours")
    with pytest.raises(Exception, match="no-such-option"):
        page_blocks.check(block)
