// What ties the page to the browser: the address keeps the state, keys act, files come and go.
const TRIES = "idlat-reloads";
const tries = () => Number(sessionStorage.getItem(TRIES) || 0);

window.idlatParts["idlat-bridge"] = {
  props: ["fragment", "download"],
  template: `<input ref="file" type="file" accept=".json,application/json" class="idlat-file" tabindex="-1" aria-hidden="true" @change="upload">`,
  inject: ["trame"],
  mounted() {
    window.idlatBridge = this;
    this.stands = setTimeout(() => sessionStorage.removeItem(TRIES), 3000); // the connection holds
    window.addEventListener("keydown", this.key);
    window.addEventListener("hashchange", this.arrive);
    this.act("open", { fragment: window.location.hash.slice(1) });
  },
  beforeUnmount() {
    clearTimeout(this.stands);
    window.removeEventListener("keydown", this.key);
    window.removeEventListener("hashchange", this.arrive);
  },
  watch: {
    fragment(text) {
      if (!text || text === window.location.hash.slice(1)) return;
      // the base address is the assets': a bare "#…" would lead there
      window.history.replaceState(null, "", `${window.location.pathname}${window.location.search}#${text}`);
    },
    download(file) { if (file && file.key) this.fetchFile(file); },
  },
  methods: {
    act(name, payload) { return this.trame.trigger("act", [name, payload || {}]); },
    arrive() {
      const text = window.location.hash.slice(1);
      if (text && text !== this.fragment) this.act("open", { fragment: text });
    },
    fetchFile(file) {
      const link = document.createElement("a");
      link.href = window.idlatPlace(`download/${file.key}`).href;
      link.download = file.name;
      document.body.append(link);
      link.click();
      link.remove();
    },
    choose() { this.$refs.file.click(); },
    async upload(event) {
      const file = event.target.files[0];
      event.target.value = "";
      if (!file) return;
      if (file.size > 4_000_000) { this.act("say", { text: `${file.name} is too large for a state` }); return; }
      this.act("restore", { text: await file.text() });
    },
    key(event) {
      const typing = event.target.closest("input, textarea, [contenteditable]");
      if (typing && event.target.type !== "range" && event.target.type !== "checkbox") return;
      const command = event.ctrlKey || event.metaKey;
      if (command && event.key.toLowerCase() === "z") this.act(event.shiftKey ? "redo" : "undo");
      else if (command && event.key.toLowerCase() === "y") this.act("redo");
      else if (!command && !event.altKey && event.key === "?") this.trame.state.set("help", true);
      else if (!command && !event.altKey && event.key === "Escape") { if (!this.leave()) return; }
      else return;
      event.preventDefault();
    },
    /** What Escape leaves, outside of dialogs, menus and fields: a message, an enlarged view, the selection. */
    leave() {
      if (document.querySelector(".v-overlay--active")) return false;
      if (window.idlatNotice?.close() && this.trame.state.get("notice").kind === "error") return true;
      if (this.trame.state.get("enlarged")) this.trame.state.set("enlarged", "");
      else this.act("clear");
      return true;
    },
    copyAddress() {
      navigator.clipboard?.writeText(window.location.href).then(
        () => this.act("say", { text: "address copied: it holds the whole state" }),
        () => this.act("say", { text: "the browser refused; copy the address bar: it holds the whole state" }),
      );
    },
  },
};

/** Draw what a page of the dock shows as it stands: its images and charts, and every piece of text in its place. */
async function drawPage(panel, ground, context, scale) {
  const origin = panel.getBoundingClientRect();
  ground(origin.width * scale, origin.height * scale);
  context.scale(scale, scale);
  const at = (part) => {
    const box = part.getBoundingClientRect();
    return [box.left - origin.left, box.top - origin.top, box.width, box.height];
  };
  for (const part of panel.querySelectorAll(".swatch")) {
    context.fillStyle = getComputedStyle(part).backgroundColor;
    context.fillRect(...at(part));
  }
  for (const part of panel.querySelectorAll("img")) context.drawImage(part, ...at(part));
  for (const part of panel.querySelectorAll("svg")) {
    const box = at(part);
    if (box[2] && box[3]) context.drawImage(await drawn(part, box[2], box[3]), ...box);
  }
  const write = (text, style, x, y) => {
    context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    context.fillStyle = style.color;
    context.textBaseline = "middle";
    context.fillText(text, x, y);
  };
  const texts = document.createTreeWalker(panel, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (!node.data.trim() || node.parentElement.closest("svg, option, button:not(.v-btn--active)")) continue;
    const frame = at(node.parentElement.closest("figcaption") ?? panel);
    const end = frame[0] + frame[2];
    for (const word of node.data.matchAll(/\S+/g)) { // each where it stands: lines break, and gaps between texts are kept
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const box = at(range);
      const cut = box[0] + box[2] > end + 1; // as the page cuts it, with dots
      const seen = box[2] && box[0] < end - (cut ? 6 : 0);
      if (seen) write(cut ? "…" : word[0], getComputedStyle(node.parentElement), box[0], box[1] + box[3] / 2);
      if (cut) break;
    }
  }
  for (const part of panel.querySelectorAll("input:not([type=range]):not([type=color]), select")) {
    const box = at(part);
    const text = part.tagName === "SELECT" ? part.selectedOptions[0]?.text ?? "" : part.value;
    if (box[2]) write(text, getComputedStyle(part), box[0] + 4, box[1] + box[3] / 2);
  }
}

