// A text field that keeps what is being typed, whatever the state does meanwhile; Enter or leaving it tells. `tell` takes
// the text and promises an answer: until it came, the field shows what was typed, then what came of it.
window.idlatParts["idlat-field"] = {
  props: ["value", "tell"],
  template: `<input :value="text" @focus="begin" @input="text = $event.target.value" @blur="end"
    @keydown.enter="$event.target.blur()" @keydown.esc.stop="leave($event)">`,
  data: () => ({ text: "", before: "", last: "", typing: false, open: 0 }),
  watch: { value: { immediate: true, handler() { this.last = String(this.value ?? ""); this.show(); } } },
  methods: {
    show() { if (!this.typing && !this.open) this.text = String(this.value ?? ""); },
    begin(event) {
      this.typing = true;
      this.before = this.text;
      event.target.select();
    },
    async end() {
      this.typing = false;
      // what is shown may be older than what was told last: the state comes after the answer
      if (this.text !== this.before || this.text !== this.last) {
        this.last = this.text;
        this.open += 1;
        await Promise.resolve(this.tell(this.text)).catch(() => 0);
        this.open -= 1;
      }
      this.show();
    },
    leave(event) { this.text = this.before; this.$nextTick(() => event.target.blur()); },
  },
};
