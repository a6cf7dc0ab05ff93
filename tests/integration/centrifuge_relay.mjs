// A relay between a client and the server. It can cut all connections, or hold back all data for a while.
import net from 'node:net';

export async function relayTo(url) {
  const { hostname, port } = new URL(url);
  const pairs = new Set();
  let cuts = 0;
  let stalled = false;
  const relay = net.createServer((near) => {
    const far = net.connect(Number(port), hostname);
    const pair = [near, far];
    pairs.add(pair);
    for (const [from, to] of [[near, far], [far, near]]) {
      from.on('error', () => {});
      from.on('close', () => { to.destroy(); pairs.delete(pair); });
      from.pipe(to);
    }
    if (stalled) far.unpipe(near), far.pause();
  });
  await new Promise((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const near = new URL(url);
  near.port = relay.address().port;
  return {
    url: near.href,
    cut() {
      for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
      cuts += pairs.size > 0 ? 1 : 0;
    },
    get cuts() { return cuts; },
    get connections() { return pairs.size; },
    // Data from the server no longer arrives. It waits in buffers until they are full.
    stall() {
      stalled = true;
      for (const [near, far] of pairs) far.unpipe(near), far.pause();
    },
    flow() {
      stalled = false;
      for (const [near, far] of pairs) far.pipe(near);
    },
  };
}
