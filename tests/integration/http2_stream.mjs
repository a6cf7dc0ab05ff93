// A reader of an event stream over HTTP/2 with a window of 64 KB. It stops after the first bytes, prints "stopped", and waits for
// a line on stdin. Then it reads to the last message and prints the numbers of all messages.
//
//   node http2_stream.mjs URL LAST
import http2 from 'node:http2';

const [url, last] = process.argv.slice(2);
const session = http2.connect(new URL(url).origin, { rejectUnauthorized: false, settings: { initialWindowSize: 65535 } });
const stream = session.request({ ':path': new URL(url).pathname });
let got = '';
stream.setEncoding('utf8');
stream.once('data', (text) => {
  got += text;
  stream.pause();
  stream.on('data', (more) => {
    got += more;
    if (!got.includes(`data: ${last}\n`)) return;
    process.stdout.write(`${JSON.stringify([...got.matchAll(/^data: (\d+) x*$/gm)].map(([, number]) => Number(number)))}\n`);
    process.exit(0);
  });
  stream.pause();
  process.stdout.write('stopped\n');
});
process.stdin.once('data', () => stream.resume());
