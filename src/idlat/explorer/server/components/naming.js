// Name and colour of a cluster. What is typed or picked is told with the cluster that it was begun for, whatever is
// chosen meanwhile; `wanted` names the cluster whose name is to be typed next. `rename` promises an answer.
window.idlatParts["idlat-naming"] = {
  props: ["node", "name", "colour", "wanted", "rename"],
  emits: ["recolour", "begun"],
  template: `
    <div class="cluster-head">
      <label class="swatch" :style="{ background: colour }" title="Colour of the cluster">
        <input type="color" :value="colour" aria-label="Colour of the cluster" @focus="painted = node" @click="painted = node"
          @change="$emit('recolour', { node: painted ?? node, colour: $event.target.value })"></label>
      <input ref="name" class="name" :value="text" maxlength="80" aria-label="Name of the cluster" @focus="begin"
        @input="text = $event.target.value" @blur="end" @keydown.enter="$event.target.blur()" @keydown.esc.stop="leave($event)">
    </div>`,
  data: () => ({ text: "", typed: null, told: null, painted: null }),
  watch: {
    name: { immediate: true, handler() { this.show(); } },
    node() { this.painted = null; this.show(); },
    wanted() { this.take(); },
  },
  mounted() { this.take(); },
  updated() { this.take(); },
  methods: {
    /** Show the cluster's name, or what it will come to; never over what is typed. */
    show() { if (!this.typed) this.text = this.told?.node === this.node ? this.told.name : this.name; },
    take() {
      if (this.wanted === null || this.wanted === undefined || this.wanted !== this.node) return;
      this.$emit("begun");
      if (!document.activeElement?.closest("input, textarea")) this.$refs.name.focus(); // someone types elsewhere
    },
    begin(event) {
      this.typed = { node: this.node, name: this.text };
      event.target.select();
    },
    async end() {
      if (!this.typed) return;
      const { node, name } = this.typed;
      const told = Object.freeze({ node, name: this.text }); // not reactive: it is compared below
      this.typed = null;
      if (told.name !== name) {
        this.told = told;
        this.show();
        await Promise.resolve(this.rename(told)).catch(() => 0);
        if (this.told === told) this.told = null;
      }
      this.show();
    },
    leave(event) {
      this.text = this.typed.name;
      event.target.blur();
    },
  },
};
