// The connection to the server, and the visit to one room over it, by the Centrifuge SDK. Tells its listener
// in plain words what happened, in the order in which a reader should see it:
//   state(name)                  connecting, connected, reconnecting, offline or disconnected
//   connected(client)            the server knows this client by this id
//   entered({ why, history })    in the room for the first time, and what was said there before
//   resumed({ why, missed, missing })  back in the room: the messages of the meantime, and how many of them
//                                are lost for good (-1: perhaps some)
//   message(publication)         a message as it comes; earlier ones have their time, as far as it is known
//   people(infos), join(info), leave(info), typing(info)
//   crowd(count)                 too many people to be told who they are
//   reply(data)                  a word of the server to this client alone
//   closed({ code, reason })     the connection is over, and is not opened again by itself
// `why` there is a connection is 'reader' (opened the page, or asked for it), 'lost' or 'renamed'.

import { sdkName } from './names.js';
import { Socket } from './socket.js';
import { timeOf } from './times.js';

const HISTORY = 100; // messages asked for when entering
const RESUME = 1000; // and when coming back, if the server could not recover by itself
const MAX_FRAME = 65536; // the server's max-message
const ENVELOPE = 256; // what surrounds text and room in a frame, generously
const LIMIT_EXCEEDED = 106; // the protocol's error for a list that would be too long
const ASK_AGAIN_MS = 15000;
const TOO_LARGE = 3; // the SDK's own number and words for the close code 1009

const utf8 = new TextEncoder();
const jsonBytes = (text) => utf8.encode(JSON.stringify(text)).length;

// Half a surrogate pair is no text.
const wellFormed = (text) => text.toWellFormed?.()
  ?? text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');

const dated = (publications, epoch) => publications.map((one) => ({ ...one, time: timeOf(epoch, one.offset) }));

export class Connection {
  #client;
  #on;
  #visit = null;
  #why = 'reader';
  #renaming = false;

