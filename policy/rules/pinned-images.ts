/** What runs beside a live token is what was looked at, and nothing that a registry serves later under the same name. */
import { CONTAINER, readContainer } from "../container.ts";
import { resourceRule } from "../resource-rule.ts";

/** Stacks whose images are made on the spot and have no digest of a registry. */
const DEVELOPMENT = ["dev", "test", "test2"];

/** `name@sha256:…`, or an image's own id. */
const PINNED = /(?:^|@)sha256:[0-9a-f]{64}$/;

export const pinnedImages = resourceRule({
  name: "pinned-images",
  description: "Outside of the stacks dev, test and test2, every image is pinned by its digest.",
  types: [CONTAINER],
  check: ({ props, stack }) => {
    const { image } = readContainer(props);
    if (DEVELOPMENT.includes(stack) || PINNED.test(image)) return [];
    return [
      `the image ${image} is named without a digest, so whoever can push under that name would get the token at the next restart; write name@sha256:….`,
    ];
  },
});
