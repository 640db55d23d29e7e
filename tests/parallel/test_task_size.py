"""How many items a task of a cluster takes: many where they are quick, few at the end."""

from idlat.parallel.task_size import TaskSize


class Clock:
    """Seconds that stand still but for `pass_by`."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def pass_by(self, seconds):
        self.now += seconds


def sizes(total, slots, seconds):
    """The tasks of a job whose items take so many seconds each, on `slots` threads."""
    clock = Clock()
    size, under_way, found = TaskSize(total, lambda: slots, clock), [], []
    for some in size.cut(range(total)):
        found.append(len(some))
        under_way.append(len(some))
        if len(under_way) == 4 * slots:
            clock.pass_by(under_way[0] * seconds / slots)
            size.done(under_way.pop(0))
    assert sum(found) == total
    return found


def test_quick_items_share_a_task():
    found = sizes(1000, 2, 0.01)
    assert max(found) == 8
    assert len(found) < 200


def test_long_items_have_a_task_each():
    assert set(sizes(100, 2, 1.0)) == {1}


def test_the_last_tasks_are_small():
    """So that no thread works long after the others have ended."""
    found = sizes(1000, 2, 0.001)
    assert found[-8:] == [1] * 8
    assert found[-30] > 1


def test_many_threads_have_something_each():
    assert max(sizes(400, 100, 0.001)) == 1


def test_what_comes_before_the_first_is_done_does_not_count():
    """Workers import idlat and load the function first."""
    clock = Clock()
    size = TaskSize(1000, lambda: 1, clock)
    size.next()
    clock.pass_by(60)
    size.done(1)
    for _ in range(10):
        clock.pass_by(0.01)
        size.done(1)
    assert [size.next() for _ in range(4)] == [2, 4, 8, 8]


def test_groups_are_cut_one_by_one():
    size = TaskSize(5, lambda: 1, Clock())
    assert [list(size.cut(items)) for items in ("abc", "de")] == [["a", "b", "c"], ["d", "e"]]
