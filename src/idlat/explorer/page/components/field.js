// A text field that keeps what is being typed, whatever the state does meanwhile; Enter or leaving it tells.
window.idlatParts["idlat-field"] = {
  props: ["value"],
  emits: ["change"],
  template: `<input :value="text" @focus="begin" @input="text = $event.target.value" @blur="end"
    @keydown.enter="$event.target.blur()" @keydown.esc.stop="leave($event)">`,
  data: () => ({ text: "", typing: false }),
  watch: { value: { immediate: true, handler(value) { if (!this.typing) this.text = String(value ?? ""); } } },
  methods: {
    begin(event) { this.typing = true; event.target.select(); },
    end() {
      this.typing = false;
      if (this.text !== String(this.value ?? "")) this.$emit("change", this.text);
    },
    leave(event) { this.text = String(this.value ?? ""); this.$nextTick(() => event.target.blur()); },
  },
};
