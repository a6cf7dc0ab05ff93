// The members of the room: presence at the start, then joins and leaves.

import { texts } from './i18n.js';
import { avatar, nameTag, person } from './person.js';

const MAX_SHOWN = 200;

export class People {
  #list = document.getElementById('people');
  #counts = { list: document.getElementById('people-count'), bar: document.getElementById('here') };
  #people = new Map(); // client id -> info
  #unknown = 0; // number of members that are not in #people
  #pending = false;

  get count() {
    return this.#people.size + this.#unknown;
  }

  // Too many for a list. Members who join from now on are known, the others only counted.
  crowd(count) {
    this.#unknown = Math.max(0, count - this.#people.size);
    this.#showSoon();
  }

  set(infos) {
    this.#unknown = 0;
    this.#people = new Map(infos.map((info) => [info.client, info]));
    this.#showSoon();
  }

  join(info) {
    this.#people.set(info.client, info);
    this.#showSoon();
  }

  leave(info) {
    if (!this.#people.delete(info.client) && this.#unknown > 0) this.#unknown -= 1;
    this.#showSoon();
  }

  // After a restart of the server many join at once, so redraw only once.
  #showSoon() {
    if (this.#pending) return;
    this.#pending = true;
    setTimeout(() => {
      this.#pending = false;
      this.#show();
    }, 50);
  }

  #show() {
    const all = [...this.#people.values()].map(person);
    all.sort((a, b) => Number(b.own) - Number(a.own) || a.name.localeCompare(b.name) || (a.client < b.client ? -1 : 1));
    const items = all.slice(0, MAX_SHOWN).map(item);
    const more = this.count - items.length;
    if (more > 0) {
      const rest = document.createElement('li');
      rest.className = 'rest';
      rest.textContent = texts.more(more);
      items.push(rest);
    }
    this.#list.replaceChildren(...items);
    this.#counts.list.textContent = this.count || '';
    this.#counts.bar.textContent = this.count ? texts.here(this.count) : '';
  }
}

function item(someone) {
  const line = document.createElement('li');
  line.append(avatar(someone), nameTag(someone));
  if (someone.own) {
    const you = document.createElement('span');
    you.className = 'you';
    you.textContent = texts.you;
    line.append(you);
  }
  return line;
}
