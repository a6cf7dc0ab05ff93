// The walk with the npm package centrifuge. See walks.py.
import { client, until } from '../integration/centrifuge_client.mjs';

const [url, site, asking, encoding, transport] = process.argv.slice(2);
const report = (fact) => console.log(JSON.stringify(fact));
const token = async (query) => (await fetch(`${site}/token?ttl=2${query}`)).text();

// With protobuf, data are bytes.
const packed = (value) => (encoding === 'protobuf' ? new TextEncoder().encode(JSON.stringify(value)) : value);
const unpacked = (value) => (encoding === 'protobuf' ? JSON.parse(new TextDecoder().decode(value)) : value);
const all = (publications) => publications.map(({ data }) => unpacked(data));

const visitor = (address, options = {}) => client(address, options, transport);

const bob = visitor(asking, { getData: async () => packed({ user: 'bob' }) });
bob.on('connected', ({ data }) => report({ data: unpacked(data) }));
const tea = bob.newSubscription('tea', { getData: async () => packed({ why: 'because' }) });
tea.on('subscribed', ({ data }) => report({ 'room data': unpacked(data) }));
tea.subscribe();
await tea.ready(10_000);
const closed = bob.newSubscription('closed', { data: packed({ why: 'for fun' }) });
const refused = new Promise((resolve) => closed.on('unsubscribed', ({ code }) => resolve(code)));
closed.subscribe();
report({ 'room refused': await refused });
bob.disconnect();

const stranger = visitor(url);
await until(() => stranger.log.some((line) => line.startsWith('disconnected')), 'the refusal');
report({ refused: Number(stranger.log.at(-1).split(' ')[1]) });

let tokens = 0;
let connections = 0;
let roomTokens = 0;
const ann = visitor(url, { getToken: () => { tokens++; return token(''); } });
ann.on('connected', () => connections++);
const roomToken = ({ channel }) => { roomTokens++; return token(`&channel=${encodeURIComponent(channel)}`); };
const room = ann.newSubscription('$room', { getToken: roomToken });
const publications = [];
const subscribed = [];
room.on('publication', (publication) => publications.push(publication));
room.on('subscribed', (context) => subscribed.push(context));
room.subscribe();
await room.ready(10_000);

await room.publish(packed({ n: 1 }));
await until(() => publications.length === 1, 'the own message');
const { user, connInfo } = publications[0].info;
report({ own: unpacked(publications[0].data), publisher: `${user} ${unpacked(connInfo).name}` });
report({ presence: Object.values((await room.presence()).clients).map((info) => info.user) });
const { numClients, numUsers } = await room.presenceStats();
report({ stats: [numClients, numUsers] });
report({ history: all((await room.history({ limit: 10 })).publications) });

await fetch(`${site}/cut`, { method: 'POST' });
await until(() => publications.length === 3, 'what was published during the cut');
report({ recovered: subscribed.at(-1).recovered, 'after the cut': all(publications.slice(1)) });
const { epoch } = await room.history({ limit: 0 });
report({ 'history since': all((await room.history({ limit: 10, since: { epoch, offset: 1 } })).publications) });
report({ 'last of the history': all((await room.history({ limit: 1, reverse: true })).publications) });

// Both tokens are renewed, and neither the connection nor the subscription notices.
const [before, roomBefore, times] = [tokens, roomTokens, subscribed.length];
await until(() => tokens > before && roomTokens > roomBefore, 'new tokens');
await room.presence();
report({ refreshed: subscribed.length === times && room.state === 'subscribed', connections });

// A room whose messages are long and similar: only the differences come.
const carried = async () => Number(await (await fetch(`${site}/carried`)).text());
const changing = ann.newSubscription('$states', { getToken: roomToken, delta: 'fossil' });
const states = [];
changing.on('publication', ({ data }) => states.push(unpacked(data)));
changing.subscribe();
await changing.ready(10_000);
const wanted = Array.from({ length: 10 }, (_, at) => ({ at, text: 'so '.repeat(1000), end: -at }));
const carriedBefore = await carried();
for (const state of wanted) await changing.publish(packed(state));
await until(() => states.length === wanted.length, 'the states');
report({ states: states.map(({ at }) => at), exact: JSON.stringify(states) === JSON.stringify(wanted) });
report({ 'only differences': (await carried()) - carriedBefore < JSON.stringify(wanted).length / 3 });
ann.disconnect();
process.stdout.write('', () => process.exit(0));
