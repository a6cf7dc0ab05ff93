// The walk with the npm package centrifuge. See test_sdk.py.
import { client, until } from '../integration/centrifuge_client.mjs';

const [url, site, asking] = process.argv.slice(2);
const token = async (query) => (await fetch(`${site}/token?ttl=2${query}`)).text();
const report = {};

const stranger = client(url);
await until(() => stranger.log.some((line) => line.startsWith('disconnected')), 'the refusal');
report.refused = Number(stranger.log.at(-1).split(' ')[1]);

let tokens = 0;
let connections = 0;
let roomTokens = 0;
const ann = client(url, { getToken: () => { tokens++; return token(''); } });
ann.on('connected', () => connections++);
const room = ann.newSubscription('$room', {
  getToken: ({ channel }) => { roomTokens++; return token(`&channel=${encodeURIComponent(channel)}`); },
});
const publications = [];
const subscribed = [];
room.on('publication', (publication) => publications.push(publication));
room.on('subscribed', (context) => subscribed.push(context));
room.subscribe();
await room.ready(10_000);

await room.publish({ n: 1 });
await until(() => publications.length === 1, 'the own message');
report.own = publications[0].data;
report.publisher = `${publications[0].info.user} ${publications[0].info.connInfo.name}`;
report.presence = Object.values((await room.presence()).clients).map((info) => info.user);
const { numClients, numUsers } = await room.presenceStats();
report.stats = [numClients, numUsers];
report.history = (await room.history({ limit: 10 })).publications.map((publication) => publication.data);

await fetch(`${site}/cut`, { method: 'POST' });
await until(() => publications.length === 3, 'what was published during the cut');
report.recovered = subscribed.at(-1).recovered;
report['after the cut'] = publications.slice(1).map((publication) => publication.data);

// Both tokens are renewed, and neither the connection nor the subscription notices.
const [before, roomBefore, times] = [tokens, roomTokens, subscribed.length];
await until(() => tokens > before && roomTokens > roomBefore, 'new tokens');
await room.presence();
report.refreshed = subscribed.length === times && room.state === 'subscribed';
report.connections = connections;
ann.disconnect();

const bob = client(asking, { getData: async () => ({ user: 'bob' }) });
bob.on('connected', ({ data }) => { report.data = data; });
const tea = bob.newSubscription('tea', { getData: async () => ({ why: 'because' }) });
tea.on('subscribed', ({ data }) => { report['room data'] = data; });
tea.subscribe();
await tea.ready(10_000);
const closed = bob.newSubscription('closed', { data: { why: 'for fun' } });
const refused = new Promise((resolve) => closed.on('unsubscribed', ({ code }) => resolve(code)));
closed.subscribe();
report['room refused'] = await refused;

process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
