// A small histogram with its ends labelled.
window.idlatParts["idlat-histogram"] = {
  props: ["counts", "edges", "colour", "label", "note"],
  template: `
    <figure class="idlat-histogram">
      <figcaption>{{ label }}<span class="idlat-note">{{ note }}</span></figcaption>
      <svg viewBox="0 0 100 30" preserveAspectRatio="none" role="img" :aria-label="label + ': ' + note"><line v-if="zero !== null" class="idlat-zero" :x1="zero" :x2="zero" y1="0" y2="30"></line><path :d="bars" :fill="colour || 'var(--accent)'"></path></svg>
      <div class="idlat-ends"><span>{{ short(edges && edges[0]) }}</span><span>{{ short(edges && edges[edges.length - 1]) }}</span></div>
    </figure>`,
  computed: {
    zero() {
      const [low, high] = [this.edges?.[0], this.edges?.[this.edges.length - 1]];
      return low < 0 && high > 0 ? (-100 * low) / (high - low) : null;
    },
    bars() {
      const counts = this.counts || [];
      const most = Math.max(1e-30, ...counts);
      const width = 100 / Math.max(1, counts.length);
      return counts.map((n, i) => `M${(i * width).toFixed(2)},30V${(30 - (29 * n) / most).toFixed(2)}h${(width * 0.86).toFixed(2)}V30Z`).join("");
    },
  },
  methods: { short: (value) => window.idlatShort(value) },
};
