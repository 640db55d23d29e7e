// The plugin that trame loads: every component under its own name, and helpers for the templates.
window.idlat_explorer = {
  install(app) {
    for (const [name, part] of Object.entries(window.idlatParts)) app.component(name, part);
    const globals = app.config.globalProperties;
    globals.$act = (name, payload) => app._context.provides.trame.trigger("act", [name, payload || {}]);
    globals.$bridge = () => window.idlatBridge;
    globals.$picture = window.idlatPicture;
    globals.$vector = window.idlatVector;
    globals.$typed = window.idlatTyped;
  },
};
