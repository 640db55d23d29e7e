// Views of physical space that are kept under a name: keep the present one, go back to one, delete one.
window.idlatParts["idlat-cameras"] = {
  props: ["names"],
  emits: ["keep", "use", "forget"],
  template: `
    <div class="cameras">
      <p><label for="camera-name">Keep this view as</label>
        <input id="camera-name" v-model="name" maxlength="40" :placeholder="free" @keydown.enter="keep"><button type="button" @click="keep">Keep</button></p>
      <ul v-if="names.length" aria-label="Views that are kept">
        <li v-for="each in names" :key="each"><button type="button" class="cameras-use" :title="'Look as in ' + each" @click="$emit('use', { name: each })">{{ each }}</button>
          <button type="button" :aria-label="'Delete view ' + each" title="Delete" @click="$emit('forget', { name: each })">×</button></li>
      </ul>
    </div>`,
  data: () => ({ name: "" }),
  computed: {
    /** What an empty name comes to: the server finds the same. */
    free() {
      let i = 1;
      while (this.names.includes(`View ${i}`)) i += 1;
      return `View ${i}`;
    },
  },
  methods: {
    keep() { this.$emit("keep", { name: this.name }); this.name = ""; },
  },
};
