// The room is in the address, ?room=NAME, so that a link is an invitation. No room in it is the lobby.

import { texts } from './i18n.js';
import { recallJson, store } from './storage.js';

const LOBBY = 'lobby';
const MAX_BYTES = 255;
const MAX_RECENT = 8;

const bytes = (text) => new TextEncoder().encode(text).length;

// What is wrong with a room's name: a key of texts.badRoom, or nothing.
export function problemOf(room) {
  if (room.trim() === '') return 'empty';
  if (room === '.' || room === '..') return 'dots'; // steps from folder to folder in a URL: /chat/.. is /
  if (/[/\p{Cc}\p{Cs}]/u.test(room)) return 'letters';
  return bytes(room) > MAX_BYTES ? 'long' : '';
}

// The name as it is shown. Marks that turn text around, which are not seen, would reach into the text beside it.
export const shown = (room) => room.replace(/[\u202a-\u202e\u2066-\u2069]/g, '\ufffd');

// The room of the typing indicator, which keeps nothing; none where its name would be too long.
export function typingRoomOf(room) {
  const name = `typing:${room}`;
  return bytes(name) > MAX_BYTES ? null : name;
}

// The room that the address names, and whether that was possible.
export function roomOfAddress() {
  const room = new URL(location.href).searchParams.get('room') ?? LOBBY;
  return problemOf(room) ? { room: LOBBY, possible: false } : { room, possible: true };
}

export function addressOf(room, page = location.pathname) {
  const url = new URL(page, location.href);
  if (room !== LOBBY) url.searchParams.set('room', room);
  return url.href;
}

function recent() {
  const list = recallJson('rooms', 'localStorage');
  return Array.isArray(list) ? list.filter((room) => typeof room === 'string' && !problemOf(room)) : [];
}

// The list of recent rooms and the field for another one. `enter` is told where to go.
export class Switcher {
  #list = document.getElementById('rooms');
  #form = document.getElementById('go');
  #field = document.getElementById('room-name');
  #problem = document.getElementById('room-problem');
  #enter;

  constructor(enter) {
    this.#enter = enter;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#field.addEventListener('input', () => this.#complain(''));
    this.#list.addEventListener('click', (event) => {
      const link = event.target.closest('a');
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.#enter(link.dataset.room);
    });
  }

  // Remembers this room as the latest and shows it as the present one.
  show(room) {
    const rooms = recent();
    const list = rooms.includes(room) ? rooms : [room, ...rooms].slice(0, MAX_RECENT);
    store('rooms', JSON.stringify(list));
    const shown = [LOBBY, ...list.filter((name) => name !== LOBBY)];
    this.#list.replaceChildren(...shown.map((name) => this.#item(name, name === room)));
  }

  #item(room, current) {
    const link = document.createElement('a');
    link.href = addressOf(room);
    link.dataset.room = room;
    link.textContent = shown(room);
    link.dir = 'auto';
    if (current) link.setAttribute('aria-current', 'page');
    const item = document.createElement('li');
    item.append(link);
    return item;
  }

  #submit() {
    const room = this.#field.value.trim();
    const problem = problemOf(room);
    this.#complain(problem && texts.badRoom[problem]);
    if (problem) {
      this.#field.focus();
      return;
    }
    this.#field.value = '';
    this.#enter(room);
  }

  #complain(text) {
    this.#problem.textContent = text;
    this.#field.setAttribute('aria-invalid', text ? 'true' : 'false');
  }
}