  constructor(url, data, listener) {
    this.#on = listener;
    const { Centrifuge } = globalThis;
    this.#client = new Centrifuge(url, { data, websocket: Socket, minReconnectDelay: 300, maxReconnectDelay: 5000 });
    this.#client.on('connecting', () => this.#showState());
    this.#client.on('error', () => this.#showState());
    this.#client.on('connected', ({ client: id }) => this.#on.connected(id));
    this.#client.on('disconnected', ({ code, reason }) => {
      if (this.#renaming) return;
      this.#on.closed(code === TOO_LARGE ? { code: 1009, reason: '' } : { code, reason });
      this.#on.state('disconnected');
    });
    this.#client.on('message', ({ data: word }) => this.#on.reply(word));
    addEventListener('online', () => this.#showState());
    addEventListener('offline', () => this.#showState());
  }

  connect() {
    this.#why = 'reader';
    if (this.#visit?.sub.state === 'unsubscribed') this.#subscribe(this.#visit);
    this.#client.connect();
  }

  disconnect() {
    this.#client.disconnect();
  }

  // Leaves the room it is in and goes to this one.
  enter(room, typingRoom) {
    this.#leave();
    const visit = { sub: null, typing: null, held: null, been: false, pending: false, offset: 0, epoch: '' };
    this.#visit = visit;
    visit.sub = this.#client.newSubscription(sdkName(room), { joinLeave: true });
    this.#listen(visit);
    if (typingRoom) {
      visit.typing = this.#client.newSubscription(typingRoom);
      visit.typing.on('publication', ({ info }) => {
        if (visit === this.#visit) this.#on.typing(info);
      });
    }
    this.#subscribe(visit);
    this.#showState();
  }

  // What others are told of this client is told when connecting. Unsubscribing first leaves at once, so that
  // the old name does not linger.
  rename(data) {
    this.#client.setData(data);
    if (this.#client.state === 'disconnected') return;
    if (this.#client.state === 'connected') this.#why = 'renamed';
    this.#renaming = true;
    this.#visit.sub.unsubscribe();
    this.#visit.typing?.unsubscribe();
    this.#client.disconnect();
    this.#renaming = false;
    this.#client.connect();
    this.#subscribe(this.#visit);
  }

  fits(text) {
    return jsonBytes(wellFormed(text)) + jsonBytes(this.#visit.sub.channel) + ENVELOPE <= MAX_FRAME;
  }

  publish(text) {
    return this.#visit.sub.publish(wellFormed(text));
  }

  // A word for those in the room now; nothing is lost if nobody hears it.
  tellTyping() {
    const typing = this.#visit.typing;
    if (typing?.state === 'subscribed') typing.publish('').catch(() => {});
  }

  #showState() {
    const { state } = this.#client;
    const room = this.#visit?.sub.state;
    if (state === 'disconnected' || room === 'unsubscribed') return;
    if (state === 'connected' && room === 'subscribed') this.#on.state('connected');
    else if (!navigator.onLine) this.#on.state('offline');
    else this.#on.state(this.#why === 'lost' && state !== 'connected' ? 'reconnecting' : 'connecting');
  }

  #subscribe(visit) {
    visit.sub.subscribe();
    visit.typing?.subscribe();
  }

  #leave() {
    const left = this.#visit;
    this.#visit = null;
    for (const sub of [left?.sub, left?.typing]) {
      if (!sub) continue;
      sub.unsubscribe();
      this.#client.removeSubscription(sub);
    }
  }

  #listen(visit) {
    const on = (event, handle) => visit.sub.on(event, (context) => {
      if (visit === this.#visit) handle(context);
    });
    on('subscribing', () => this.#showState());
    on('subscribed', (context) => this.#subscribed(visit, context));
    on('unsubscribed', ({ code, reason }) => {
      if (this.#renaming) return;
      this.#on.closed({ code, reason });
      this.#on.state('disconnected');
    });
    on('publication', (publication) => {
      if (visit.held) visit.held.push(publication);
      else this.#deliver(visit, publication);
    });
    on('join', ({ info }) => this.#on.join(info));
    on('leave', ({ info }) => this.#on.leave(info));
  }

  #deliver(visit, publication) {
    this.#count(visit, [publication]);
    this.#on.message(publication);
  }

  #count(visit, publications) {
    const offset = publications.at(-1)?.offset;
    if (offset) visit.offset = offset;
  }

  // Messages that come meanwhile wait in `held` until those before them are on the page. The SDK hands over
  // recovered ones in the same task, right after this event.
  #subscribed(visit, context) {
    visit.held = [];
    this.#showState();
    this.#loadPeople(visit);
    if (context.wasRecovering && context.recovered && !visit.pending) {
      queueMicrotask(() => {
        const missed = visit.held;
        visit.held = null;
        this.#count(visit, missed);
        this.#tell(visit, { missed: dated(missed, context.streamPosition?.epoch), missing: 0 });
      });
    } else {
      this.#loadHistory(visit, context);
    }
  }

  async #loadHistory(visit, { streamPosition }) {
    visit.pending = true;
    let old = [];
    const top = streamPosition?.offset ?? 0;
    try {
      const limit = visit.been ? RESUME : HISTORY;
      const { publications } = await visit.sub.history({ limit, reverse: true });
      // What came after subscribing is held already.
      old = dated(publications.filter(({ offset }) => offset <= top).reverse(), streamPosition?.epoch);
    } catch {
      // This room keeps no history; or the connection is gone again, and the next one starts over here.
      if (visit.sub.state !== 'subscribed') return;
    }
    if (visit !== this.#visit) return;
    visit.pending = false;
    const same = streamPosition !== undefined && streamPosition.epoch === visit.epoch;
    const missed = same ? old.filter(({ offset }) => offset > visit.offset) : old;
    const missing = same ? top - visit.offset - missed.length : -1;
    visit.epoch = streamPosition?.epoch ?? '';
    visit.offset = top;
    this.#tell(visit, { missed, missing });
    const held = visit.held ?? [];
    visit.held = null;
    for (const publication of held) {
      if (!(publication.offset <= top)) this.#deliver(visit, publication);
    }
  }

  #tell(visit, { missed, missing }) {
    const why = this.#why;
    this.#why = 'lost';
    if (visit.been) this.#on.resumed({ why, missed, missing });
    else this.#on.entered({ why, history: missed });
    visit.been = true;
  }

  // Snapshot and news come over the same connection, so the snapshot replaces what was heard before it.
  async #loadPeople(visit) {
    try {
      const { clients } = await visit.sub.presence();
      if (visit === this.#visit) this.#on.people(Object.values(clients));
    } catch (error) {
      if (error.code === LIMIT_EXCEEDED) await this.#countPeople(visit);
      // Other errors: this room does not tell who is in it.
      if (error.code !== LIMIT_EXCEEDED && !error.temporary) return;
      setTimeout(() => {
        if (visit === this.#visit && visit.sub.state === 'subscribed') this.#loadPeople(visit);
      }, ASK_AGAIN_MS);
    }
  }

  async #countPeople(visit) {
    const { numClients } = await visit.sub.presenceStats().catch(() => ({}));
    if (numClients && visit === this.#visit) this.#on.crowd(numClients);
  }
}
