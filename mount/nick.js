// The reader's own name. A nickname is a button that shows it, with a dialog that changes it. The name of a token is a text.

import { texts } from './i18n.js';
import { cleanNick, myNick, setMyNick } from './me.js';
import { nameTag } from './person.js';

export class NickDialog {
  #dialog = document.getElementById('nick-dialog');
  #field = document.getElementById('nick-input');
  #text = document.getElementById('nick-text');

  // Calls `changed` with the new name.
  constructor(changed) {
    this.#text.textContent = myNick();
    document.getElementById('nick').addEventListener('click', () => this.#open());
    document.getElementById('nick-cancel').addEventListener('click', () => this.#dialog.close());
    document.getElementById('nick-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#dialog.close();
      const nick = cleanNick(this.#field.value);
      if (nick === '' || nick === myNick()) return;
      setMyNick(nick);
      this.#text.textContent = nick;
      changed(nick);
    });
  }

  #open() {
    this.#field.value = myNick();
    this.#dialog.showModal();
    this.#field.select();
  }
}

export class TokenName {
  #place = document.createElement('p');

  constructor() {
    this.#place.className = 'nick';
    document.getElementById('nick').replaceWith(this.#place);
  }

  // Null: there is no name.
  show(someone) {
    if (!someone) return this.#place.replaceChildren();
    const before = document.createElement('span');
    before.className = 'visually-hidden';
    before.textContent = texts.yourName;
    const name = nameTag(someone, 'own-name');
    return this.#place.replaceChildren(before, name);
  }
}
