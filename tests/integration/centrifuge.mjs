// Scenarios with the npm package centrifuge as client. Prints the events as JSON for test_centrifuge.py.
//
//   node centrifuge.mjs SCENARIO URL [ARGUMENT...]
import { client, failure, join, sleep, textClient, transport, until } from './centrifuge_client.mjs';
import { relayTo } from './centrifuge_relay.mjs';
import { match } from '../support/match.mjs';

const [scenario, url, ...others] = process.argv.slice(2);
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
// Prints the word, and waits until the test has done its action for it.
const at = (word) => new Promise((done) => {
  process.stdin.once('data', done);
  process.stdout.write(`${word}\n`);
});

const scenarios = {
  async exchange() {
    const [a, b] = [client(url), client(url)];
    const [inA, inB] = [await join(a, 'lobby'), await join(b, 'lobby')];
    const text = await textClient(url, 'lobby');
    const said = ['hello', { z: 1, a: [null, 1.5, 'x'] }, '請輸入', 'y'.repeat(40000), 7, true, null];
    for (const data of said) await inA.publish(data);
    text.socket.send('from a text "client"');
    await until(() => inB.seen.data.length === said.length + 1 && inA.seen.data.length === said.length + 1, 'all');
    await until(() => text.messages.length === said.length + 1, 'the texts');
    return { said, a: inA.seen.data, b: inB.seen.data, offsets: inB.seen.offsets, text: text.messages };
  },

  async presence() {
    const [a, b] = [client(url, { data: { user: 'ann', info: { nick: 'A' } } }), client(url, { data: { user: 'bob' } })];
    const [inA] = [await join(a, 'lobby'), await join(b, 'lobby')];
    await textClient(url, 'lobby');
    const { clients } = await inA.presence();
    return {
      users: Object.values(clients).map((info) => info.user).sort(),
      nick: Object.values(clients).find((info) => info.user === 'ann').connInfo,
      stats: await inA.presenceStats(),
    };
  },

  // A client that disconnects leaves at once, whatever the grace.
  async leaving() {
    const watcher = client(url, { data: { user: 'watcher' } });
    const inWatcher = await join(watcher, 'lobby', { joinLeave: true });
    const other = client(url, { data: { user: 'other', session: 'tab 1' } });
    await join(other, 'lobby');
    other.disconnect();
    await until(() => inWatcher.seen.events.includes('-other'), 'the leave');
    return { events: inWatcher.seen.events, present: Object.keys((await inWatcher.presence()).clients).length };
  },

  // The others do not notice a short cut. They notice an absence longer than the grace of 1 s.
  async coming() {
    const relay = await relayTo(url);
    const watcher = client(url, { data: { user: 'watcher' } });
    const inWatcher = await join(watcher, 'lobby', { joinLeave: true });
    const other = client(relay.url, { data: { user: 'other', session: 'tab 1' } });
    const inOther = await join(other, 'lobby');
    const ids = new Set();
    other.on('connected', (context) => ids.add(context.client));
    for (let i = 0; i < 5; i++) {
      const before = inOther.seen.subscribed.length;
      relay.cut();
      await until(() => inOther.seen.subscribed.length > before, 'its return');
    }
    const present = Object.keys((await inWatcher.presence()).clients).length;
    const flapping = [...inWatcher.seen.events];
    other.disconnect();
    await until(() => inWatcher.seen.events.length > flapping.length, 'the leave');
    other.connect();
    await until(() => inWatcher.seen.events.length > flapping.length + 1, 'the join');
    inOther.unsubscribe();
    await until(() => inWatcher.seen.events.length > flapping.length + 2, 'the second leave');
    return { present, flapping, after: inWatcher.seen.events.slice(flapping.length), ids: ids.size };
  },

  async history() {
    const a = client(url);
    const room = await join(a, 'lobby');
    for (let i = 1; i <= 30; i++) await room.publish(i);
    const data = async (options) => (await room.history(options)).publications.map((publication) => publication.data);
    const { epoch, offset } = await room.history();
    return {
      offset,
      none: await data({}),
      all: await data({ limit: -1 }),
      last: await data({ limit: 3, reverse: true }),
      since: await data({ limit: 2, since: { offset: 25, epoch } }),
      gap: await data({ limit: 2, since: { offset: 5, epoch } }),
      other: await failure(room.history({ limit: 1, since: { offset: 25, epoch: 'other' } })),
    };
  },

  // The reader's connection is cut 200 times while 5000 messages flow.
  async recovery() {
    const relay = await relayTo(url);
    const [writer, reader] = [client(url), client(relay.url)];
    const [from, to] = [await join(writer, 'lobby'), await join(reader, 'lobby')];
    const total = 5000;
    let sent = 0;
    const writing = (async () => {
      while (sent < total) {
        const burst = Math.min(total - sent, 1 + Math.floor(Math.random() * 25));
        await Promise.all(Array.from({ length: burst }, () => from.publish(++sent)));
        // 200 cuts take a while, so spread the messages over that time.
        if (relay.cuts < 200) await sleep((relay.cuts < sent / 25) ? 5 : 0);
      }
    })();
    while (relay.cuts < 200) {
      await sleep(Math.random() * 12);
      relay.cut();
    }
    await writing;
    await until(() => to.seen.data.length >= total, 'the last message');
    // Without a WebSocket each publish is a request of its own, and those of a burst arrive in any order.
    const data = transport === 'websocket' ? to.seen.data : [...to.seen.data].sort((a, b) => a - b);
    return {
      cuts: relay.cuts,
      exactly: JSON.stringify(data) === JSON.stringify(range(1, total)),
      got: to.seen.data.length,
      offsets: JSON.stringify(to.seen.offsets) === JSON.stringify(range(1, total)),
      unrecovered: to.seen.subscribed.slice(1).filter((context) => !context.recovered).length,
      recovered: to.seen.subscribed.filter((context) => context.recovered).length,
    };
  },

  // Three readers of a match, one without deltas. The connection of one is cut 40 times. All must see the same states.
  async delta() {
    const relay = await relayTo(url);
    const states = match();
    const sent = [];
    const writer = await join(client(url), 'lobby');
    const plain = await join(client(url), 'lobby');
    const steady = await join(client(url), 'lobby', { delta: 'fossil' });
    const cut = await join(client(relay.url), 'lobby', { delta: 'fossil' });
    const late = [];
    // A reader gets whole publications until it has got all that there are. So the others wait for its first one.
    sent.push(states.next().value);
    await writer.publish(sent.at(-1));
    await until(() => steady.seen.data.length === 1, 'the first state');
    // Between the cuts it may only have recovered: it goes on until the reader has got a delta, too.
    const waits = () => steady.deltaStats().numPublications > 0 && cut.deltaStats().numDeltaPayloads === 0;
    while (relay.cuts < 40 || sent.length < 600 || waits()) {
      sent.push(states.next().value);
      await writer.publish(sent.at(-1));
      if (sent.length % 100 === 0) late.push([sent.length, await join(client(url), 'lobby', { delta: 'fossil' })]);
      if (relay.cuts < 40 && Math.random() < 0.2) relay.cut();
    }
    sent.push('the end');
    await writer.publish('the end');
    const ended = (room) => room.seen.data.at(-1) === 'the end';
    await until(() => [plain, steady, cut, ...late.map(([, room]) => room)].every(ended), 'the last state');
    const same = (room, from = 0) => JSON.stringify(room.seen.data) === JSON.stringify(sent.slice(from));
    return {
      same: [plain, steady, cut].map((room) => same(room)), late: late.map(([from, room]) => same(room, from)),
      cuts: relay.cuts, negotiated: [plain, steady, cut].map((room) => room.deltaStats().numPublications > 0),
      unrecovered: cut.seen.subscribed.slice(1).filter((context) => !context.recovered).length,
      stats: steady.deltaStats(), cutStats: cut.deltaStats(), states: sent.length,
    };
  },

  async quiet() {
    const relay = await relayTo(url);
    const reader = client(relay.url);
    const room = await join(reader, 'nobody-else');
    relay.cut();
    await until(() => room.seen.subscribed.length === 2, 'its return');
    return room.seen.subscribed[1].recovered;
  },

  // The client misses more than the 20 messages of the history.
  async gap() {
    const relay = await relayTo(url);
    const [writer, reader] = [client(url), client(relay.url, { minReconnectDelay: 500, maxReconnectDelay: 600 })];
    const [from, to] = [await join(writer, 'lobby'), await join(reader, 'lobby')];
    await from.publish(0);
    await until(() => to.seen.data.length === 1, 'the first message');
    relay.cut();
    await Promise.all(range(1, 40).map((i) => from.publish(i)));
    await until(() => to.seen.subscribed.length === 2, 'its return');
    await from.publish('after');
    await until(() => to.seen.data.includes('after'), 'the last message');
    const { wasRecovering, recovered } = to.seen.subscribed[1];
    return { wasRecovering, recovered, data: to.seen.data };
  },

  async restart() {
    const room = await join(client(url), 'lobby');
    await room.publish('before');
    await until(() => room.seen.data.length === 1, 'the message');
    await at('RESTART');
    await until(() => room.seen.subscribed.length === 2, 'its return');
    await room.publish('after');
    await until(() => room.seen.data.length === 2, 'the second message');
    const [first, second] = room.seen.subscribed;
    return {
      other: first.streamPosition.epoch !== second.streamPosition.epoch,
      wasRecovering: second.wasRecovering, recovered: second.recovered, data: room.seen.data, offsets: room.seen.offsets,
    };
  },

  // The client is away while others publish and the server is killed.
  async away() {
    const a = client(url);
    const room = await join(a, 'lobby');
    for (const text of ['one', 'two', 'three']) await room.publish(text);
    await until(() => room.seen.data.length === 3, 'the messages');
    a.disconnect();
    await at('AWAY');
    a.connect();
    await until(() => room.seen.subscribed.length === 2, 'its return');
    await room.publish('after');
    await until(() => room.seen.data.at(-1) === 'after', 'the last message');
    const [first, second] = room.seen.subscribed;
    return {
      same: first.streamPosition.epoch === second.streamPosition.epoch, recovered: second.recovered,
      data: room.seen.data, offsets: room.seen.offsets,
    };
  },

  // The server ends and tells its clients to reconnect.
  async drain() {
    const a = client(url);
    const room = await join(a, 'lobby');
    await at('STOP');
    await until(() => a.log.length > 1, 'the end');
    void room;
    return a.log[1];
  },

  // The arguments are tokens. The first ones expire while the client is connected.
  async refresh() {
    const tokens = [...others];
    const a = client(url, { getToken: async () => tokens.shift() });
    const room = await join(a, 'lobby');
    await until(() => tokens.length === 0, 'the last token');
    await room.publish('after');
    await until(() => room.seen.data.length === 1, 'the message');
    return { log: a.log, data: room.seen.data };
  },

  // The first transport does not work.
  async next() {
    const a = client(url);
    const connected = new Promise((resolve) => a.on('connected', (context) => resolve(context.transport)));
    const room = await join(a, 'lobby');
    await room.publish(1);
    await until(() => room.seen.data.length === 1, 'the message');
    return connected;
  },

  async batching() {
    const a = client(url);
    a.startBatching();
    const rooms = ['a', 'b', 'c'].map((name) => join(a, name));
    a.stopBatching();
    const [first] = await Promise.all(rooms);
    a.startBatching();
    const published = range(1, 100).map((i) => first.publish(i));
    a.stopBatching();
    await Promise.all(published);
    await until(() => first.seen.data.length === 100, 'all');
    return JSON.stringify(first.seen.data) === JSON.stringify(range(1, 100));
  },

  async many() {
    const [a, b] = [client(url), client(url)];
    const name = (i) => `room-${i}`;
    const mine = await Promise.all(range(1, 128).map((i) => join(a, name(i))));
    const his = await Promise.all(range(1, 128).map((i) => join(b, name(i))));
    const more = a.newSubscription('one-more', { minResubscribeDelay: 100_000 });
    const refused = new Promise((resolve) => {
      more.on('error', ({ error }) => resolve(error.code));
      more.on('unsubscribed', ({ code }) => resolve(code));
    });
    more.subscribe();
    await Promise.all(mine.map((room, i) => room.publish(i + 1)));
    await until(() => his.every((room) => room.seen.data.length > 0), 'a message in each room');
    await sleep(50);
    return { refused: await refused, each: his.every((room, i) => room.seen.data.length === 1 && room.seen.data[0] === i + 1) };
  },

  // Subscribe and unsubscribe as fast as possible while messages come.
  async races() {
    const [writer, reader] = [client(url), client(url)];
    const [from, to] = [await join(writer, 'lobby'), await join(reader, 'lobby')];
    let writing = true;
    let sent = 0;
    const flow = (async () => { while (writing) await from.publish(++sent); })();
    for (let i = 0; i < 200; i++) {
      to.unsubscribe();
      if (i % 3 === 0) await sleep(Math.random() * 3);
      to.subscribe();
      if (i % 2 === 0) await to.ready();
    }
    await to.ready();
    writing = false;
    await flow;
    await from.publish('last');
    await until(() => to.seen.data.includes('last'), 'the last message');
    const offsets = to.seen.offsets;
    return { rising: offsets.every((offset, i) => i === 0 || offset > offsets[i - 1]), state: reader.state, log: reader.log };
  },

  // A reader that stops reading for a while is closed with 3008. It returns and has lost nothing.
  async slow() {
    const relay = await relayTo(url);
    const [writer, reader] = [client(url), client(relay.url, { maxServerPingDelay: 0 })];
    const [from, to] = [await join(writer, 'lobby'), await join(reader, 'lobby')];
    relay.stall();
    const total = 800;
    const filler = 'x'.repeat(20000);
    for (let i = 1; i <= total; i++) await from.publish(`${i} ${filler}`);
    await at('PUBLISHED');
    relay.flow();
    await until(() => to.seen.data.length >= total, 'everything');
    const numbers = to.seen.data.map((text) => Number(text.split(' ')[0]));
    return { exactly: JSON.stringify(numbers) === JSON.stringify(range(1, total)), codes: reader.log.slice(1) };
  },

  async close() {
    const [a, b] = [client(url), client(url)];
    const [inA, inB] = [await join(a, 'lobby'), await join(b, 'lobby')];
    const messages = [];
    a.on('message', ({ data }) => messages.push(data));
    await inA.publish('close');
    await until(() => a.state === 'disconnected', 'the close');
    await sleep(100);
    return { messages, log: a.log, a: inA.seen.data, b: inB.seen.data, other: b.state };
  },

  // Two connections of one session: the later one stays.
  async takeover() {
    const data = { user: 'ann', session: 'tab 1' };
    const first = client(url, { data });
    await join(first, 'lobby');
    const second = client(url, { data });
    const room = await join(second, 'lobby');
    await until(() => first.state === 'disconnected', 'the end of the first');
    return { log: first.log, clients: (await room.presenceStats()).numClients };
  },
};

const result = await scenarios[scenario]();
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
