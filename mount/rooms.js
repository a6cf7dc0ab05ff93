// The room is in the address, ?room=NAME, so a link is an invitation. An address without a room means the lobby.

import { texts } from './i18n.js';
import { recallJson, store } from './storage.js';

const LOBBY = 'lobby';
const MAX_BYTES = 255;
const MAX_RECENT = 8;

const bytes = (text) => new TextEncoder().encode(text).length;

// The error in a room's name, as a key of texts.badRoom. Empty: none.
export function problemOf(room) {
  if (room.trim() === '') return 'empty';
  if (room === '.' || room === '..') return 'dots'; // browsers resolve them in a URL: /chat/.. is /
  if (/[/\p{Cc}\p{Cs}]/u.test(room)) return 'letters';
  return bytes(room) > MAX_BYTES ? 'long' : '';
}

// The name to show. Invisible marks that change the text's direction would also affect the text beside it.
export const shown = (room) => room.replace(/[\u202a-\u202e\u2066-\u2069]/g, '\ufffd');

// The room of the typing indicator, which has no history. Null if its name would be too long, or if not everybody may
// enter the room: everybody may enter the other one.
export function typingRoomOf(room) {
  if (room.startsWith('$')) return null;
  const name = `typing:${room}`;
  return bytes(name) > MAX_BYTES ? null : name;
}

// The room in the address. `possible` is false if its name is not allowed; the room is then the lobby.
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

// The list of recent rooms, and the field for another one. Calls `enter` with the chosen room.
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

  // Remembers this room, and marks it as the present one in the list.
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
