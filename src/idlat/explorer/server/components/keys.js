// Keyboard control of the 3-D view: the picture takes the focus, arrows turn it, + and - zoom, 0 looks from afar.
window.idlatParts["idlat-keys"] = {
  emits: ["turn", "shift", "zoom", "home"],
  props: ["label"],
  template: `<div class="idlat-keys" tabindex="0" role="application" :aria-label="label" @keydown="key"><slot></slot></div>`,
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
    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const d = 18;
      const arrows = { ArrowLeft: [-d, 0], ArrowRight: [d, 0], ArrowUp: [0, -d], ArrowDown: [0, d] };
      if (arrows[event.key]) this.$emit(event.shiftKey ? "shift" : "turn", { dx: arrows[event.key][0], dy: arrows[event.key][1] });
      else if (event.key === "+" || event.key === "=") this.$emit("zoom", { factor: 1.15 });
      else if (event.key === "-") this.$emit("zoom", { factor: 1 / 1.15 });
      else if (event.key === "0") this.$emit("home");
      else return;
      event.preventDefault();
    },
  },
};
