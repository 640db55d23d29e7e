"""Damaged inputs of every kind: a mutator, seeds and corpora, and a worker that tries them under limits.

::

    python -m fuzz streams 0 2000        mutants 0 to 1999 of coded streams; a line for each fault
    python -m fuzz all 0 500             of every kind
    FUZZ_KEEP=DIR python -m fuzz …       keeps the mutants that break it

The rule: values of the announced shape or one line of an error, in bounded time and memory; nothing outside
the mutant's folder is read, written, run or reached. ``make test`` tries some hundreds, ``make test-long``
20,000.
"""
