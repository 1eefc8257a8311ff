/** Requires images by digest, so that a registry cannot serve another image beside a live token. */
import { CONTAINER, readContainer } from "../container.ts";
import { resourceRule } from "../resource-rule.ts";

/** Stacks that build their images locally, without a digest of a registry. */
const DEVELOPMENT = ["dev", "test", "test2"];

/** Matches `name@sha256:…` and the id of an image. */
const PINNED = /(?:^|@)sha256:[0-9a-f]{64}$/;

export const pinnedImages = resourceRule({
  name: "pinned-images",
  description: "Every image is pinned by its digest, except in the stacks dev, test and test2.",
  types: [CONTAINER],
  check: ({ props, stack }) => {
    const { image } = readContainer(props);
    if (DEVELOPMENT.includes(stack) || PINNED.test(image)) return [];
    return [
      `The image ${image} has no digest. An image that somebody pushes under that name would get the token at the next restart. Write name@sha256:….`,
    ];
  },
});
