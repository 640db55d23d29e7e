// The latent space: a Canvas2D scatter with pan, zoom, lasso, box and hover. Points are written straight into an
// ImageData: 32,768 discs cost a few milliseconds, whatever their colours.
(() => {
  const { floats } = window.idlatBytes;

  /** A disc's pixels and how much of each it covers, so that small points look round. */
  function stamp(radius) {
    const reach = Math.ceil(radius);
    const dx = [];
    const dy = [];
    const cover = [];
    for (let y = -reach; y <= reach; y += 1) {
      for (let x = -reach; x <= reach; x += 1) {
        const alpha = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(x, y)));
        if (alpha > 0) { dx.push(x); dy.push(y); cover.push(alpha); }
      }
    }
    return { reach, dx: Int32Array.from(dx), dy: Int32Array.from(dy), cover: Float32Array.from(cover) };
  }

  /** The numbers of "#rrggbb". */
  const rgb = (text) => [1, 3, 5].map((i) => parseInt(text.trim().slice(i, i + 2), 16));

  function inside(x, y, polygon) {
    let within = false;
    for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i, i += 1) {
      const [xi, yi] = polygon[i];
      const [xj, yj] = polygon[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) within = !within;
    }
    return within;
  }

  window.idlatParts["idlat-scatter"] = {
    props: ["positions", "colours", "selected", "values", "blocks", "quantity", "units", "tool", "theme", "label", "labels", "clusters", "look", "pointed"],
    emits: ["select", "point", "look"],
    template: `
      <div class="idlat-scatter" ref="frame">
        <canvas ref="canvas" tabindex="0" role="application" :aria-label="label"
          @pointerdown="down" @pointermove="move" @pointerup="up" @pointercancel="up" @pointerleave="leave"
          @wheel.prevent="wheel" @dblclick="reset" @keydown="key"></canvas>
        <div v-if="tip" class="idlat-tip" :style="{left: tip.x + 'px', top: tip.y + 'px'}">
          <strong>Block {{ tip.block }}</strong><span v-if="tip.name">{{ tip.name }}</span>
          <span v-if="tip.value">{{ tip.value }}</span>
        </div>
      </div>`,
    data: () => ({ tip: null }),
    created() {
      this.points = new Float32Array(0); // not reactive: Vue must not wrap 32,768 points
      this.setLook();
      this.drag = null;
      this.hovered = -1;
      this.frames = [];
    },
    mounted() {
      this.observer = new ResizeObserver(() => this.draw());
      this.observer.observe(this.$refs.frame);
      this.$refs.frame.idlatPart = this; // for pictures of it
      this.load();
    },
    beforeUnmount() { this.observer.disconnect(); clearTimeout(this.telling); },
    watch: {
      positions() { this.load(); },
      colours() { this.draw(); },
      selected() { this.draw(); },
      theme() { this.draw(); },
      pointed(row) { this.hovered = row ?? -1; this.tip = null; this.draw(); },
      look() { if (!this.telling) { this.setLook(); this.draw(); } },
    },
    methods: {
      load() { this.points = floats(this.positions); this.unhover(); this.draw(); },
      /** Look at what the session says: middle x and y, and scale. */
      setLook() {
        const [x, y, scale] = this.look || [0, 0, 1];
        this.view = { x, y, scale };
      },
      /** Tell what is looked at once the hand rests. */
      tellLook() {
        clearTimeout(this.telling);
        this.telling = setTimeout(() => {
          this.telling = 0;
          this.$emit("look", { x: this.view.x, y: this.view.y, scale: this.view.scale });
        }, 250);
      },
      size() {
        const box = this.$refs.frame.getBoundingClientRect();
        return { w: Math.max(1, Math.floor(box.width)), h: Math.max(1, Math.floor(box.height)) };
      },
      /** Data → CSS pixels: the unit square fills the frame, less a margin. */
      scaleOf({ w, h }) { return (Math.min(w, h) / 2 - 14) * this.view.scale; },
      toScreen(i, box, scale) {
        return [box.w / 2 + (this.points[2 * i] - this.view.x) * scale, box.h / 2 - (this.points[2 * i + 1] - this.view.y) * scale];
      },
      draw() {
        if (this.pending || !this.$refs.canvas) return;
        this.pending = requestAnimationFrame(() => { this.pending = 0; this.paint(); });
      },
      paint() {
        const canvas = this.$refs.canvas;
        if (!canvas) return;
        const begun = performance.now();
        const box = this.size();
        const ratio = Math.min(2, window.devicePixelRatio || 1);
        if (canvas.width !== Math.round(box.w * ratio) || canvas.height !== Math.round(box.h * ratio)) {
          canvas.width = Math.round(box.w * ratio);
          canvas.height = Math.round(box.h * ratio);
          canvas.style.width = `${box.w}px`;
          canvas.style.height = `${box.h}px`;
        }
        const context = canvas.getContext("2d");
        this.paintPoints(context, canvas, box, ratio);
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        this.paintHover(context, box);
        this.paintDrag(context);
        this.frames.push(performance.now() - begun);
        if (this.frames.length > 200) this.frames.shift();
        const sorted = [...this.frames].sort((a, b) => a - b);
        canvas.dataset.points = String(this.points.length / 2);
        canvas.dataset.frameMs = sorted[Math.floor(sorted.length / 2)].toFixed(2);
        canvas.dataset.frameLeastMs = sorted[Math.floor(sorted.length / 10)].toFixed(2);
      },
      paintPoints(context, canvas, box, ratio) {
        const { width, height } = canvas;
        if (!this.image || this.image.width !== width || this.image.height !== height) {
          this.image = context.createImageData(width, height);
        }
        const ground = rgb(getComputedStyle(this.$refs.frame).getPropertyValue("--surface"));
        new Uint32Array(this.image.data.buffer).fill((255 << 24) | (ground[2] << 16) | (ground[1] << 8) | ground[0]);
        const count = this.points.length / 2;
        if (count && this.colours && this.colours.length >= 3 * count) {
          const marked = this.selected && this.selected.length === count ? this.selected : null;
          const size = count > 20000 ? 1.3 : count > 4000 ? 1.9 : count > 1000 ? 2.6 : 3.6;
          const disc = stamp(size * Math.min(2.2, this.view.scale ** 0.35) * ratio);
          if (marked) this.stampAll(disc, box, ratio, 0.16, (i) => !marked[i]);
          this.stampAll(disc, box, ratio, 0.9, marked ? (i) => marked[i] === 1 : () => true);
        }
        context.putImageData(this.image, 0, 0);
      },
      /** Blend the discs of the points that `wanted` names into the image, which is opaque. */
      stampAll({ reach, dx, dy, cover }, box, ratio, strength, wanted) {
        const { data, width, height } = this.image;
        const { points, colours } = this;
        const scale = this.scaleOf(box) * ratio;
        const left = (box.w / 2) * ratio - this.view.x * scale;
        const top = (box.h / 2) * ratio + this.view.y * scale;
        for (let i = 0; i < points.length / 2; i += 1) {
          const px = Math.round(left + points[2 * i] * scale);
          const py = Math.round(top - points[2 * i + 1] * scale);
          if (px < reach || py < reach || px >= width - reach || py >= height - reach || !wanted(i)) continue;
          const red = colours[3 * i];
          const green = colours[3 * i + 1];
          const blue = colours[3 * i + 2];
          for (let k = 0; k < dx.length; k += 1) {
            const at = 4 * ((py + dy[k]) * width + px + dx[k]);
            const alpha = cover[k] * strength;
            data[at] += (red - data[at]) * alpha;
            data[at + 1] += (green - data[at + 1]) * alpha;
            data[at + 2] += (blue - data[at + 2]) * alpha;
          }
        }
      },
      /** The points as they are looked at, on a canvas of so many times the pixels of the screen. */
      picture(ratio) {
        const box = this.size();
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [box.w * ratio, box.h * ratio];
        this.paintPoints(canvas.getContext("2d"), canvas, box, ratio);
        return canvas;
      },
      /** The same as discs. */
      circles() {
        const box = this.size();
        const scale = this.scaleOf(box);
        const count = this.points.length / 2;
        const marked = this.selected && this.selected.length === count ? this.selected : null;
        const r = count > 4000 ? 1.9 : count > 1000 ? 2.6 : 3.6;
        return Array.from({ length: count }, (_, i) => {
          const [x, y] = this.toScreen(i, box, scale);
          const colour = `rgb(${[0, 1, 2].map((k) => this.colours[3 * i + k]).join(",")})`;
          return { x, y, r, colour, opacity: marked && !marked[i] ? 0.16 : 0.9 };
        });
      },
      paintHover(context, box) {
        if (this.hovered < 0 || this.hovered >= this.points.length / 2) return;
        const [x, y] = this.toScreen(this.hovered, box, this.scaleOf(box));
        context.strokeStyle = getComputedStyle(this.$refs.frame).getPropertyValue("--ink");
        context.lineWidth = 1.5;
        context.beginPath();
        context.arc(x, y, 6, 0, 2 * Math.PI);
        context.stroke();
      },
      paintDrag(context) {
        if (!this.drag || this.drag.kind === "pan" || this.drag.path.length < 2) return;
        const style = getComputedStyle(this.$refs.frame);
        context.strokeStyle = style.getPropertyValue("--accent");
        context.fillStyle = style.getPropertyValue("--accent-faint");
        context.lineWidth = 1.5;
        context.beginPath();
        this.outline().forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
        context.closePath();
        context.fill();
        context.stroke();
      },
      /** The lasso's polygon, or the box's four corners. */
      outline() {
        const { kind, path } = this.drag;
        if (kind === "lasso") return path;
        const [x0, y0] = path[0];
        const [x1, y1] = path[path.length - 1];
        return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
      },
      at(event) {
        const box = this.$refs.canvas.getBoundingClientRect();
        return [event.clientX - box.left, event.clientY - box.top];
      },
      down(event) {
        if (event.button > 1) return;
        this.$refs.canvas.setPointerCapture(event.pointerId);
        const pan = this.tool === "pan" || event.button === 1 || event.altKey;
        this.drag = { kind: pan ? "pan" : this.tool, path: [this.at(event)], view: { ...this.view } };
        this.tip = null;
      },
      move(event) {
        const point = this.at(event);
        if (!this.drag) { this.point(point); return; }
        if (this.drag.kind === "pan") {
          const scale = this.scaleOf(this.size());
          this.view.x = this.drag.view.x - (point[0] - this.drag.path[0][0]) / scale;
          this.view.y = this.drag.view.y + (point[1] - this.drag.path[0][1]) / scale;
        } else {
          this.drag.path.push(point);
        }
        this.draw();
      },
      up(event) {
        if (!this.drag) return;
        if (this.drag.kind === "pan") this.tellLook();
        else this.choose(event);
        this.drag = null;
        this.draw();
      },
      leave() { if (!this.drag) this.unhover(); },
      /** The name of the cluster that a block is in. */
      clusterOf(i) {
        if (!this.labels || this.labels.length < 4 * (i + 1)) return "";
        const leaf = Uint32Array.from(this.labels.slice(4 * i, 4 * i + 4)).reduce((sum, byte, k) => sum + byte * 256 ** k, 0);
        return (this.clusters || []).find((node) => node.id === leaf)?.name ?? "";
      },
      unhover() {
        if (this.hovered < 0) return;
        this.hovered = -1;
        this.tip = null;
        this.$emit("point", null);
        this.draw();
      },
      choose(event) {
        const start = this.drag.path[0];
        const end = this.at(event);
        const mode = event.shiftKey ? "add" : event.ctrlKey || event.metaKey ? "remove" : "replace";
        if (Math.hypot(end[0] - start[0], end[1] - start[1]) < 3 && this.drag.path.length < 6) {
          const nearest = this.nearest(end);
          this.$emit("select", { indices: nearest < 0 ? [] : [nearest], mode });
          return;
        }
        const polygon = this.outline();
        const box = this.size();
        const scale = this.scaleOf(box);
        const indices = [];
        for (let i = 0; i < this.points.length / 2; i += 1) {
          const [x, y] = this.toScreen(i, box, scale);
          if (inside(x, y, polygon)) indices.push(i);
        }
        this.$emit("select", { indices, mode });
      },
      nearest([x, y]) {
        const box = this.size();
        const scale = this.scaleOf(box);
        let best = -1;
        let least = 81;
        for (let i = 0; i < this.points.length / 2; i += 1) {
          const [px, py] = this.toScreen(i, box, scale);
          const d = (px - x) ** 2 + (py - y) ** 2;
          if (d < least) { least = d; best = i; }
        }
        return best;
      },
      point(at) {
        const found = this.nearest(at);
        if (found === this.hovered) return;
        if (found < 0) { this.unhover(); return; }
        this.hovered = found;
        this.tip = this.describe(found, at);
        this.$emit("point", found);
        this.draw();
      },
      describe(i, [x, y]) {
        const blocks = this.blocks && this.blocks.length ? new Uint16Array(this.blocks.slice().buffer) : [];
        const values = floats(this.values);
        const value = i < values.length && Number.isFinite(values[i]) ? `${this.quantity}: ${values[i].toPrecision(4)} ${this.units}`.trim() : "";
        const { w, h } = this.size();
        return {
          x: Math.min(x + 12, w - 170),
          y: Math.min(y + 12, h - 64),
          block: `z ${blocks[3 * i]}, y ${blocks[3 * i + 1]}, x ${blocks[3 * i + 2]}`,
          name: this.clusterOf(i),
          value,
        };
      },
      zoom(factor, [px, py]) {
        const box = this.size();
        const before = this.scaleOf(box);
        this.view.scale = Math.min(60, Math.max(0.4, this.view.scale * factor));
        const after = this.scaleOf(box);
        this.view.x += (px - box.w / 2) * (1 / before - 1 / after);
        this.view.y -= (py - box.h / 2) * (1 / before - 1 / after);
        this.tellLook();
        this.draw();
      },
      wheel(event) { this.zoom(Math.exp(-event.deltaY * 0.0015), this.at(event)); },
      reset() { this.view = { x: 0, y: 0, scale: 1 }; this.tellLook(); this.draw(); },
      key(event) {
        const { w, h } = this.size();
        const step = 40 / this.scaleOf({ w, h });
        const acts = {
          ArrowLeft: () => { this.view.x -= step; }, ArrowRight: () => { this.view.x += step; },
          ArrowUp: () => { this.view.y += step; }, ArrowDown: () => { this.view.y -= step; },
          "+": () => this.zoom(1.25, [w / 2, h / 2]), "=": () => this.zoom(1.25, [w / 2, h / 2]),
          "-": () => this.zoom(0.8, [w / 2, h / 2]), 0: () => this.reset(),
          // what a mouse does with a box, without one: everything in view
          Enter: () => {
            this.drag = { kind: "box", path: [[0, 0], [w, h]] };
            this.choose({ clientX: this.$refs.canvas.getBoundingClientRect().left + w, clientY: this.$refs.canvas.getBoundingClientRect().top + h, shiftKey: event.shiftKey });
            this.drag = null;
          },
        };
        if (!acts[event.key] || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        acts[event.key]();
        if (event.key.startsWith("Arrow")) this.tellLook();
        this.draw();
      },
    },
  };
})();
