// The isosurface map: similarities of all pairs of isovalues. A click, or Enter on the crosshair, sets the isovalue.
(() => {
  const { floats } = window.idlatBytes;
  const [LEFT, RIGHT, BOTTOM] = [64, 62, 38]; // pixels beside the matrix, for the axes and the colour bar

  window.idlatParts["idlat-matrix"] = {
    props: ["similarity", "isovalues", "representative", "isovalue", "palette", "theme", "units"],
    emits: ["choose"],
    template: `
      <div class="idlat-matrix" ref="frame">
        <canvas ref="canvas" tabindex="0" role="application" :aria-label="say" @mousemove="move" @mouseleave="over = null; draw()"
          @click="pick" @keydown="key"></canvas>
        <div class="idlat-readout" aria-live="polite">{{ readout }}</div>
      </div>`,
    data: () => ({ over: null }),
    computed: {
      count() { return (this.isovalues || []).length; },
      say() { return `Isosurface similarity matrix, ${this.count} isovalues; arrow keys move, Enter sets the isovalue`; },
      readout() {
        if (!this.over) return this.count ? `${(this.representative || []).length} representatives (○)` : "";
        const [i, j] = this.over;
        const value = floats(this.similarity)[i * this.count + j];
        return `${window.idlatShort(this.isovalues[i])} · ${window.idlatShort(this.isovalues[j])}: similarity ${value.toFixed(3)}`;
      },
    },
    mounted() {
      this.observer = new ResizeObserver(() => this.draw());
      this.observer.observe(this.$refs.frame);
      this.draw();
    },
    beforeUnmount() { this.observer.disconnect(); },
    watch: {
      similarity() { this.draw(); }, isovalue() { this.draw(); }, theme() { this.draw(); }, representative() { this.draw(); },
    },
    methods: {
      layout() {
        const box = this.$refs.frame.getBoundingClientRect();
        const side = Math.max(40, Math.floor(Math.min(box.width - LEFT - RIGHT, box.height - BOTTOM - 24)));
        return { w: Math.floor(box.width), h: Math.floor(box.height - 20), side, x: LEFT, y: 4 };
      },
      draw() { requestAnimationFrame(() => this.paint()); },
      paint() {
        const canvas = this.$refs.canvas;
        if (!canvas || !this.count) return;
        const { w, h, side, x, y } = this.layout();
        const ratio = window.devicePixelRatio || 1;
        canvas.width = Math.max(1, w * ratio);
        canvas.height = Math.max(1, h * ratio);
        canvas.style.width = `${w}px`;
        canvas.style.height = `${h}px`;
        const context = canvas.getContext("2d");
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        context.imageSmoothingEnabled = false;
        context.drawImage(this.cells(), x, y, side, side);
        this.axes(context, side, x, y);
        this.bar(context, side, x + side + 14, y);
        this.marks(context, side, x, y);
      },
      /** One pixel a pair, first isovalue at the bottom left. */
      cells() {
        const n = this.count;
        const values = floats(this.similarity);
        const cells = document.createElement("canvas");
        cells.width = n;
        cells.height = n;
        const context = cells.getContext("2d");
        const image = context.createImageData(n, n);
        const table = this.palette && this.palette.length === 768 ? this.palette : null;
        for (let row = 0; row < n; row += 1) {
          for (let column = 0; column < n; column += 1) {
            const level = Math.round(255 * Math.min(1, Math.max(0, values[(n - 1 - row) * n + column])));
            const at = 4 * (row * n + column);
            for (let c = 0; c < 3; c += 1) image.data[at + c] = table ? table[3 * level + c] : level;
            image.data[at + 3] = 255;
          }
        }
        context.putImageData(image, 0, 0);
        return cells;
      },
      axes(context, side, x, y) {
        const style = getComputedStyle(this.$refs.frame);
        context.fillStyle = style.getPropertyValue("--ink-soft");
        context.font = `11px ${style.fontFamily}`;
        const n = this.count;
        const texts = [0, Math.floor((n - 1) / 2), n - 1].map((i) => [i, window.idlatShort(Number(this.isovalues[i].toPrecision(3)))]);
        const [low, middle, high] = texts.map(([, text]) => context.measureText(text).width);
        const wide = Math.max(low, high) + middle / 2 + 6 > side / 2; // the middle one has no room
        for (const [i, text] of texts) {
          const at = ((i + 0.5) / n) * side;
          context.textBaseline = "middle";
          context.textAlign = "right";
          context.fillText(text, x - 6, y + side - at);
          context.textBaseline = "top";
          context.textAlign = i === 0 ? "left" : i === n - 1 ? "right" : "center";
          if (!wide || i === 0 || i === n - 1) context.fillText(text, i === 0 ? x : i === n - 1 ? x + side : x + at, y + side + 6);
        }
        const name = `isovalue${this.units ? ` (${this.units})` : ""}`;
        context.textAlign = "center";
        context.fillText(name, x + side / 2, y + side + 20);
        this.upright(context, name, 7, y + side / 2);
      },
      /** The colours of similarities, from 0 below to 1 above. */
      bar(context, side, x, y) {
        if (this.palette?.length !== 768) return;
        for (let row = 0; row < side; row += 1) {
          const level = Math.round(255 * (1 - row / Math.max(1, side - 1)));
          context.fillStyle = `rgb(${[0, 1, 2].map((c) => this.palette[3 * level + c]).join(",")})`;
          context.fillRect(x, y + row, 10, 1);
        }
        context.fillStyle = getComputedStyle(this.$refs.frame).getPropertyValue("--ink-soft");
        context.textAlign = "left";
        context.textBaseline = "middle";
        for (const level of [0, 0.5, 1]) context.fillText(String(level), x + 14, Math.min(y + side - 5, Math.max(y + 5, y + side * (1 - level))));
        this.upright(context, "similarity", x + 42, y + side / 2);
      },
      /** Text that reads upwards, centred at a place. */
      upright(context, text, x, y) {
        context.save();
        context.translate(x, y);
        context.rotate(-Math.PI / 2);
        context.textAlign = "center";
        context.textBaseline = "middle";
        context.fillText(text, 0, 0);
        context.restore();
      },
      marks(context, side, x, y) {
        const n = this.count;
        const place = (i) => ((i + 0.5) / n) * side;
        context.lineWidth = 2;
        for (const i of this.representative || []) {
          context.strokeStyle = "#fff";
          context.beginPath();
          context.arc(x + place(i), y + side - place(i), 5, 0, 7);
          context.stroke();
          context.strokeStyle = "#b3261e";
          context.beginPath();
          context.arc(x + place(i), y + side - place(i), 6.5, 0, 7);
          context.stroke();
        }
        const crosshair = (column, row, colour) => {
          context.strokeStyle = colour;
          context.lineWidth = 1;
          context.beginPath();
          context.moveTo(x + place(column), y);
          context.lineTo(x + place(column), y + side);
          context.moveTo(x, y + side - place(row));
          context.lineTo(x + side, y + side - place(row));
          context.stroke();
        };
        const low = this.isovalues[0];
        const high = this.isovalues[n - 1];
        if (Number.isFinite(this.isovalue) && high > low) {
          const at = ((this.isovalue - low) / (high - low)) * (n - 1);
          if (at >= -0.5 && at <= n - 0.5) crosshair(at, at, "rgba(255,255,255,0.85)");
        }
        if (this.over) crosshair(this.over[1], this.over[0], "rgba(120,200,255,0.9)");
      },
      cell(event) {
        const box = this.$refs.canvas.getBoundingClientRect();
        const { side, x, y } = this.layout();
        const n = this.count;
        const column = Math.floor(((event.clientX - box.left - x) / side) * n);
        const row = n - 1 - Math.floor(((event.clientY - box.top - y) / side) * n);
        return column >= 0 && row >= 0 && column < n && row < n ? [row, column] : null;
      },
      move(event) { this.over = this.cell(event); this.draw(); },
      pick(event) {
        const found = this.cell(event);
        if (found) this.$emit("choose", this.isovalues[found[1]]);
      },
      key(event) {
        const n = this.count;
        if (!n) return;
        const [row, column] = this.over || [Math.floor(n / 2), Math.floor(n / 2)];
        const moves = { ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], ArrowUp: [row + 1, column], ArrowDown: [row - 1, column] };
        if (event.key === "Enter" || event.key === " ") this.$emit("choose", this.isovalues[column]);
        else if (moves[event.key]) this.over = moves[event.key].map((i) => Math.min(n - 1, Math.max(0, i)));
        else return;
        event.preventDefault();
        this.draw();
      },
    },
  };
})();
