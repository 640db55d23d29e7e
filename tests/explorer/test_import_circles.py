"""No module of the explorer leads back to itself, those imported for types alone included."""

import grimp
import pytest


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("idlat", exclude_type_checking_imports=False, cache_dir=None)


@pytest.fixture(scope="module")
def imported(graph: grimp.ImportGraph) -> dict[str, set[str]]:
    """Return what each module of the explorer imports of the explorer."""
    own = {name for name in graph.modules if name.startswith("idlat.explorer")}
    return {name: graph.find_modules_directly_imported_by(name) & own for name in own}


def circle(imported: dict[str, set[str]]) -> list[str]:
    """Return modules that import each other in a circle, the first one again at its end; none of a tree."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name not in done:
            for other in sorted(imported[name]):
                if found := walk(other, [*path, name]):
                    return found
            done.add(name)
        return []

    return next((found for name in sorted(imported) if (found := walk(name, []))), [])


def test_there_is_no_circle(imported):
    assert circle(imported) == []


def test_a_circle_would_be_found(imported):
    low = "idlat.explorer.data.dataset"
    high = next(name for name in imported if low in imported[name])
    assert set(circle({**imported, low: {*imported[low], high}})) >= {low, high}


def test_only_what_starts_a_window_knows_a_session_and_its_views(imported):
    views = {name for name in imported if name.startswith("idlat.explorer.views.")}
    session = "idlat.explorer.session.window_session"
    launch, notebook = "idlat.explorer.server.launch", "idlat.explorer.server.notebook_session"
    assert {name for name in imported if session in imported[name]} == {launch, notebook}
    outside = {name for name in imported if name not in views and imported[name] & views}
    assert outside == {launch}


def test_the_rooms_of_the_archive_are_not_reached_into(graph, imported):
    reached = {other for name in imported for other in graph.find_modules_directly_imported_by(name)}
    assert {name for name in reached if name.startswith("idlat.archive.")} == set()
