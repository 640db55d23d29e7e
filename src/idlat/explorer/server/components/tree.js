// The cluster tree: root on the left, leaves on the right, one row a leaf. Click a leaf to split it, shift-click a
// parent to merge what is below, click a name to select without splitting, with Ctrl several. Arrow keys walk the tree.
(() => {
  const ROW = 26;
  const STEP = 34;
  const MARGIN = 16;

  window.idlatParts["idlat-tree"] = {
    props: ["nodes", "selected", "chosen", "gatherable"],
    emits: ["rename"],
    inject: ["trame"],
    template: `
      <svg class="idlat-tree" role="tree" aria-label="Cluster tree" aria-multiselectable="true" :width="width" :height="height">
        <path v-for="link in links" :key="link.key" :d="link.d" class="idlat-link"
          :class="{ 'is-on': link.on }"></path>
        <g v-for="node in placed" :key="node.id" role="treeitem" class="idlat-node"
          :class="{ 'is-selected': isOn(node), 'is-leaf': node.leaf }"
          :transform="'translate(' + node.x + ',' + node.y + ')'" :data-node="node.id"
          :tabindex="node.id === focus ? 0 : -1" :aria-level="node.depth + 1"
          :aria-selected="isOn(node)" :aria-expanded="node.leaf ? undefined : true" :aria-label="say(node)"
          @focus="focus = node.id" @keydown="key($event, node)">
          <title>{{ hint(node) }}</title>
          <circle class="idlat-hit" r="13" @click="click($event, node)"></circle>
          <circle class="idlat-dot" :r="node.r" :fill="node.leaf ? node.colour : 'var(--surface)'" :stroke="node.colour"
            @click="click($event, node)"></circle>
          <text v-if="node.leaf" x="16" dy="0.34em" @click.stop="act(more($event) ? 'choose_more' : 'choose', node.id)"
            @dblclick.stop="$emit('rename', node.id)">{{ short(node.name) + " " }}<tspan class="idlat-count" dx="3">{{ node.size.toLocaleString('en') }}</tspan></text>
        </g>
      </svg>`,
    data: () => ({ focus: null }),
    computed: {
      byId() { return Object.fromEntries((this.nodes || []).map((node) => [node.id, node])); },
      placed() {
        const nodes = this.nodes || [];
        const children = {};
        let root = null;
        for (const node of nodes) {
          if (node.parent === null || node.parent === undefined) root = node;
          else (children[node.parent] ??= []).push(node);
        }
        if (!root) return [];
        const out = [];
        const largest = root.size || 1;
        let row = 0;
        const walk = (node, depth) => {
          const below = (children[node.id] || []).map((child) => walk(child, depth + 1));
          const y = below.length ? (below[0] + below[below.length - 1]) / 2 : MARGIN + ROW * row++;
          out.push({ ...node, depth, leaf: !below.length, x: MARGIN + STEP * depth, y, r: 4 + 6 * Math.sqrt(node.size / largest) });
          return y;
        };
        walk(root, 0);
        return out.sort((a, b) => a.depth - b.depth || a.y - b.y);
      },
      links() {
        const at = Object.fromEntries(this.placed.map((node) => [node.id, node]));
        return this.placed.filter((node) => at[node.parent]).map((node) => {
          const from = at[node.parent];
          const middle = (from.x + node.x) / 2;
          return { key: node.id, on: node.id === this.selected, d: `M${from.x},${from.y} C${middle},${from.y} ${middle},${node.y} ${node.x},${node.y}` };
        });
      },
      height() { return Math.max(60, 2 * MARGIN + ROW * (this.placed.filter((node) => node.leaf).length - 1)); },
      width() { return Math.max(180, ...this.placed.filter((node) => node.leaf).map((node) => node.x + 60 + 7.2 * this.short(node.name).length)); },
    },
    watch: {
      placed: {
        immediate: true,
        handler(placed) {
          if (!placed.some((node) => node.id === this.focus)) this.focus = placed.length ? placed[0].id : null;
        },
      },
    },
    methods: {
      isOn(node) { return node.id === this.selected || (this.chosen || []).includes(node.id); },
      more(event) { return event.ctrlKey || event.metaKey; },
      say(node) {
        return `${node.name} ${node.size.toLocaleString("en")} blocks${node.leaf ? "" : ", split"}`;
      },
      /** A name that fits: the whole of it is the title's. */
      short(name) { return name.length > 24 ? `${name.slice(0, 23).trimEnd()}…` : name; },
      hint(node) {
        return node.leaf ? `${node.name}: ${node.size} blocks. Click the dot to split, the name to select; with Ctrl to choose several`
          : `${node.name}: ${node.size} blocks. Click to select, shift-click to merge`;
      },
      click(event, node) {
        this.focus = node.id;
        if (this.more(event)) this.act("choose_more", node.id);
        else if (event.shiftKey) this.act("merge", node.leaf ? node.parent ?? node.id : node.id);
        else this.act(node.leaf ? "split" : "choose", node.id);
      },
      /** Ask the server for an edit; what was to be renamed next no longer is. */
      act(name, node, others = {}) {
        this.trame.state.set("renaming", null);
        this.trame.trigger("act", [name, { node, ...others }]);
      },
      key(event, node) {
        if (this.more(event) && (event.key === "Enter" || event.key === " ")) {
          event.preventDefault();
          this.act("choose_more", node.id);
        }
        if (this.more(event) || event.altKey) return;
        const order = [...this.placed].sort((a, b) => a.y - b.y || a.x - b.x);
        const here = order.findIndex((other) => other.id === node.id);
        const acts = {
          ArrowDown: () => this.go(order[here + 1]),
          ArrowUp: () => this.go(order[here - 1]),
          ArrowLeft: () => this.go(this.placed.find((other) => other.id === node.parent)),
          ArrowRight: () => this.go(this.placed.find((other) => other.parent === node.id)),
          Enter: () => this.act("choose", node.id),
          " ": () => this.act("choose", node.id),
          s: () => node.leaf && this.act("split", node.id),
          "+": () => node.leaf && this.act("split", node.id),
          m: () => this.act("merge", node.leaf ? node.parent ?? node.id : node.id),
          "-": () => this.act("merge", node.leaf ? node.parent ?? node.id : node.id),
          g: () => this.gatherable && this.trame.trigger("act", ["gather", {}]),
          F2: () => this.$emit("rename", node.id),
        };
        for (let count = 2; count < 10; count += 1) acts[count] = () => node.leaf && this.act("split", node.id, { count });
        if (!acts[event.key]) return;
        event.preventDefault();
        event.stopPropagation();
        acts[event.key]();
      },
      go(node) {
        if (!node) return;
        this.focus = node.id;
        this.$nextTick(() => this.$el.querySelector(`[data-node="${node.id}"]`)?.focus());
      },
    },
  };
})();
