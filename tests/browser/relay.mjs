// A TCP relay between browser and server that can be cut like a network: bytes stop, and neither side notices. A browser's
// own offline switch does not affect open connections.

import { once } from 'node:events';
import net from 'node:net';

export class Relay {
  #server;
  #pairs = new Set();
  #cut = false;
  #upgrades;

  // Without `upgrades` it is a proxy that breaks WebSockets: it ends the connection when it sees one. HTTP without TLS only.
  constructor(upgrades) {
    this.#upgrades = upgrades;
  }

  static async to(url, { upgrades = true } = {}) {
    const relay = new Relay(upgrades);
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    relay.#server = net.createServer((near) => relay.#connect(near, url.hostname, port));
    relay.#server.listen(0, 'localhost');
    await once(relay.#server, 'listening');
    relay.origin = `${url.protocol}//localhost:${relay.#server.address().port}`;
    return relay;
  }

  #connect(near, host, port) {
    if (this.#cut) {
      near.destroy();
      return;
    }
    const far = net.connect(port, host);
    const pair = { near, far, cut: false };
    this.#pairs.add(pair);
    const forward = (from, to) => {
      from.on('data', (data) => { if (!pair.cut) to.write(data); });
      from.on('end', () => { if (!pair.cut) to.end(); });
      from.on('error', () => {});
      from.on('close', () => {
        if (pair.cut) return;
        to.destroy();
        this.#pairs.delete(pair);
      });
    };
    if (!this.#upgrades) near.on('data', (data) => { if (/^upgrade: *websocket/im.test(data)) near.destroy(); });
    forward(near, far);
    forward(far, near);
  }

  // From now on nothing passes, and new connections fail. Open connections stay half open on both sides.
  cut() {
    this.#cut = true;
    for (const pair of this.#pairs) pair.cut = true;
  }

  // New connections pass again. The browser learns that its old connections are gone, as from a router that has forgotten
  // them. The server does not learn it.
  mend() {
    this.#cut = false;
    for (const { near, cut } of this.#pairs) {
      if (cut) near.resetAndDestroy();
    }
  }

  end() {
    this.#server.close();
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }
}
