// Pulumi.yaml loads this first. An uncaught error then prints its stack and causes as they are.
// Pulumi prints errors by util.inspect. That of Node 20 takes minutes and gigabytes to colour a stack line such as
// "node_modules/@scope/file.ts", and source maps of Pulumi's own packages produce such lines.
const { inspect } = require("node:util");

Object.defineProperty(Error.prototype, inspect.custom, {
  value() {
    const cause = this.cause === undefined ? "" : `\n[cause]: ${inspect(this.cause)}`;
    return `${this.stack ?? String(this)}${cause}`;
  },
  configurable: true,
  writable: true,
});

// Pulumi's runner would read the source maps of its own packages for every resource: a fifth of the program's CPU time.
const pulumi = require.resolve("@pulumi/pulumi/package.json");
require(require.resolve("source-map-support", { paths: [pulumi] })).install = () => undefined;
