// Drag over the histogram to look at some of the values alone. The transfer function: opacity points over the histogram and the colour map. Drag a point, double-click to add
// one, Delete removes the focused one, Insert adds one after it; arrow keys move it.
(() => {
  const PAD = 8;

  window.idlatParts["idlat-transfer"] = {
    props: ["points", "range", "counts", "palette", "isovalue", "units", "brush", "fixed"], // fixed: nothing is brushed
    emits: ["change", "brush"],
    template: `
      <div class="idlat-transfer" ref="frame">
        <svg :width="w" :height="h" role="group" aria-label="Transfer function: opacity over value" @dblclick="add" @pointerdown="sweep">
          <path class="idlat-bars" :d="bars"></path>
          <image v-if="strip" :href="strip" :x="pad" :y="h - 20" :width="Math.max(1, w - 2 * pad)" height="6" preserveAspectRatio="none"></image>
          <rect v-if="window" class="idlat-brush" :x="sx(window[0])" y="2" :width="Math.max(1, sx(window[1]) - sx(window[0]))" :height="h - 24"></rect>
          <path class="idlat-curve-fill" :d="area"></path>
          <path class="idlat-curve" :d="curve"></path>
          <line v-if="mark !== null" class="idlat-iso" :x1="mark" :x2="mark" y1="2" :y2="h - 20"></line>
          <circle v-for="(point, i) in local" :key="i" class="idlat-point" :cx="sx(point[0])" :cy="sy(point[1])" r="5" tabindex="0"
            role="slider" :aria-label="'Opacity point ' + (i + 1) + ', value ' + short(point[0])" aria-valuemin="0" aria-valuemax="1"
            :aria-valuenow="Number(point[1].toFixed(2))" @pointerdown.prevent.stop="grab($event, i)" @keydown="key($event, i)">
            <title>{{ short(point[0]) }}: opacity {{ point[1].toFixed(2) }}</title></circle>
          <text class="idlat-axis" :x="pad" :y="h - 2">{{ short(low) }}</text>
          <text class="idlat-axis" :x="w - pad" :y="h - 2" text-anchor="end">{{ short(high) }} {{ units }}</text>
        </svg>
      </div>`,
    data: () => ({ w: 300, h: 96, pad: PAD, local: [], swept: null }),
    computed: {
      window() {
        const [a, b] = this.swept || (this.brush?.length === 2 ? this.brush : []);
        return a < b && b > this.low && a < this.high ? [Math.max(a, this.low), Math.min(b, this.high)] : null;
      },
      low() { return (this.range || [0, 1])[0]; },
      high() { return (this.range || [0, 1])[1]; },
      curve() { return this.local.map((point, i) => `${i ? "L" : "M"}${this.sx(point[0])},${this.sy(point[1])}`).join(""); },
      area() {
        if (!this.local.length) return "";
        const first = this.sx(this.local[0][0]);
        const last = this.sx(this.local[this.local.length - 1][0]);
        return `${this.curve}L${last},${this.sy(0)}L${first},${this.sy(0)}Z`;
      },
      bars() {
        const counts = this.counts || [];
        const most = Math.max(1, ...counts.map((n) => Math.log1p(n)));
        const width = (this.w - 2 * PAD) / Math.max(1, counts.length);
        return counts.map((n, i) => {
          const top = this.h - 22 - (Math.log1p(n) / most) * (this.h - 30);
          return `M${PAD + i * width},${this.h - 22}V${top}H${PAD + (i + 1) * width}V${this.h - 22}Z`;
        }).join("");
      },
      mark() {
        return Number.isFinite(this.isovalue) && this.isovalue >= this.low && this.isovalue <= this.high ? this.sx(this.isovalue) : null;
      },
      strip() {
        if (!this.palette || this.palette.length !== 768) return "";
        const canvas = document.createElement("canvas");
        canvas.width = 256;
        canvas.height = 1;
        const context = canvas.getContext("2d");
        const image = context.createImageData(256, 1);
        for (let i = 0; i < 256; i += 1) image.data.set([this.palette[3 * i], this.palette[3 * i + 1], this.palette[3 * i + 2], 255], 4 * i);
        context.putImageData(image, 0, 0);
        return canvas.toDataURL();
      },
    },
    // What comes back of an earlier edit would undo one that the server does not know of yet.
    watch: { points: { immediate: true, deep: true, handler(points) { if (!this.held && !this.waiting) this.local = (points || []).map((point) => [...point]); } } },
    mounted() {
      this.observer = new ResizeObserver(() => {
        const box = this.$refs.frame.getBoundingClientRect();
        this.w = Math.max(80, Math.floor(box.width));
        this.h = Math.max(60, Math.floor(box.height));
      });
      this.observer.observe(this.$refs.frame);
    },
    beforeUnmount() { this.observer.disconnect(); },
    methods: {
      short: (value) => window.idlatShort(value),
      sx(value) { return PAD + ((value - this.low) / (this.high - this.low || 1)) * (this.w - 2 * PAD); },
      sy(opacity) { return this.h - 22 - opacity * (this.h - 32); },
      value(event) {
        const box = this.$refs.frame.getBoundingClientRect();
        const x = (event.clientX - box.left - PAD) / (this.w - 2 * PAD);
        const y = (this.h - 22 - (event.clientY - box.top)) / (this.h - 32);
        return [this.low + Math.min(1, Math.max(0, x)) * (this.high - this.low), Math.min(1, Math.max(0, y))];
      },
      /** Keep the order of values: a point never passes its neighbours. */
      place(i, [value, opacity]) {
        const before = i > 0 ? this.local[i - 1][0] : this.low;
        const after = i < this.local.length - 1 ? this.local[i + 1][0] : this.high;
        this.local.splice(i, 1, [Math.min(after, Math.max(before, value)), Math.min(1, Math.max(0, opacity))]);
        this.tell();
      },
      tell() {
        if (this.waiting) return;
        this.waiting = setTimeout(() => { this.waiting = 0; this.$emit("change", this.local.map((point) => [...point])); }, 60);
      },
      grab(event, i) {
        event.target.focus();
        this.held = true;
        const move = (next) => this.place(i, this.value(next));
        const done = () => {
          this.held = false;
          window.removeEventListener("pointermove", move);
          window.removeEventListener("pointerup", done);
        };
        window.addEventListener("pointermove", move);
        window.addEventListener("pointerup", done);
      },
      /** Sweep over values: they alone are looked at; a mere click looks at all again. */
      sweep(event) {
        if (event.button || this.fixed) return;
        const [begun] = this.value(event);
        const at = event.clientX;
        const move = (next) => {
          const [value] = this.value(next);
          this.swept = Math.abs(next.clientX - at) < 4 ? null : [Math.min(begun, value), Math.max(begun, value)];
        };
        const done = () => {
          window.removeEventListener("pointermove", move);
          window.removeEventListener("pointerup", done);
          if (this.swept || this.brush?.length) this.$emit("brush", this.swept ? { low: this.swept[0], high: this.swept[1] } : {});
          this.swept = null;
        };
        window.addEventListener("pointermove", move);
        window.addEventListener("pointerup", done);
      },
      add(event) {
        if (this.local.length >= 16) return;
        this.local = [...this.local, this.value(event)].sort((a, b) => a[0] - b[0]);
        this.tell();
      },
      /** Add a point halfway to the next one, or to the one before the last. */
      between(i) {
        if (this.local.length >= 16) return;
        const at = Math.min(i, this.local.length - 2);
        const [a, b] = [this.local[at], this.local[at + 1]];
        this.local.splice(at + 1, 0, [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
        this.tell();
      },
      key(event, i) {
        const point = this.local[i];
        const step = (this.high - this.low) / 50;
        const moves = {
          ArrowLeft: [point[0] - step, point[1]], ArrowRight: [point[0] + step, point[1]],
          ArrowUp: [point[0], point[1] + 0.04], ArrowDown: [point[0], point[1] - 0.04],
        };
        if (moves[event.key]) this.place(i, moves[event.key]);
        else if (event.key === "Insert" || event.key === "+") this.between(i);
        else if ((event.key === "Delete" || event.key === "Backspace") && this.local.length > 2) { this.local.splice(i, 1); this.tell(); }
        else return;
        event.preventDefault();
        event.stopPropagation();
      },
    },
  };
})();
