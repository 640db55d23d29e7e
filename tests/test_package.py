import subprocess
import sys
from importlib.metadata import entry_points, version

import pytest

import idlat
from idlat import errors


def test_import_is_light():
    heavy = ("torch", "zarr", "vtk", "vtkmodules", "trame", "xarray", "matplotlib")
    code = f"import sys, idlat; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_loads():
    for name in idlat.__all__:
        assert getattr(idlat, name) is not None


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = idlat.no_such_name


def test_version_is_that_of_the_distribution():
    assert version("idlat") == idlat.__version__


@pytest.mark.parametrize(
    ("group", "target"),
    [
        ("console_scripts", "idlat.cli:main"),
        ("zarr.codecs", "idlat.archive.format.zarr_codec:IdlatCodec"),
        ("xarray.backends", "idlat.archive.xarray_backend:IdlatBackend"),
    ],
)
def test_entry_points_load(group, target):
    (entry,) = [entry for entry in entry_points(group=group) if entry.name == "idlat"]
    assert entry.value == target
    assert callable(entry.load())


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name != "Remark"])
def test_errors_print_their_message_alone(name):
    error = getattr(errors, name)("a.npy: no such file")
    assert isinstance(error, ValueError)
    assert str(error) == "a.npy: no such file"


def test_a_remark_is_a_warning_and_no_error():
    assert issubclass(errors.Remark, UserWarning)


def test_errors_fit_their_builtin_kind():
    assert issubclass(errors.MissingFileError, FileNotFoundError)
    assert issubclass(errors.OutputExistsError, FileExistsError)
