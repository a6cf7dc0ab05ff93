// Scenarios with the npm package cent.js as back end and the npm package centrifuge as client. Prints the
// events as JSON for test_api.py.
//
//   node cent.mjs SCENARIO URL API KEY
import { createRequire } from 'node:module';
import { client, join, until } from './centrifuge_client.mjs';

const { CentClient } = createRequire(import.meta.url)('cent.js');
const [scenario, url, api, apiKey] = process.argv.slice(2);
const cent = new CentClient({ url: api, apiKey });

// Returns true if the promise fails.
const fails = (promise) => promise.then(() => false, () => true);

const scenarios = {
  async rooms() {
    const room = await join(client(url, { data: { user: 'ann' } }), 'ops');
    const tags = [];
    room.on('publication', (publication) => tags.push(publication.tags ?? null));
    await cent.publish({ channel: 'ops', data: { n: 1 }, tags: { kind: 'a' } });
    await cent.broadcast({ channels: ['ops', 'elsewhere'], data: { all: true } });
    await until(() => room.seen.data.length === 2, 'both publications');
    const history = async () => (await cent.getHistory({ channel: 'ops', limit: -1 })).publications.map(({ data }) => data);
    const before = await history();
    await cent.removeHistory({ channel: 'ops' });
    return {
      data: room.seen.data, offsets: room.seen.offsets, tags, history: before, removed: await history(),
      users: Object.values((await cent.getPresence({ channel: 'ops' })).presence).map(({ user }) => user),
      stats: await cent.getPresenceStats({ channel: 'ops' }),
      channels: (await cent.getChannels()).channels,
      nodes: (await cent.getInfo()).nodes.length,
    };
  },

  async unsubscribe() {
    const ann = client(url, { data: { user: 'ann' } });
    const room = await join(ann, 'ops');
    const told = new Promise((resolve) => room.on('unsubscribed', resolve));
    await cent.publish({ channel: 'ops', data: 'before' });
    await cent.unsubscribe({ channel: 'ops', user: 'ann' });
    const { code, reason } = await told;
    await cent.publish({ channel: 'ops', data: 'between', skip_history: true });
    room.subscribe();
    await room.ready();
    await cent.publish({ channel: 'ops', data: 'again' });
    await until(() => room.seen.data.includes('again'), 'the last publication');
    return { code, reason, connection: ann.state, data: room.seen.data };
  },

  async disconnect() {
    const users = ['ann', 'bob', 'carol'];
    const clients = Object.fromEntries(users.map((user) => [user, client(url, { data: { user } })]));
    await Promise.all(users.map((user) => join(clients[user], 'ops')));
    const ends = users.map((user) => new Promise((resolve) => {
      clients[user].on('disconnected', resolve).on('connecting', resolve);
    }));
    let back = false;
    clients.bob.on('connected', () => { back = true; });
    await cent.disconnect({ user: 'ann' });
    await cent.disconnect({ user: 'bob', disconnect: { code: 4001, reason: 'bye' } });
    await cent.disconnect({ user: 'carol', disconnect: { code: 4501, reason: 'for good' } });
    const reasons = (await Promise.all(ends)).map(({ reason }) => reason);
    await until(() => back, 'the return of bob');
    return { ...Object.fromEntries(users.map((user) => [user, clients[user].log])), reasons, back };
  },

  async wrong() {
    return {
      key: await fails(new CentClient({ url: api, apiKey: 'wrong' }).getInfo()),
      room: await fails(cent.publish({ channel: 'a/b', data: {} })),
      field: await fails(cent.refresh({ user: 'ann', expire_at: 'soon' })),
    };
  },
};

const result = await scenarios[scenario]();
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
