/** Finds the address that this machine's requests to a server leave from. */
import { connect } from "node:net";

const DEADLINE_MS = 5000;

/**
 * Opens a connection and sends nothing over it. The server may see another address, such as a proxy's or a router's.
 * @param url `http:` or `https:`
 * @returns an IPv4 or IPv6 address; undefined when there is no connection
 */
export function sourceAddress(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const { protocol, hostname, port } = new URL(url);
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ""),
      port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
      timeout: DEADLINE_MS,
    });
    const end = (address: string | undefined) => {
      socket.destroy();
      resolve(address);
    };
    socket.on("connect", () => end(socket.localAddress?.replace(/%.*$/, "")));
    socket.on("timeout", () => end(undefined));
    socket.on("error", () => end(undefined));
  });
}
