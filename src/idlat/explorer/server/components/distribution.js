// Distributions of one group of blocks or of several, laid over one another, with axes, units and means.
(() => {
  const [RIGHT, TOP, BOTTOM] = [8, 6, 20];
  const WORDS = 13; // pixels above the curves that words have for themselves: no line crosses them

  /** Round numbers between two others, about so many. */
  window.idlatTicks = (low, high, count) => {
    if (!(high > low)) return [low];
    const rough = (high - low) / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((each) => each >= rough * 0.999);
    const within = (each) => {
      const found = [];
      for (let i = Math.ceil(low / each - 1e-9); i * each <= high + each * 1e-9; i += 1) found.push(Number((i * each).toPrecision(12)));
      return found;
    };
    return within(step).length > 1 ? within(step) : within(step / 2); // one number alone tells no scale
  };

  window.idlatParts["idlat-distribution"] = {
    props: ["plot", "nodes"],
    template: `
      <figure class="idlat-distribution">
        <figcaption :title="plot.title + ' ' + plot.unit"><strong>{{ plot.title }}</strong> {{ plot.unit }}</figcaption>
        <div class="idlat-plot" ref="frame">
          <svg :width="w" :height="h" role="img" :aria-label="say">
            <line class="idlat-frame" :x1="left" :x2="left" :y1="top" :y2="h - bottom"></line>
            <line class="idlat-frame" :x1="left" :x2="w - right" :y1="h - bottom" :y2="h - bottom"></line>
            <line v-if="low < 0 && high > 0" class="idlat-zero" :x1="x(0)" :x2="x(0)" :y1="top + words" :y2="h - bottom"></line>
            <g v-for="at in across" :key="'x' + at"><line class="idlat-frame" :x1="x(at)" :x2="x(at)" :y1="h - bottom" :y2="h - bottom + 3"></line>
              <text class="idlat-axis" :x="x(at)" :y="h - bottom + 14" text-anchor="middle">{{ short(at) }}</text></g>
            <text v-if="curves.length === 1" class="idlat-axis idlat-told" :x="w - right" :y="top + 8" text-anchor="end">{{ told }}</text>
            <text v-if="curves.length > 1 || w >= 150" class="idlat-axis idlat-of" :x="left + 4" :y="top + 8">{{ plot.of }}</text>
            <g v-for="at in up" :key="'y' + at"><line class="idlat-frame" :x1="left - 3" :x2="left" :y1="y(at)" :y2="y(at)"></line>
              <text class="idlat-axis" :x="left - 5" :y="y(at)" dy="0.34em" text-anchor="end">{{ short(at) }}</text></g>
            <g v-for="(curve, i) in curves" :key="i" class="idlat-series" :data-node="curve.node">
              <title>{{ curve.name }}: mean {{ signed(curve.mean) }} {{ plot.unit }}</title>
              <path class="idlat-fill" :d="curve.area" :fill="curve.colour" :fill-opacity="curves.length > 1 ? 0.12 : 0.5"></path>
              <path class="idlat-line" :d="curve.line" :stroke="curve.colour"></path>
              <line v-if="x(curve.mean) >= left && x(curve.mean) <= w - right" class="idlat-mean" :x1="x(curve.mean)" :x2="x(curve.mean)" :y1="top + words" :y2="h - bottom" :stroke="curve.colour"></line>
            </g>
          </svg>
        </div>
      </figure>`,
    data: () => ({ w: 180, h: 110, right: RIGHT, top: TOP, bottom: BOTTOM, words: WORDS }),
    computed: {
      low() { return this.plot.at[0]; },
      high() { return this.plot.at[this.plot.at.length - 1]; },
      /** The top of the plot: words stand above the curves. */
      most() { return 1.2 * Math.max(1e-30, ...this.plot.series.flatMap((one) => one.heights)); },
      across() { return window.idlatTicks(this.low, this.high, Math.max(3, Math.floor((this.w - this.left) / 52))).filter((at) => this.x(at) <= this.w - 14); },
      /** As wide as the longest number beside the plot. */
      left() { return Math.max(34, 10 + 6.5 * Math.max(...this.up.map((at) => this.short(at).length))); },
      up() { return window.idlatTicks(0, this.most, Math.max(1, Math.floor(this.h / 45))); },
      curves() {
        const known = Object.fromEntries((this.nodes || []).map((node) => [node.id, node]));
        return this.plot.series.map((one) => ({
          ...one, name: known[one.node]?.name ?? "chosen blocks", colour: known[one.node]?.colour ?? "var(--ink-soft)",
          ...this.shape(one.heights),
        }));
      },
      /** The mean of the only curve; the word is left out where there is no room for it: the dashed line says it, too. */
      told() {
        const mean = this.signed(this.curves[0].mean);
        return 7 * (mean.length + 5) > this.w - this.right - this.left ? mean : `mean ${mean}`;
      },
      say() {
        const means = this.curves.map((curve) => `${curve.name}: mean ${this.signed(curve.mean)} ${this.plot.unit}`.trim());
        return `${this.plot.title} (${this.plot.unit}), ${this.plot.of}. ${means.join("; ")}`;
      },
    },
    mounted() {
      this.observer = new ResizeObserver(() => {
        this.w = Math.max(90, this.$refs.frame.clientWidth);
        this.h = Math.max(70, this.$refs.frame.clientHeight);
      });
      this.observer.observe(this.$refs.frame);
    },
    beforeUnmount() { this.observer.disconnect(); },
    methods: {
      short: (value) => window.idlatShort(value),
      signed(value) { return `${this.low < 0 && value > 0 ? "+" : ""}${window.idlatShort(Number(value.toPrecision(3)))}`; },
      x(value) { return this.left + ((value - this.low) / (this.high - this.low || 1)) * (this.w - this.left - RIGHT); },
      y(height) { return this.h - BOTTOM - (height / this.most) * (this.h - TOP - BOTTOM); },
      /** Stairs over bins, a line through points. */
      shape(heights) {
        const ground = this.y(0);
        const { at } = this.plot;
        const points = at.length === heights.length
          ? heights.map((height, i) => [this.x(at[i]), this.y(height)])
          : heights.flatMap((height, i) => [[this.x(at[i]), this.y(height)], [this.x(at[i + 1]), this.y(height)]]);
        const line = `M${points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L")}`;
        return { line, area: `${line}V${ground}H${this.left}Z` };
      },
    },
  };
})();
