// The connection to the server and the visit to one room, with the Centrifuge SDK. Calls its listener in the order in
// which a reader should see the events:
//   state(name)                  connecting, connected, reconnecting, offline or disconnected
//   connected(client)            the client id that the server gave
//   entered({ why, history })    first time in the room, with its earlier messages
//   resumed({ why, missed, missing })  back in the room: the missed messages, and the number of those that are
//                                lost for good (-1: perhaps some)
//   message(publication)         a new message
//   people(infos), join(info), leave(info), typing(info)
//   crowd(count)                 too many members for a list
//   reply(data)                  a message of the server to this client only
//   closed({ code, reason })     the connection is closed and does not reopen by itself
// `why` is the reason for the connection: 'reader' (opened the page or clicked), 'lost' or 'renamed'.
// Messages in `history` and `missed` have a `time`, or null if it is unknown.

import { sdkName } from './names.js';
import { Socket } from './socket.js';
import { timeOf } from './times.js';

const HISTORY = 100; // messages to request on entering
const RESUME = 1000; // messages to request on coming back, if the server could not recover them
const MAX_FRAME = 65536; // the server's max-message
const ENVELOPE = 256; // bytes of a frame around text and room, at most
const LIMIT_EXCEEDED = 106; // the protocol's error for a list that would be too long
const ASK_AGAIN_MS = 15000;
const TOKEN_EXPIRED = 109; // the protocol's error for it; the SDK gets another token
const MAX_EXPIRED = 3; // in a row
const INSUFFICIENT_STATE = 2500; // the protocol's code for a room in which messages may have been missed
const MOST_PARTS = 20; // of what was missed; in a lively room there is always more
const TOO_LARGE = 3; // the SDK's own code for the close code 1009

const utf8 = new TextEncoder();
const jsonBytes = (text) => utf8.encode(JSON.stringify(text)).length;

// Replaces unpaired surrogates, which are not valid text.
const wellFormed = (text) => text.toWellFormed?.()
  ?? text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');

const dated = (publications, epoch) => publications.map((one) => ({ ...one, time: timeOf(epoch, one.offset) }));

export class Connection {
  #client;
  #on;
  #visit = null;
  #why = 'reader';
  #renaming = false;
  #getToken;
  #expired = 0; // tokens in a row that had expired
  #givenUp = null; // why this page, not the server, has ended the connection

  // `getToken` fetches a token (null: there are none).
  constructor(url, data, getToken, listener) {
    this.#on = listener;
    this.#getToken = getToken;
    const { Centrifuge } = globalThis;
    this.#client = new Centrifuge(url, {
      data, getToken, websocket: Socket, minReconnectDelay: 300, maxReconnectDelay: 5000,
    });
    this.#client.on('connecting', () => this.#showState());
    this.#client.on('error', (context) => this.#failed(context));
    this.#client.on('connected', ({ client: id }) => {
      this.#expired = 0;
      this.#on.connected(id);
    });
    this.#client.on('disconnected', (context) => {
      if (this.#renaming) return;
      const { code, reason } = this.#givenUp ?? context;
      this.#givenUp = null;
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
    // The reader may have signed in again since the last token.
    if (this.#getToken && this.#client.state === 'disconnected') this.#client.setToken('');
    this.#client.connect();
  }

  disconnect() {
    this.#client.disconnect();
  }

  // Leaves the present room and enters this one.
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
      this.#listenForCuts(visit);
    }
    this.#subscribe(visit);
    this.#showState();
  }

  // The name is sent on connecting, so a new name needs a new connection. Unsubscribing first removes the old name at once.
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

  // Tells the members that this reader is typing. It does not matter if the message is lost.
  tellTyping() {
    const typing = this.#visit.typing;
    if (typing?.state === 'subscribed') typing.publish('').catch(() => {});
  }

  // The SDK tries again by itself. It would go on for ever with a site that gives out tokens that have expired.
  #failed({ type, error }) {
    if (type === 'connect' && error.code === TOKEN_EXPIRED) this.#expired += 1;
    if (this.#expired >= MAX_EXPIRED) {
      this.#expired = 0;
      this.#givenUp = { code: error.code, reason: error.message };
      this.#client.disconnect();
    }
    this.#showState();
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

  // The room for "is typing" has no history, so a server that was cut off from the others tells its members that they may have
  // missed something there. Then what this room has missed comes now, or has come.
  #listenForCuts(visit) {
    let held = null;
    visit.typing.on('subscribing', ({ code }) => {
      if (code !== INSUFFICIENT_STATE || visit !== this.#visit || visit.held || visit.sub.state !== 'subscribed') return;
      visit.held = held = [];
      visit.pending = true;
    });
    visit.typing.on('subscribed', async () => {
      if (!held) return;
      // The server asks the others who is there after it has asked what was missed, and answers behind the messages. If it
      // was much, the messages come in several parts, and each answer is behind one more.
      for (let part = 0, before = -1; part < MOST_PARTS && before !== held.length; part += 1) {
        before = held.length;
        await visit.sub.presenceStats().catch(() => {});
        await visit.sub.history({ limit: 0 }).catch(() => {});
      }
      const missed = held;
      held = null;
      // Otherwise the room has been entered again meanwhile, or will be.
      if (visit !== this.#visit || visit.held !== missed || visit.sub.state !== 'subscribed') return;
      visit.held = null;
      visit.pending = false;
      this.#count(visit, missed);
      this.#tell(visit, { missed: dated(missed, visit.epoch), missing: 0 });
    });
  }

  #deliver(visit, publication) {
    this.#count(visit, [publication]);
    this.#on.message(publication);
  }

  #count(visit, publications) {
    const offset = publications.at(-1)?.offset;
    if (offset) visit.offset = offset;
  }

  // New messages wait in `held` until the earlier ones are on the page. The SDK delivers recovered messages in the same
  // task, right after this event.
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
      // Messages from after subscribing are in `held` already.
      old = dated(publications.filter(({ offset }) => offset <= top).reverse(), streamPosition?.epoch);
    } catch {
      // Either the room has no history, or the connection is lost again. The next connection starts over.
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

  // Presence replaces all earlier joins and leaves, because it comes over the same connection, in order.
  async #loadPeople(visit) {
    try {
      const { clients } = await visit.sub.presence();
      if (visit === this.#visit) this.#on.people(Object.values(clients));
    } catch (error) {
      if (error.code === LIMIT_EXCEEDED) await this.#countPeople(visit);
      // Any other error: the room has no presence.
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
