"""Whether VTK may draw is found out in a process of its own, as libraries stay loaded."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("vtkmodules", reason="needs the extra idlat[vtk]")

ASK = """
import sys
from idlat.errors import RenderError
from idlat.render.offscreen import require_offscreen
try:
    require_offscreen()
except RenderError as error:
    print(error)
else:
    import os
    print("may draw with", os.environ["VTK_DEFAULT_OPENGL_WINDOW"])
assert not any(name.startswith("vtkmodules") for name in sys.modules)
"""

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="EGL is Linux's")


def ask(code=ASK, **environment):
    known = {k: v for k, v in os.environ.items() if k != "VTK_DEFAULT_OPENGL_WINDOW"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=known | environment
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_no_vendor_of_egl_is_one_line_that_names_the_packages():
    said = ask(__EGL_VENDOR_LIBRARY_DIRS="/nowhere", __EGL_VENDOR_LIBRARY_FILENAMES="/nowhere/50_mesa.json")
    assert said.endswith("apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri")
    assert "\n" not in said


def test_no_egl_at_all_is_the_same_line():
    assert "libegl1" in ask(
        "import ctypes\ndef refuse(name):\n    raise OSError(name)\nctypes.CDLL = refuse\n" + ASK
    )


def test_no_vtk_names_the_extra():
    code = "import importlib.util\nimportlib.util.find_spec = lambda name: None\n" + ASK
    assert ask(code) == "drawing needs VTK: pip install 'idlat[vtk]'"


def test_another_window_is_taken_as_it_is():
    assert "may draw with vtkOSOpenGLRenderWindow" in ask(
        VTK_DEFAULT_OPENGL_WINDOW="vtkOSOpenGLRenderWindow", __EGL_VENDOR_LIBRARY_DIRS="/nowhere"
    )
