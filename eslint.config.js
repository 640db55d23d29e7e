// The explorer's page is made of classic scripts: each adds its components to window.idlatParts.
"use strict";

const js = require("@eslint/js");
const globals = require("globals");

module.exports = [
  js.configs.recommended,
  {
    files: ["src/idlat/explorer/**/*.js"],
    languageOptions: { ecmaVersion: 2022, sourceType: "script", globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: { eqeqeq: "error", "no-var": "error", "no-shadow": "error", "prefer-const": "error", curly: ["error", "multi-line"] },
  },
];
