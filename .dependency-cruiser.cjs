// Layers point downwards: a folder may import itself and what stands before it. Checked by `npm run lint`.
const LAYERS = [
  "lib",
  "claude",
  "contract",
  "plan",
  ["agent", "host", "remote"],
  "components",
  "program",
  "cli",
];

const folders = LAYERS.flat();
const pattern = (names) => `^(${names.join("|")})/`;

const layerRules = LAYERS.map((layer, level) => {
  const names = [layer].flat();
  return names.map((name) => ({
    name: `${name}-points-down`,
    comment: `${name}/ may import only ${[...LAYERS.slice(0, level).flat(), name].join(", ")}.`,
    severity: "error",
    from: { path: pattern([name]) },
    to: {
      path: pattern(
        folders.filter((other) => other !== name && !LAYERS.slice(0, level).flat().includes(other)),
      ),
    },
  }));
}).flat();

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: "layers-know-no-neighbours",
      comment: "What runs in production imports no test, no bench and nothing of the embedded default.",
      severity: "error",
      from: { path: pattern([...folders, "policy", "build"]) },
      to: { path: "^(dev|test|bench)/" },
    },
    {
      name: "no-pulumi-outside-the-engine",
      comment: "The plan and everything below it are pure or run on hosts, where Pulumi is not.",
      severity: "error",
      from: { path: pattern(["lib", "claude", "contract", "plan", "agent", "host", "remote"]) },
      to: { path: "node_modules/@pulumi/" },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "no-unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|policy/dist|\\.dev|\\.test)" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "types"] },
  },
};
