import ast
import subprocess
import sys
from importlib import import_module
from importlib.metadata import entry_points, version

import pytest

import idlat
from idlat import errors


def test_import_is_light():
    heavy = ("torch", "zarr", "vtk", "vtkmodules", "trame", "xarray", "matplotlib")
    code = f"import sys, idlat; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def loaded_by(code, names):
    """Return which of these modules are there after a program of its own has run."""
    code = f"{code}\nimport sys; print([name for name in {names!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return ast.literal_eval(done.stdout.splitlines()[-1])


def test_the_command_line_loads_no_numpy_before_it_knows_what_to_do():
    assert loaded_by("import idlat.cli.app", ("numpy", "xarray", "zarr", "torch")) == []


def test_the_program_runs_as_a_module():
    command = [sys.executable, "-m", "idlat", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"idlat {idlat.__version__}\n"


def test_what_an_archive_says_of_itself_needs_no_fields_and_no_kernels():
    heavy = ("xarray", "pandas", "dask", "scipy", "numba", "torch", "h5py", "edt")
    assert loaded_by("import idlat.archive.read.info_at_path", heavy) == []
    assert loaded_by("import idlat.cli.app; from idlat.archive import BlockInfo", heavy) == []


def test_the_default_model_needs_no_torch(tmp_path):
    code = f"import idlat, numpy; idlat.compress(numpy.ones((8, 8, 8)), {str(tmp_path / 'a')!r}).decode()"
    assert loaded_by(code, ("torch", "sklearn", "skimage", "matplotlib")) == []


@pytest.mark.parametrize("package", ["idlat", "idlat.archive", "idlat.fields", "idlat.importance"])
def test_every_public_name_loads(package):
    module = import_module(package)
    for name in module.__all__:
        assert getattr(module, name) is not None
    assert set(module.__all__) <= set(dir(module))


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = idlat.no_such_name


def test_version_is_that_of_the_distribution():
    assert version("idlat") == idlat.__version__


@pytest.mark.parametrize(
    ("group", "target"),
    [
        ("console_scripts", "idlat.cli:main"),
        ("zarr.codecs", "idlat.archive.codecs.latent_codec:IdlatCodec"),
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
