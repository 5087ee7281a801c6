import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";
import { textAlone } from "./lint-text-alone.js";

/** Which folder may import which (app/ARCHITECTURE.md). Tests may import all. */
const folders = [
  "routes",
  "use-cases",
  "http",
  "conversation",
  "store",
  "replies",
  "quotas",
  "model",
  "tools",
  "telemetry",
  "browser",
  "components",
  "i18n",
];
const allowed = {
  conversation: [],
  store: ["conversation"],
  model: ["conversation"],
  tools: ["conversation"],
  telemetry: [],
  replies: ["store", "model", "conversation"],
  quotas: ["store", "conversation"],
  "use-cases": ["store", "replies", "quotas", "conversation"],
  http: ["conversation"],
  i18n: ["conversation"],
  browser: ["conversation", "i18n"],
  components: ["conversation", "browser", "i18n"],
};

const injectTime =
  "Clocks and timers come in as arguments: see clocks.ts, and browser/page/page-clock.ts for the page.";

function direction(folder) {
  const forbidden = folders.filter((other) => other !== folder && !allowed[folder].includes(other));
  const patterns = [
    {
      group: forbidden.flatMap((other) => [`~/${other}/*`, `**/${other}/*`]),
      message: `${folder}/ must not import this folder: see the table of folders in app/ARCHITECTURE.md.`,
    },
    {
      group: ["**/services.server", "**/config.server"],
      message: "Dependencies come in as arguments from services.server.ts.",
    },
  ];
  return {
    files: [`app/${folder}/**/*.{ts,tsx}`],
    ignores: ["**/*.test.ts"],
    rules: {
      "no-restricted-imports": ["error", { patterns: folder === "http" ? patterns.slice(0, 1) : patterns }],
    },
  };
}

export default tseslint.config(
  { ignores: ["build/", "public/", "node_modules/", "data/", "tests/.artifacts/"] },
  tseslint.configs.strict,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: `${import.meta.dirname}/..` },
    },
    files: ["**/*.{ts,tsx}"],
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/only-throw-error": "error",
    },
  },
  {
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-invalid-void-type": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "no-restricted-properties": [
        "error",
        { object: "process", property: "env", message: "Configuration is parsed once, in config.server.ts." },
        {
          object: "Math",
          property: "random",
          message: "Take a random source as an argument, or use newId().",
        },
      ],
    },
  },
  {
    files: ["app/**/*.tsx", "app/browser/**/*.ts", "app/components/**/*.ts"],
    ...reactHooks.configs.flat.recommended,
  },
  {
    files: ["app/**/*.tsx"],
    plugins: { holdfast: { rules: { "text-alone": textAlone } } },
    rules: { "holdfast/text-alone": "error" },
  },
  ...Object.keys(allowed).map(direction),
  {
    files: ["app/**/*.{ts,tsx}"],
    // The service worker is sent as the text of one function.
    ignores: ["**/*.test.ts", "app/http/service-worker.ts"],
    rules: { "max-lines-per-function": ["warn", 100] },
  },
  {
    files: ["app/**/*.{ts,tsx}"],
    ignores: [
      "**/*.test.ts",
      "app/clocks.ts",
      "app/browser/page/page-clock.ts",
      "app/http/service-worker.ts",
    ],
    rules: {
      "no-restricted-globals": [
        "error",
        ...["setTimeout", "setInterval", "performance"].map((name) => ({ name, message: injectTime })),
      ],
      "no-restricted-syntax": [
        "error",
        ...[
          "MemberExpression[object.name='Date'][property.name='now']",
          "NewExpression[callee.name='Date'][arguments.length=0]",
          "ImportDeclaration[source.value='node:timers/promises']",
        ].map((selector) => ({ selector, message: injectTime })),
      ],
    },
  },
  {
    files: ["app/config.server.ts", "tests/**/*", "app/**/*.test.ts"],
    rules: { "no-restricted-properties": "off" },
  },
);
