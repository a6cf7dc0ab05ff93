// Shared by the scenarios: clients of the unmodified npm package centrifuge, on the package ws.
import { createRequire } from 'node:module';
import { EventSource } from 'eventsource';
import { Agent, fetch } from 'undici';
import WebSocket from 'ws';

process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
const { Centrifuge } = createRequire(import.meta.url)(process.env.LWS_CHAT_SDK);

export const PATIENCE = 30_000;
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Waits until fact() is true.
export async function until(fact, what) {
  const deadline = Date.now() + PATIENCE;
  while (!fact()) {
    if (Date.now() > deadline) throw new Error(`waited ${PATIENCE} ms for ${what}`);
    await sleep(2);
  }
}

// A text client of the same server.
export async function textClient(url, room) {
  const socket = new WebSocket(new URL(`/chat/${room}`, url), { perMessageDeflate: false });
  const messages = [];
  socket.on('message', (data) => messages.push(data.toString()));
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  return { socket, messages };
}

// LWS_CHAT_TRANSPORT chooses a transport of the SDK: websocket, http_stream or sse.
export const transport = process.env.LWS_CHAT_TRANSPORT || 'websocket';

// Fetches over as many connections as a browser makes to a server. Without this, fetch makes one for each call, all at
// once, and gives up after 10 s.
function browserFetch() {
  const dispatcher = new Agent({ connections: 6, connect: { timeout: PATIENCE } });
  return (address, how) => fetch(address, { dispatcher, ...how });
}

// The SDK's endpoint and options for a transport. The URL is that of the WebSocket.
function endpoint(url, over) {
  if (over === 'websocket') return [url, { websocket: WebSocket }];
  const at = (path) => new URL(path, url.replace(/^ws/, 'http')).href;
  return [[{ transport: over, endpoint: at(`/connection/${over}`) }], {
    emulationEndpoint: at('/emulation'), fetch: browserFetch(), readableStream: ReadableStream, eventsource: EventSource,
  }];
}

export function client(url, options = {}, over = transport) {
  const [where, how] = endpoint(url, over);
  // By default the SDK gives up commands after 5 s. A busy machine needs longer.
  const patient = { timeout: PATIENCE, minReconnectDelay: 1, maxReconnectDelay: 20 };
  const made = new Centrifuge(where, { ...how, ...patient, ...options });
  made.log = [];
  made.on('disconnected', (context) => made.log.push(`disconnected ${context.code}`));
  made.on('connecting', (context) => made.log.push(`connecting ${context.code}`));
  made.on('error', () => {});
  made.connect();
  return made;
}

// A subscription that is active, with a record of its events.
export async function join(from, room, options = {}) {
  const subscription = from.newSubscription(room, { minResubscribeDelay: 1, maxResubscribeDelay: 20, ...options });
  const seen = { data: [], offsets: [], events: [], subscribed: [] };
  subscription.on('publication', (publication) => {
    seen.data.push(publication.data);
    seen.offsets.push(publication.offset);
  });
  subscription.on('join', ({ info }) => seen.events.push(`+${info.user}`));
  subscription.on('leave', ({ info }) => seen.events.push(`-${info.user}`));
  subscription.on('subscribed', (context) => seen.subscribed.push(context));
  subscription.on('error', () => {});
  subscription.subscribe();
  await subscription.ready(PATIENCE);
  return Object.assign(subscription, { seen });
}

// The error of a promise that fails.
export const failure = (promise) => promise.then(() => null, (error) => ({ code: error.code, temporary: error.temporary }));
