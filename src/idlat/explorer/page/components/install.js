// The plugin that trame loads: every component under its own name.
window.idlat_explorer = {
  install(app) {
    for (const [name, part] of Object.entries(window.idlatParts)) app.component(name, part);
  },
};
