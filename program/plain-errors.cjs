// Preloaded by Pulumi.yaml: makes an uncaught error print its stack and causes as they are.
// Node 20's util.inspect, which Pulumi prints errors with, takes minutes and gigabytes to colour a stack line such as
// "node_modules/@scope/file.ts", which source maps of Pulumi's own packages produce.
const { inspect } = require("node:util");

Object.defineProperty(Error.prototype, inspect.custom, {
  value() {
    const cause = this.cause === undefined ? "" : `\n[cause]: ${inspect(this.cause)}`;
    return `${this.stack ?? String(this)}${cause}`;
  },
  configurable: true,
  writable: true,
});
