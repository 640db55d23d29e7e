// The chart of tracks: as wide as its page, a row a track; triangles mark where one begins, ends, divides or takes others
// in, and thin lines lead from the tracks that go over into it. It grows with its page, its letters do not shrink.
window.idlatParts["idlat-tracks"] = {
  props: ["tracks", "titles", "step", "steps", "times"],
  emits: ["show"],
  template: `
    <div class="idlat-tracks" ref="frame">
      <svg class="track-chart" :width="w" :height="height" role="group" aria-label="Tracks through the steps">
        <line class="track-now" :x1="x(step)" :x2="x(step)" y1="4" :y2="height - 22"></line>
        <g v-for="(track, i) in tracks" :key="track.track" class="track" role="group" :aria-label="'Track ' + (track.track + 1) + ', steps ' + (track.first + 1) + ' to ' + (track.last + 1)">
          <text x="0" :y="y(i)" dy="0.34em">track {{ track.track + 1 }}</text>
          <path v-for="(link, k) in track.links" :key="'link' + k" class="track-link" :d="'M' + x(link.before) + ',' + y(link.row) + 'L' + x(link.after) + ',' + y(i)"></path>
          <line :x1="x(track.first)" :x2="x(track.last)" :y1="y(i)" :y2="y(i)" :stroke="track.colour"></line>
          <g v-for="point in track.points" :key="point.step" class="track-point" role="button" tabindex="0" :aria-label="say(track, point)"
            @click="show(track, point)" @keydown.enter="show(track, point)" @keydown.space.prevent="show(track, point)">
            <title>{{ say(track, point) }}</title>
            <circle :cx="x(point.step)" :cy="y(i)" :r="point.r * size" :fill="track.colour"></circle>
            <path v-for="name in point.events" :key="name" class="track-event" :data-event="name" :d="mark(name, x(point.step), y(i), point.r * size)"></path>
          </g>
        </g>
        <text class="track-axis" :x="left" :y="height - 6" text-anchor="middle">{{ time(0) }}</text>
        <text v-if="steps > 1" class="track-axis" :x="w - 4" :y="height - 6" text-anchor="end">{{ time(steps - 1) }}</text>
      </svg>
      <p class="track-key"><span v-for="(title, name) in titles" :key="name"><svg width="20" height="14" aria-hidden="true"><path class="track-event" :d="mark(name, /birth|merge/.test(name) ? 15 : 4, 7, 0)"></path></svg>{{ title }}</span></p>
    </div>`,
  data: () => ({ w: 400, h: 160, left: 66 }),
  computed: {
    row() { return Math.max(16, Math.min(64, (this.h - 60) / Math.max(1, this.tracks.length))); },
    size() { return Math.min(2, this.row / 22); },
    height() { return this.row * this.tracks.length + 30; },
  },
  mounted() {
    const page = this.$refs.frame.closest(".dock-page");
    this.observer = new ResizeObserver(() => {
      this.w = Math.max(240, this.$refs.frame.clientWidth);
      this.h = page.clientHeight - (this.$refs.frame.offsetTop - page.offsetTop);
    });
    this.observer.observe(this.$refs.frame);
    this.observer.observe(page);
  },
  beforeUnmount() { this.observer.disconnect(); },
  methods: {
    x(step) { return this.left + (step * (this.w - this.left - 24)) / Math.max(1, this.steps - 1); },
    y(i) { return 4 + this.row * (i + 0.5); },
    time(step) { return (this.times || [])[step] ?? `step ${step + 1}`; },
    say(track, point) { return `Track ${track.track + 1}, step ${point.step + 1}, ${point.blocks} blocks${point.told ? `: ${point.told}` : ""}`; },
    show(track, point) { this.$emit("show", { step: point.step, track: track.track }); },
    /** A triangle beside a point: before it where something begins or comes in, behind it where it ends or divides. */
    mark(name, x, y, r) {
      const at = r + 3;
      return {
        birth: `M${x - at},${y}l-6,-4v8z`,
        death: `M${x + at + 6},${y}l-6,-4v8zm1,-4v8`,
        split: `M${x + at},${y}l6,-5m-6,5l6,5`,
        merge: `M${x - at},${y}l-6,-5m6,5l-6,5`,
      }[name];
    },
  },
};