/** An SVG as an image, in the styles that it has on the page. */
async function drawn(svg, width, height) {
  const copy = svg.cloneNode(true);
  const from = svg.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((part, i) => {
    const style = getComputedStyle(from[i]);
    for (const key of ["fill", "stroke", "stroke-width", "paint-order", "font-size", "font-family", "font-weight", "opacity", "fill-opacity", "stroke-dasharray"]) part.style.setProperty(key, style.getPropertyValue(key));
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await image.decode();
  return image;
}

/** Save the latent space as SVG. */
window.idlatVector = () => {
  const link = document.createElement("a");
  link.download = "latent-space.svg";
  link.href = URL.createObjectURL(new Blob([window.idlatVectorOf(document.querySelector(".idlat-scatter").idlatPart)], { type: "image/svg+xml" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};

/** Save the picture of a view: its canvas, its tree, or its page as it stands. */
window.idlatPicture = async (view, name) => {
  const panel = document.querySelector(`[data-view="${view}"]`);
  const scatter = panel?.querySelector(".idlat-scatter")?.idlatPart;
  const canvas = scatter ? window.idlatCaptioned(scatter, 3) : panel?.querySelector("canvas");
  const svg = panel?.querySelector("svg.idlat-tree, .idlat-transfer svg");
  const scale = 2;
  const page = getComputedStyle(document.querySelector(".idlat"));
  const target = document.createElement("canvas");
  const context = target.getContext("2d");
  const ground = (width, height) => {
    target.width = width;
    target.height = height;
    context.fillStyle = page.getPropertyValue("--surface");
    context.fillRect(0, 0, width, height);
  };
  if (canvas) {
    ground(canvas.width, canvas.height);
    context.drawImage(canvas, 0, 0);
  } else if (svg) {
    const image = await drawn(svg, svg.clientWidth, svg.clientHeight);
    ground(svg.clientWidth * scale, svg.clientHeight * scale);
    context.drawImage(image, 0, 0, target.width, target.height);
  } else if (panel) {
    await drawPage(panel, ground, context, scale);
  } else {
    return;
  }
  const link = document.createElement("a");
  link.download = `${name}.png`;
  link.href = target.toDataURL("image/png");
  link.click();
};

// Shown when the connection is lost: waits for the server, then loads the page again; the address brings the state.
window.idlatParts["idlat-reconnect"] = {
  template: `
    <div class="idlat-lost" role="alert">
      <div class="idlat-lost-card">
        <div class="idlat-spinner"></div>
        <h1>Connection lost</h1>
        <p>{{ reason || 'Waiting for the server.' }} Your view is kept in the address and comes back with it.</p>
      </div>
    </div>`,
  data: () => ({ reason: "" }),
  mounted() { this.later(); },
  beforeUnmount() { clearTimeout(this.timer); },
  methods: {
    async ask() {
      try {
        const answer = await fetch(window.idlatPlace("alive"), { cache: "no-store" });
        if (answer.ok) {
          sessionStorage.setItem(TRIES, tries() + 1);
          window.location.reload();
          return;
        }
        this.reason = `${(await answer.text()).trim().slice(0, 200)}.`;
      } catch { this.reason = ""; /* still away */ }
      this.later();
    },
    /** Ask again, the later the more often coming back did not help. */
    later() { this.timer = setTimeout(this.ask, Math.min(10_000, 700 * 2 ** tries())); },
  },
};
