// Clients of the npm package centrifuge for test_storage_kills.py: some read a room, one publishes into it. They write what they
// have seen to stdout, as JSON, when stdin has said where the room ends: its last offset.
//
//   node storage_kills.mjs URL ROOM READERS
import { client, join, sleep, until } from './centrifuge_client.mjs';

const [url, room, count] = process.argv.slice(2);
const trouble = [];

// A reader's log: [offset, data] of each publication, and ["gap", offset] where it was told of one.
async function reader(number) {
  const log = [];
  const from = client(url);
  from.on('disconnected', ({ code, reason }) => trouble.push(`reader ${number}: ${code} ${reason}`));
  const subscription = await join(from, room);
  subscription.on('unsubscribed', ({ code, reason }) => trouble.push(`reader ${number} out of the room: ${code} ${reason}`));
  subscription.on('subscribed', ({ wasRecovering, recovered, streamPosition }) => {
    if (wasRecovering && !recovered) log.push(['gap', streamPosition.offset]);
  });
  const early = subscription.seen.data.length;
  if (early > 0) subscription.seen.offsets.forEach((offset, i) => log.push([offset, subscription.seen.data[i]]));
  subscription.on('publication', ({ offset, data }) => log.push([offset, data]));
  return log;
}

const acknowledged = [];
let publishing = true;
async function publisher() {
  const from = client(url);
  from.on('disconnected', ({ code, reason }) => trouble.push(`publisher: ${code} ${reason}`));
  const subscription = await join(from, room);
  for (let i = 0; publishing; i++) {
    const data = `sdk-${i}`;
    // A publication that fails may have happened: nobody repeats it.
    await subscription.publish(data).then(() => acknowledged.push(data), () => {});
    await sleep(5);
  }
}

const logs = await Promise.all(Array.from({ length: Number(count) }, (_, i) => reader(i)));
const ended = publisher();
process.stdout.write('READY\n');
let said = '';
process.stdin.on('data', (text) => { said += text; });
while (!said.includes('stop\n')) await sleep(20);
publishing = false;
await ended;
process.stdout.write('STOPPED\n');
while (!/last \d+\n/.test(said)) await sleep(20);
const last = Number(/last (\d+)\n/.exec(said)[1]);
await until(() => logs.every((log) => log.length > 0 && log.at(-1)[0] >= last), `the offset ${last}`).catch((error) => trouble.push(String(error)));
process.stdout.write(`${JSON.stringify({ logs, acknowledged, trouble })}\n`, () => process.exit(0));
