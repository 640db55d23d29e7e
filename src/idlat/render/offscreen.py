"""Whether VTK can draw here without a window, found out before VTK is asked to: it crashes where it cannot.

VTK's wheel draws through EGL, and without a graphics card through Mesa's software driver. Where one of these
system libraries is missing, the first picture ends in a segmentation fault, so they are tried here first: an
EGL device must open.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from ctypes import POINTER, c_char_p, c_int, c_uint, c_void_p
from functools import cache

from idlat.errors import RenderError

__all__ = ["PACKAGES", "require_offscreen"]

PACKAGES = ("libegl1", "libegl-mesa0", "libgl1-mesa-dri")
"""The packages of Debian and Ubuntu that hold what VTK needs."""

_WINDOW = "VTK_DEFAULT_OPENGL_WINDOW"
_EGL_WINDOW = "vtkEGLRenderWindow"
_DEVICES = 16
_PLATFORM_DEVICE = 0x313F  # EGL_PLATFORM_DEVICE_EXT


def require_offscreen() -> None:
    """Make VTK draw without a window, or say what is missing; call it before VTK's rendering is imported.

    On Linux it sets the environment variable ``VTK_DEFAULT_OPENGL_WINDOW`` to ``vtkEGLRenderWindow``, unless
    it is set; another window that it names is taken as it is.

    Raises
    ------
    RenderError
        VTK is not installed, or no EGL device opens.
    """
    if importlib.util.find_spec("vtkmodules") is None:
        raise RenderError("drawing needs VTK: pip install 'idlat[vtk]'")
    if not sys.platform.startswith("linux"):
        return
    if os.environ.setdefault(_WINDOW, _EGL_WINDOW) == _EGL_WINDOW and not _egl_opens():
        raise RenderError(
            "drawing needs EGL, and no device of it opens here: install the system packages that VTK needs, "
            f"on Debian and Ubuntu: apt-get install {' '.join(PACKAGES)}"
        )


@cache
def _egl_opens() -> bool:
    """Open EGL's devices one after the other, as VTK does, until one can be used."""
    os.environ.setdefault("EGL_LOG_LEVEL", "fatal")  # what fails is told in one line, by the caller
    try:
        egl = ctypes.CDLL("libEGL.so.1")
    except OSError:
        return False
    egl.eglGetProcAddress.restype, egl.eglGetProcAddress.argtypes = c_void_p, [c_char_p]
    egl.eglInitialize.argtypes = [c_void_p, c_void_p, c_void_p]
    query = egl.eglGetProcAddress(b"eglQueryDevicesEXT")
    display_of = egl.eglGetProcAddress(b"eglGetPlatformDisplayEXT")
    if not query or not display_of:
        return False
    devices, count = (c_void_p * _DEVICES)(), c_int()
    query_devices = ctypes.CFUNCTYPE(c_uint, c_int, POINTER(c_void_p), POINTER(c_int))(query)
    get_display = ctypes.CFUNCTYPE(c_void_p, c_int, c_void_p, c_void_p)(display_of)
    if not query_devices(_DEVICES, devices, ctypes.byref(count)):
        return False
    displays = (get_display(_PLATFORM_DEVICE, device, None) for device in devices[: count.value])
    return any(display and egl.eglInitialize(display, None, None) for display in displays)
