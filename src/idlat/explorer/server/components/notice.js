// A line from the server: shown when its number changes, for a while, over the picture, where no control is. It takes
// no pointer but on its button, so that what lies under it can be used; Escape closes it too.
window.idlatParts["idlat-notice"] = {
  props: ["notice"],
  template: `
    <div class="idlat-notices">
      <div role="alert" aria-live="assertive"><span v-if="shown && error" :key="notice.number">{{ notice.text }}</span></div>
      <div role="status" aria-live="polite"><span v-if="shown && !error" :key="notice.number">{{ notice.text }}</span></div>
      <button v-if="shown" type="button" aria-label="Close the message" @click="close"><i class="mdi mdi-close" aria-hidden="true"></i></button>
    </div>`,
  data: () => ({ shown: false }),
  computed: { error() { return this.notice.kind === "error"; } },
  watch: { "notice.number": { immediate: true, handler(number) { if (number) this.show(); } } },
  mounted() { window.idlatNotice = this; },
  beforeUnmount() { clearTimeout(this.timer); },
  methods: {
    show() {
      clearTimeout(this.timer);
      this.shown = this.notice.text !== ""; // an empty one takes the last away
      this.timer = setTimeout(this.close, this.error ? 12_000 : 4_000);
    },
    /** Close it; tell whether it was open. */
    close() {
      const open = this.shown;
      clearTimeout(this.timer);
      this.shown = false;
      return open;
    },
  },
};
