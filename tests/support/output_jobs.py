"""Commands that write an output, and what they find and leave: for the tests of pairs and of kills."""

import shutil

BOUND = ("--max-error", "0.01:0.1", "--importance", "value > 0")


def job(kind, field, inputs, work):
    """The arguments of a job that writes `work`/out… from one of the two inputs."""
    source = inputs / f"{field}.npy"
    archive = inputs / f"{field}.idlat"
    return {
        "new": ["compress", source, "-o", work / "out.idlat"],
        "overwrite": ["compress", source, "-o", work / "out.idlat", "--overwrite"],
        "resume": ["compress", source, "-o", work / "out.idlat", "--resume"],
        "append": ["compress", source, "-o", work / "out.idlat", "--append"],
        "bounded": ["compress", source, "-o", work / "out.idlat", *BOUND],
        "grow": ["compress", source, "-o", work / "out.idlat", "--append"],
        "repair": ["repair", work / "out.idlat", "--from", inputs / "w0.idlat"],
        "zip": ["compress", source, "-o", work / "out.zip", "--overwrite"],
        "npy": ["decompress", archive, "-o", work / "out.npy", "--overwrite"],
        "zarr": ["decompress", archive, "-o", work / "out.zarr", "--overwrite"],
        "nc": ["decompress", archive, "-o", work / "out.nc", "--overwrite"],
        "mhd": ["decompress", archive, "-o", work / "out.mhd", "--overwrite"],
        "nhdr": ["decompress", archive, "-o", work / "out.nhdr", "--overwrite"],
        "raw": ["decompress", archive, "-o", work / "out.raw", "--overwrite"],
        "export": ["export", archive, "-o", work / "out", "--overwrite"],
        "map": ["importance", source, "value > 0", "-o", work / "out.nc", "--overwrite"],
        "train": ["train", source, "-o", work / "out.st", "--steps", "1", "--batch", "1", "--overwrite"],
        "clusters": ["analyze", "clusters", archive, "-o", work / "out", "--clusters", "2"],
        "data": ["datasets", "make", "vortex", "--size", "16", "--steps", "1", "-o", work / "out"],
    }[kind]


def before(kinds, inputs, work):
    """What is there when both start: an archive to append to, or a damaged one to repair."""
    if "append" in kinds or "repair" in kinds:
        shutil.copytree(inputs / "w0.idlat", work / "out.idlat")
    if "grow" in kinds:
        shutil.copytree(inputs / "b0.idlat", work / "out.idlat")
    if "repair" in kinds:
        for number, path in enumerate(sorted(p for p in (work / "out.idlat").rglob("*/*") if p.is_file())):
            path.write_bytes(path.read_bytes()[: 5 + number]) if number % 3 else path.unlink()


def names(folder):
    """Every file and folder below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def tree(folder):
    """Every file below a folder, and its bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
