// Who is in the room: what presence told at the start, and who came and went since.

import { texts } from './i18n.js';
import { avatar, person } from './person.js';

const MAX_SHOWN = 200;

export class People {
  #list = document.getElementById('people');
  #counts = { list: document.getElementById('people-count'), bar: document.getElementById('here') };
  #people = new Map(); // client id -> info
  #pending = false;

  get count() {
    return this.#people.size;
  }

  set(infos) {
    this.#people = new Map(infos.map((info) => [info.client, info]));
    this.#showSoon();
  }

  join(info) {
    this.#people.set(info.client, info);
    this.#showSoon();
  }

  leave(info) {
    this.#people.delete(info.client);
    this.#showSoon();
  }

  // Many come at once when a server has been restarted.
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
    if (all.length > MAX_SHOWN) {
      const rest = document.createElement('li');
      rest.className = 'rest';
      rest.textContent = texts.more(all.length - MAX_SHOWN);
      items.push(rest);
    }
    this.#list.replaceChildren(...items);
    this.#counts.list.textContent = all.length || '';
    this.#counts.bar.textContent = all.length ? texts.here(all.length) : '';
  }
}

function item(someone) {
  const line = document.createElement('li');
  const name = document.createElement('span');
  name.className = 'name';
  name.dir = 'auto';
  name.textContent = someone.name;
  line.append(avatar(someone), name);
  if (someone.own) {
    const you = document.createElement('span');
    you.className = 'you';
    you.textContent = texts.you;
    line.append(you);
  }
  return line;
}
