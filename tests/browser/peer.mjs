// Another client in the room: the unmodified Centrifuge SDK from npm, in Node.

import { once } from 'node:events';
import WebSocket from 'ws';

const sdk = new URL('../../build/npm/centrifuge/build/index.js', import.meta.url);
const { Centrifuge } = await import(sdk.href);

// For servers on this machine only, which have self-signed certificates.
class Socket extends WebSocket {
  constructor(url, protocols) {
    super(url, protocols, { rejectUnauthorized: false });
  }
}

export class Peer {
  #client;
  #room;
  #typing;
  events = []; // what this peer saw: ['message' | 'join' | 'leave', nick, text]
  typed = 0; // how often others told that they were typing

  constructor(url, nick, room) {
    const data = nick === null ? {} : { user: `id-${nick}`, info: { nick } };
    this.#client = new Centrifuge(url, { websocket: Socket, data, timeout: 30_000 });
    this.#room = this.#client.newSubscription(room, { joinLeave: true });
    this.#typing = this.#client.newSubscription(`typing:${room}`);
    const nickOf = (info) => (info?.connInfo?.claimed ?? info?.connInfo)?.nick ?? null;
    this.#room.on('publication', ({ data: text, info }) => this.events.push(['message', nickOf(info), text]));
    this.#room.on('join', ({ info }) => this.events.push(['join', nickOf(info)]));
    this.#room.on('leave', ({ info }) => this.events.push(['leave', nickOf(info)]));
    this.#typing.on('publication', () => { this.typed += 1; });
    this.#room.subscribe();
    this.#typing.subscribe();
    this.#client.connect();
  }

  async ready() {
    await this.#room.ready(10_000);
    await this.#typing.ready(10_000);
  }

  say(data) {
    return this.#room.publish(data);
  }

  type() {
    return this.#typing.publish('');
  }

  saw(kind, nick, text) {
    return this.events.some(([what, who, said]) => what === kind && who === nick && (text ?? said) === said);
  }

  async goes() {
    const gone = once(this.#client, 'disconnected');
    this.#room.unsubscribe();
    this.#client.disconnect();
    await gone;
  }

  leave() {
    this.#client.disconnect();
  }
}
