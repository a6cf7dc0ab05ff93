// The reader's own nickname: a button that shows it, and a dialog that changes it.

import { cleanNick, myNick, setMyNick } from './me.js';

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
