// A client of the npm package centrifuge that does what the lines of stdin say, and writes down what happens: a JSON value a line.
// support/sdk_client.py talks to it.
//
//   node sdk_client.mjs URL json|protobuf
import readline from 'node:readline';
import { client, PATIENCE } from './centrifuge_client.mjs';

const [url, encoding] = process.argv.slice(2);
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

// With protobuf, data are bytes.
const packed = (value) => (encoding === 'protobuf' ? new TextEncoder().encode(JSON.stringify(value)) : value);
const unpacked = (value) => {
  if (encoding !== 'protobuf') return value;
  const text = new TextDecoder().decode(value);
  try { return JSON.parse(text); } catch { return text; }
};

const self = client(url);
for (const event of ['connected', 'connecting', 'disconnected'])
  self.on(event, ({ code, reason, client: id }) => say({ event, code, reason, client: id }));

function subscription(room, options) {
  const made = self.newSubscription(room, { minResubscribeDelay: 1, maxResubscribeDelay: 20, ...options });
  made.on('subscribed', ({ streamPosition, wasRecovering, recovered }) =>
    say({ event: 'subscribed', room, ...streamPosition, wasRecovering, recovered }));
  made.on('publication', ({ offset, data, tags }) => say({ event: 'publication', room, offset, data: unpacked(data), tags }));
  made.on('join', ({ info }) => say({ event: 'join', room, user: info.user, client: info.client }));
  made.on('leave', ({ info }) => say({ event: 'leave', room, user: info.user, client: info.client }));
  made.on('unsubscribed', ({ code, reason }) => say({ event: 'unsubscribed', room, code, reason }));
  made.on('error', () => {});
  return made;
}

const room = (name) => self.getSubscription(name);
const actions = {
  async join({ room: name, options = {} }) {
    const made = room(name) ?? subscription(name, options);
    made.subscribe();
    await made.ready(PATIENCE);
  },
  leave: ({ room: name }) => room(name).unsubscribe(),
  publish: ({ room: name, data }) => self.publish(name, packed(data)),
  async history({ room: name, options = { limit: -1 } }) {
    const { publications, epoch, offset } = await self.history(name, options);
    return { publications: publications.map((one) => [one.offset, unpacked(one.data)]), epoch, offset };
  },
  presence: async ({ room: name }) => Object.values((await self.presence(name)).clients).map(({ user }) => user).sort(),
  presenceStats: ({ room: name }) => self.presenceStats(name),
  disconnect: () => self.disconnect(),
  connect: async () => { self.connect(); await self.ready(PATIENCE); },
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { id, action, ...fields } = JSON.parse(line);
  // The next line does not wait: what is asked may take a while.
  (async () => actions[action](fields))().then(
    (result) => say({ id, result: result ?? null }),
    (error) => say({ id, error: { code: error.code, message: error.message, temporary: error.temporary } }));
}
process.exit(0);
