// A program that a test starts, with its own home folder. It ends with the test, together with its child processes.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const PATIENCE_MS = 60_000;

export async function start(command, parameters, environment = {}) {
  const home = await mkdtemp(path.join(tmpdir(), 'lws-chat-browser-'));
  const child = spawn(command, parameters(home), {
    detached: true, // so that it has a process group
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, ...environment },
  });
  const ended = new Promise((resolve) => { child.once('close', resolve); });
  const kill = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // The program has ended already.
    }
  };
  process.once('exit', kill);
  for (const stream of child.stdio) stream?.on('error', () => {});

  return {
    // The pattern's group in the first line that matches. `descriptor` is 1, 2 or 3.
    says(descriptor, pattern) {
      let said = '';
      return new Promise((resolve, reject) => {
        const fail = (why) => reject(new Error(`${command} ${why}\n${said}`));
        const timer = setTimeout(() => fail('does not answer'), PATIENCE_MS);
        child.once('error', (error) => fail(error.message));
        child.once('close', () => fail('has ended'));
        createInterface(child.stdio[descriptor]).on('line', (line) => {
          said += `${line}\n`;
          const found = pattern.exec(line);
          if (!found) return;
          clearTimeout(timer);
          resolve(found[1]);
        });
      });
    },
    silence() {
      for (const stream of child.stdio) stream?.resume();
    },
    async end() {
      kill();
      await ended;
      await rm(home, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
