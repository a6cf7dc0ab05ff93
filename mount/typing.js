// The typing indicator. It tells others at most every two seconds, through a room without history. It shows another
// person until that person's message comes, or for four seconds.

import { texts } from './i18n.js';
import { person } from './person.js';

const TELL_MS = 2000;
const SHOW_MS = 4000;

export class Typing {
  #line = document.getElementById('typing');
  #parts = document.getElementById('typing-text').children; // the names, and the verb
  #typists = new Map(); // client id -> { name, timer }
  #tell;
  #told = 0;

  // `tell` informs the others.
  constructor(tell) {
    this.#tell = tell;
  }

  typed() {
    const now = performance.now();
    if (this.#told && now - this.#told < TELL_MS) return;
    this.#told = now;
    this.#tell();
  }

  // The text was sent, so the next letter informs the others at once.
  sent() {
    this.#told = 0;
  }

  heard(info) {
    const someone = person(info);
    if (someone.own || !someone.client) return;
    clearTimeout(this.#typists.get(someone.client)?.timer);
    const timer = setTimeout(() => this.stopped(someone.client), SHOW_MS);
    this.#typists.set(someone.client, { name: someone.name, timer });
    this.#show();
  }

  stopped(client) {
    clearTimeout(this.#typists.get(client)?.timer);
    if (this.#typists.delete(client)) this.#show();
  }

  clear() {
    for (const { timer } of this.#typists.values()) clearTimeout(timer);
    this.#typists.clear();
    this.#told = 0;
    this.#show();
  }

  #show() {
    const names = [...this.#typists.values()].map(({ name }) => name);
    this.#line.hidden = names.length === 0;
    if (names.length) texts.typing(names).forEach((text, i) => { this.#parts[i].textContent = text; });
  }
}
