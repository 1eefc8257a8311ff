/** From which address this machine's requests to a server leave it. */
import { connect } from "node:net";

const DEADLINE_MS = 5000;

/**
 * Asks the system by a connection over which nothing is sent. The server may see another address: a proxy's, or a router's.
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
