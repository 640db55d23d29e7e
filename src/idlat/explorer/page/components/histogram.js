// A small histogram with its ends labelled.
window.idlatParts["idlat-histogram"] = {
  props: ["counts", "edges", "colour", "label"],
  template: `
    <figure class="idlat-histogram" role="img" :aria-label="label">
      <figcaption>{{ label }}</figcaption>
      <svg viewBox="0 0 100 30" preserveAspectRatio="none"><path :d="bars" :fill="colour || 'var(--accent)'"></path></svg>
      <div class="idlat-ends"><span>{{ short(edges && edges[0]) }}</span><span>{{ short(edges && edges[edges.length - 1]) }}</span></div>
    </figure>`,
  computed: {
    bars() {
      const counts = this.counts || [];
      const most = Math.max(1e-30, ...counts);
      const width = 100 / Math.max(1, counts.length);
      return counts.map((n, i) => `M${(i * width).toFixed(2)},30V${(30 - (29 * n) / most).toFixed(2)}h${(width * 0.86).toFixed(2)}V30Z`).join("");
    },
  },
  methods: { short: (value) => window.idlatShort(value) },
};
