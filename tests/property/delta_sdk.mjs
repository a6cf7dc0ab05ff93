// Applies thousands of deltas with the SDK's own code: the JSON codec for JSON, the one for protobuf for bytes.
//
//   node delta_sdk.mjs PROGRAM PAIRS SDK [SEED]    PROGRAM is property_delta_pairs, SDK is the folder of the npm package
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const [program, pairs, sdk, seed = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2);
if (!existsSync(`${sdk}/build/index.js`)) {
  console.log(`SKIPPED: the npm package centrifuge is not in ${sdk}; tests/run gets it`);
  process.exit(77);
}
const require = createRequire(import.meta.url);
const codecOf = (path) => new (require(`${sdk}/build/${path}`).Centrifuge)('ws://localhost', { websocket: class {} })._codec;
const [json, protobuf] = [codecOf('index.js'), codecOf('protobuf/index.js')];

console.log(`${pairs} pairs, seed ${seed}`);
const { stdout, status } = spawnSync(program, [pairs, seed], { maxBuffer: 2 ** 30 });
if (status !== 0) throw new Error(`${program} failed`);
let at = 0;
const part = () => {
  const size = stdout.readUInt32LE(at);
  at += 4 + size;
  return stdout.subarray(at - size, at);
};
const strict = new TextDecoder('utf-8', { fatal: true });
let [count, before, after] = [0, 0, 0];
while (at < stdout.length) {
  const kind = String.fromCharCode(stdout[at++]);
  const [source, target, delta] = [part(), part(), part()];
  // What the server sends in JSON is a string, so the delta has to survive the way through text.
  const { newPrevValue } = kind === 'J' ? json.applyDeltaIfNeeded({ delta: true, data: strict.decode(delta) }, new Uint8Array(source))
    : protobuf.applyDeltaIfNeeded({ delta: true, data: new Uint8Array(delta) }, new Uint8Array(source));
  if (!target.equals(Buffer.from(newPrevValue))) throw new Error(`seed ${seed}: pair ${count} does not come out as it was`);
  count += 1;
  before += target.length;
  after += delta.length;
}
if (count !== Number(pairs)) throw new Error(`${count} pairs`);
console.log(`held; ${before} bytes in ${after}`);
