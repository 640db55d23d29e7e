// Keyboard control of the 3-D view: the picture takes the focus, arrows turn it, + and - zoom, 0 looks from afar, x, y and
// z look along an axis. What is under the pointer is asked for, one place at a time, and told beside it.
window.idlatParts["idlat-keys"] = {
  emits: ["leave", "turn", "shift", "zoom", "home", "along"],
  props: ["label", "probe", "probed"],
  template: `
    <div class="idlat-keys" tabindex="0" role="application" :aria-label="label" @keydown="key" @pointermove="hover" @pointerdown="place = null"
      @pointerleave="leave"><slot></slot>
      <div v-if="place && probed" class="idlat-tip" :style="{ left: place.left, right: place.right, top: place.top, bottom: place.bottom }">
        <strong>{{ probed.place }}</strong><span v-if="probed.where">{{ probed.where }}</span>
        <span v-for="one in probed.values" :key="one.name">{{ one.name }} <b>{{ one.value }}</b></span><span v-if="probed.cluster">{{ probed.cluster }}</span>
      </div>
    </div>`,
  data: () => ({ place: null }),
  created() { this.asking = false; this.wanted = null; this.asked = false; },
  mounted() {
    const name = () => {
      for (const image of this.$el.querySelectorAll("img")) image.alt = "Volumes and surfaces as they are drawn";
      for (const part of this.$el.querySelectorAll("[tabindex]")) part.removeAttribute("tabindex"); // one stop: this one
    };
    this.observer = new MutationObserver(name);
    this.observer.observe(this.$el, { childList: true, subtree: true });
    name();
  },
  beforeUnmount() { this.observer.disconnect(); },
  methods: {
    hover(event) {
      const box = this.$el.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      if (event.buttons || !this.probe || !box.width || !box.height) { this.place = null; return; }
      const px = (n) => `${Math.round(n)}px`;
      this.place = {
        left: x < box.width / 2 ? px(x + 16) : "auto", right: x < box.width / 2 ? "auto" : px(box.width - x + 16),
        top: y < box.height / 2 ? px(y + 16) : "auto", bottom: y < box.height / 2 ? "auto" : px(box.height - y + 16),
      };
      this.wanted = { x: Math.min(1, Math.max(0, x / box.width)), y: Math.min(1, Math.max(0, y / box.height)) };
      this.asked = true;
      this.ask();
    },
    /** Tell that nothing is under the pointer any more: the other views mark the block until then. */
    leave() {
      this.place = null;
      this.wanted = null;
      if (this.asked) this.$emit("leave");
      this.asked = false;
    },
    /** Ask for the latest place, and for a next one a moment after the answer came. */
    async ask() {
      if (this.asking) return;
      this.asking = true;
      while (this.wanted) {
        const wanted = this.wanted;
        this.wanted = null;
        await Promise.resolve(this.probe(wanted)).catch(() => 0);
        await new Promise((done) => { setTimeout(done, 40); });
      }
      this.asking = false;
    },
    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const d = 18;
      const arrows = { ArrowLeft: [-d, 0], ArrowRight: [d, 0], ArrowUp: [0, -d], ArrowDown: [0, d] };
      if (arrows[event.key]) this.$emit(event.shiftKey ? "shift" : "turn", { dx: arrows[event.key][0], dy: arrows[event.key][1] });
      else if (event.key === "+" || event.key === "=") this.$emit("zoom", { factor: 1.15 });
      else if (event.key === "-") this.$emit("zoom", { factor: 1 / 1.15 });
      else if (event.key === "0") this.$emit("home");
      else if ("xyz".includes(event.key.toLowerCase())) this.$emit("along", { axis: event.key.toLowerCase(), behind: event.shiftKey });
      else return;
      event.preventDefault();
    },
  },
};
