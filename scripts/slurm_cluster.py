"""Compress on a cluster that SLURM gives: an example to copy and to change.

    python slurm_cluster.py FIELD ARCHIVE [--nodes N] [--show]

FIELD and ARCHIVE lie where all nodes see them. `--show` prints the job file of one node and sends nothing.
"""

from __future__ import annotations

import argparse

from dask_jobqueue import SLURMCluster


def cluster() -> SLURMCluster:
    """Describe a node: 32 workers of one thread each, 3 GB a worker."""
    return SLURMCluster(
        cores=32,
        processes=32,
        memory="96GB",
        walltime="04:00:00",
        queue="compute",
        account=None,
        job_extra_directives=["--exclusive"],
        job_script_prologue=["export OMP_NUM_THREADS=1", "export NUMBA_NUM_THREADS=1"],
        local_directory="/tmp",
        death_timeout=120,
        scheduler_options={"dashboard_address": ":0"},
    )


def main() -> None:
    """Start the nodes, compress, and let them go."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("field")
    parser.add_argument("archive")
    parser.add_argument("--nodes", type=int, default=4)
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    with cluster() as made:
        if given.show:
            print(made.job_script())
            return
        from dask.distributed import Client

        import idlat

        made.scale(jobs=given.nodes)
        with Client(made) as client:
            client.wait_for_workers(1)
            field = idlat.open_field(given.field)
            idlat.compress(field, given.archive, importance="gradient()", scheduler=client)


if __name__ == "__main__":
    main()
