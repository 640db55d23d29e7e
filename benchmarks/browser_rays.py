"""What a picture costs where the browser casts the rays itself, beside the server's picture.

    python benchmarks/browser_rays.py [--sides 128 256] [--size 1280 520] [--frames 20]

A WebGL2 ray-marcher of one volume of bytes fills three viewports, with the server's distance between samples
and an opacity of the same kind, in headless Chromium, which draws by SwiftShader where there is no graphics
card. The server draws the same field in three panels. Processor milliseconds a picture of all threads and
processes, which a busy machine disturbs less than the clock does, and the bytes that have to be sent: all
of the volume once and at each change of step or variable, or a picture each time. It needs Chromium,
playwright and psutil.
"""

from __future__ import annotations

import argparse
import base64
import io
import shutil
import time
import zlib

import numpy as np
import psutil
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import sync_playwright
from shared.wave_scene import filled, waves

from idlat.explorer.scene.geometry.value_codes import Codes
from idlat.explorer.views.space.render_thread import QUALITY

PANELS = 3
ARGUMENTS = ("--no-sandbox", "--disable-quic", "--no-first-run", "--enable-unsafe-swiftshader")
BEGIN = """([side, width, height, text]) => {
  const canvas = document.body.appendChild(document.createElement('canvas'));
  [canvas.width, canvas.height] = [width, height];
  const gl = window.gl = canvas.getContext('webgl2');
  const shader = (kind, code) => {
    const one = gl.createShader(kind);
    gl.shaderSource(one, '#version 300 es\\nprecision highp float; precision highp sampler3D;' + code);
    gl.compileShader(one);
    return one;
  };
  const program = gl.createProgram();
  gl.attachShader(program, shader(gl.VERTEX_SHADER, `out vec2 place; void main() {
    place = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0; gl_Position = vec4(place, 0, 1); }`));
  gl.attachShader(program, shader(gl.FRAGMENT_SHADER, `
    in vec2 place; out vec4 colour; uniform sampler3D volume; uniform float angle, step;
    void main() {
      mat3 turn = mat3(cos(angle), 0, sin(angle), 0, 1, 0, -sin(angle), 0, cos(angle));
      vec3 eye = turn * vec3(0, 0.3, -2.2), ray = normalize(turn * vec3(place * 0.45, 1.6));
      vec3 a = (-0.5 - eye) / ray, b = (0.5 - eye) / ray, near = min(a, b), far = max(a, b);
      float t = max(max(near.x, near.y), near.z), end = min(min(far.x, far.y), far.z);
      vec4 sum = vec4(0);
      for (; t < end && sum.a < 0.99; t += step) {
        float v = texture(volume, eye + t * ray + 0.5).r, alpha = 0.1 * smoothstep(0.6, 0.9, v);
        sum += (1.0 - sum.a) * alpha * vec4(v, 0.4, 1.0 - v, 1);
      }
      colour = vec4(sum.rgb, 1);
    }`));
  gl.linkProgram(program);
  gl.useProgram(program);
  gl.bindTexture(gl.TEXTURE_3D, gl.createTexture());
  for (const kind of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
    gl.texParameteri(gl.TEXTURE_3D, kind, gl.LINEAR);
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  gl.texImage3D(gl.TEXTURE_3D, 0, gl.R8, side, side, side, 0, gl.RED, gl.UNSIGNED_BYTE, bytes);
  gl.uniform1f(gl.getUniformLocation(program, 'step'), Math.max(1.25, side / 160) / side);
  window.angle = gl.getUniformLocation(program, 'angle');
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  return gl.getError() || gl.getParameter(info.UNMASKED_RENDERER_WEBGL);
}"""
DRAW = """([frames, panels]) => {
  const pixel = new Uint8Array(4), { width, height } = gl.canvas;
  for (let frame = 0; frame < frames; frame++) {
    gl.uniform1f(angle, 0.05 * frame);
    for (let panel = 0; panel < panels; panel++) {
      gl.viewport(panel * width / panels, 0, width / panels, height);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    }
    gl.readPixels(width / 2, height / 2, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel); // waits for the picture
  }
  return [...pixel];
}"""


def browser_seconds() -> float:
    """Return the processor seconds of all processes that this one started."""
    return sum(sum(child.cpu_times()[:2]) for child in psutil.Process().children(recursive=True))


def in_the_browser(codes: NDArray[np.uint8], size: tuple[int, int], frames: int) -> tuple[str, float]:
    """Return who draws, and processor milliseconds a picture."""
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
        page = browser.new_page()
        page.set_default_timeout(600_000)
        drawer = page.evaluate(BEGIN, [len(codes), *size, base64.b64encode(codes.tobytes()).decode()])
        page.evaluate(DRAW, [2, PANELS])
        begun = browser_seconds()
        page.evaluate(DRAW, [frames, PANELS])
        spent = (browser_seconds() - begun) / frames * 1e3
        browser.close()
    return str(drawer), spent


def on_the_server(
    field: NDArray[np.float32], size: tuple[int, int], frames: int
) -> dict[str, tuple[float, float]]:
    """Return processor milliseconds and kilobytes of a picture, in motion and at rest."""
    scene, found = filled(field, "volume", *size), {}
    for name, moving in (("in motion", True), ("at rest", False)):
        scene.render(moving)
        begun, length = time.process_time(), 0
        for _ in range(frames):
            scene.orbit(10, 0)
            kept = io.BytesIO()
            Image.fromarray(scene.render(moving)).save(kept, "JPEG", quality=QUALITY, subsampling=0)
            length += len(kept.getvalue())
        found[name] = (time.process_time() - begun) / frames * 1e3, length / frames / 1e3
    scene.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sides", type=int, nargs="+", default=[128, 256])
    parser.add_argument("--size", type=int, nargs=2, default=[1280, 520], metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--frames", type=int, default=20)
    options = parser.parse_args()
    size = (options.size[0], options.size[1])
    for side in options.sides:
        field = waves(side)
        codes = Codes(float(field.min()), float(field.max())).encode(field)
        drawer, spent = in_the_browser(codes, size, options.frames)
        packed = len(zlib.compress(codes.tobytes(), 6))
        print(f"{side}³ browser, {drawer}: {spent:.0f} processor ms a picture at rest")
        print(f"{side}³ sent for each panel: {codes.size / 1e6:.1f} MB, {packed / 1e6:.2f} MB deflated")
        for name, (server, length) in on_the_server(field, size, options.frames).items():
            print(f"{side}³ server, {name}: {server:.0f} processor ms and {length:.0f} kB a picture")


if __name__ == "__main__":
    main()
