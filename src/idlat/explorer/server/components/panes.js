// Bars between the views: dragged, or moved by arrow keys (with Shift further), they share the page out otherwise; a double
// click, Enter or Home gives every view its own share again. `shares` are those of tree and latent space of the width, and
// of both of the height; none is as the page begins.
(() => {
  const BARS = [
    { name: "tree", before: "tree", after: "latent", side: "width", least: [190, 270], label: "Width of the clusters" },
    { name: "latent", before: "latent", after: "space", side: "width", least: [270, 500], label: "Width of the latent space" },
    { name: "dock", before: "latent", after: "dock", side: "height", least: [160, 272], label: "Height of the views above the figures" },
  ];

  window.idlatParts["idlat-panes"] = {
    props: ["shares"],
    emits: ["change"],
    template: `
      <div v-for="(bar, i) in bars" :key="bar.name" :class="['split', 'split-' + bar.name]" role="separator" tabindex="0" :aria-label="bar.label"
        :aria-orientation="bar.side === 'width' ? 'vertical' : 'horizontal'" aria-valuemin="0" aria-valuemax="100" :aria-valuenow="now[i]"
        title="Drag to resize; double-click for the usual sizes" @pointerdown.prevent="grab($event, i)" @dblclick="usual" @keydown="key($event, i)"></div>`,
    data: () => ({ bars: BARS, now: [0, 0, 0] }),
    watch: { shares: { deep: true, handler() { if (!this.held) this.lay(this.shares); } } },
    mounted() {
      this.grid = document.querySelector("main.grid");
      this.observer = new ResizeObserver(() => this.measure());
      for (const name of ["tree", "latent", "space", "dock"]) this.observer.observe(this.view(name));
      this.lay(this.shares);
    },
    beforeUnmount() { this.observer.disconnect(); },
    methods: {
      view(name) { return this.grid.querySelector(`.area-${name}`); },
      lay(shares) {
        const [tree, latent, top] = shares?.length === 3 ? shares : [];
        const parts = top ? { tree, latent, space: 1 - tree - latent, top, dock: 1 - top } : {};
        for (const name of ["tree", "latent", "space", "top", "dock"]) {
          if (parts[name]) this.grid.style.setProperty(`--${name}`, `${(100 * parts[name]).toFixed(3)}fr`);
          else this.grid.style.removeProperty(`--${name}`);
        }
      },
      size(name, side) { return this.view(name).getBoundingClientRect()[side]; },
      /** The shares as they are on the page. */
      measured() {
        const [tree, latent, space] = ["tree", "latent", "space"].map((name) => this.size(name, "width"));
        const [top, dock] = ["latent", "dock"].map((name) => this.size(name, "height"));
        const all = tree + latent + space;
        return all && top + dock ? [tree / all, latent / all, top / (top + dock)] : null; // none while one fills the page
      },
      measure() {
        const found = this.measured();
        if (found) this.now = [found[0], found[0] + found[1], found[2]].map((share) => Math.round(100 * share));
      },
      /** Give the view before a bar so many pixels, as far as both have room. */
      move(i, size) {
        const bar = BARS[i];
        const both = this.size(bar.before, bar.side) + this.size(bar.after, bar.side);
        const first = Math.max(bar.least[0], Math.min(both - bar.least[1], size));
        const shares = this.measured();
        if (!shares || first < bar.least[0]) return;
        const whole = bar.side === "height" ? both : ["tree", "latent", "space"].reduce((sum, name) => sum + this.size(name, "width"), 0);
        if (i === 0) shares[1] += shares[0] - first / whole;
        shares[i] = first / whole;
        this.lay(shares);
        this.wanted = shares;
      },
      tell() {
        if (this.wanted) this.$emit("change", this.wanted.map((share) => Number(share.toFixed(4))));
        this.wanted = null;
      },
      grab(event, i) {
        const bar = BARS[i];
        event.target.focus();
        event.target.setPointerCapture(event.pointerId);
        const along = bar.side === "width" ? "clientX" : "clientY";
        const off = this.size(bar.before, bar.side) - event[along];
        this.held = true;
        const move = (later) => this.move(i, later[along] + off);
        const drop = () => {
          event.target.removeEventListener("pointermove", move);
          this.held = false;
          this.tell();
        };
        event.target.addEventListener("pointermove", move);
        event.target.addEventListener("lostpointercapture", drop, { once: true });
      },
      usual() { this.lay([]); this.$emit("change", []); },
      key(event, i) {
        const bar = BARS[i];
        const signs = bar.side === "width" ? { ArrowLeft: -1, ArrowRight: 1 } : { ArrowUp: -1, ArrowDown: 1 };
        if (signs[event.key]) {
          this.move(i, this.size(bar.before, bar.side) + signs[event.key] * (event.shiftKey ? 64 : 16));
          this.tell();
        } else if (event.key === "Home" || event.key === "Enter") this.usual();
        else return;
        event.preventDefault();
      },
    },
  };
})();
