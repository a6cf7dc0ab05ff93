// One room over one WebSocket. Every text is sent as it is typed, and every
// text that arrives is shown as text, never as markup.

import { language, texts, translate } from './i18n.js';

const MAX_LINES = 2000; // lines kept in the page
const CLOSE_WAIT_MS = 3000; // how long the server may take to close
const NEAR_BOTTOM_PX = 48; // this close to the end counts as "at the end"

const byId = (id) => document.getElementById(id);
const log = byId('messages');
const lines = byId('lines');
const jump = byId('jump');
const form = byId('form');
const input = byId('input');
const send = byId('send');
const close = byId('close');
const offline = byId('offline');
const reconnect = byId('reconnect');
const state = byId('state');

const clock = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : 'zh-TW', {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

translate(document);

// ---- The log ---------------------------------------------------------------

function addLine(kind, text, detail = '') {
  const now = new Date();
  const line = document.createElement('li');
  line.className = kind;

  const body = document.createElement('span');
  body.className = 'text';
  body.dir = 'auto';
  body.textContent = text;

  const time = document.createElement('time');
  time.dateTime = now.toISOString();
  time.textContent = clock.format(now);

  line.append(body, time);
  if (detail) {
    const note = document.createElement('span');
    note.className = 'detail';
    note.textContent = detail;
    line.append(note);
  }

  lines.append(line);
  while (lines.childElementCount > MAX_LINES) lines.firstElementChild.remove();

  if (following) scrollSoon();
  else jump.hidden = false;
}

// The log follows the newest line until the reader scrolls up. Lines can come
// in faster than frames, so scrolling is done once a frame, and a scroll event
// is judged by where the end was in that frame: lines appended since then must
// not look as if the reader had left the end.
let following = true;
let scrollPending = false;
let endTop = 0;

function setFollowing(value) {
  following = value;
  log.classList.toggle('following', value);
  if (value) jump.hidden = true;
}

function scrollToEnd() {
  log.scrollTop = log.scrollHeight;
  endTop = log.scrollTop;
}

function scrollSoon() {
  if (scrollPending) return;
  scrollPending = true;
  requestAnimationFrame(() => {
    scrollPending = false;
    if (following) scrollToEnd();
  });
}

log.addEventListener('scroll', () => {
  const gap = log.scrollHeight - log.clientHeight - log.scrollTop;
  if (gap <= NEAR_BOTTOM_PX) setFollowing(true);
  else if (log.scrollTop < endTop - NEAR_BOTTOM_PX) setFollowing(false);
}, { passive: true });

// A phone's keyboard, a rotation or a banner changes the height of the log.
new ResizeObserver(() => {
  if (following) scrollToEnd();
}).observe(log);

jump.addEventListener('click', () => {
  setFollowing(true);
  scrollToEnd();
  input.focus();
});

setFollowing(true);

// ---- The connection --------------------------------------------------------

let socket = null;
let closeTimer = 0;

function socketUrl() {
  const url = new URL(document.documentElement.dataset.path, location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}

function setState(name) {
  state.dataset.state = name;
  state.textContent = texts[name];
  const focused = document.activeElement;
  const lostFocus = focused === send || focused === close || focused === reconnect;

  send.disabled = close.disabled = name !== 'connected';
  offline.hidden = name !== 'disconnected';

  // A button that is disabled or hidden would drop the keyboard's place.
  if (lostFocus) {
    if (name === 'disconnected') reconnect.focus();
    else input.focus();
  }
}

function onClose({ code, reason }) {
  clearTimeout(closeTimer);
  closeTimer = 0;
  socket = null;
  const detail = code === 1000 ? '' : texts.detail(texts.codes[code], code, reason);
  addLine('system closed', texts.closed, detail);
  setState('disconnected');
}

function onMessage({ data }) {
  if (typeof data === 'string') addLine('message', data);
  else addLine('message binary', texts.binary(data.size));
}

function connect() {
  if (socket) return;
  setState('connecting');
  try {
    socket = new WebSocket(socketUrl());
  } catch {
    onClose({ code: 1006, reason: '' });
    return;
  }
  socket.addEventListener('open', () => {
    addLine('system opened', texts.opened);
    setState('connected');
  });
  socket.addEventListener('message', onMessage);
  socket.addEventListener('close', onClose);
}

const isOpen = () => socket?.readyState === WebSocket.OPEN;

// ---- The controls ----------------------------------------------------------

// While an input method is composing, Enter picks a candidate: it does not
// send. One browser ends the composition just before the key event, which then
// carries the key code 229.
let composing = false;
input.addEventListener('compositionstart', () => { composing = true; });
input.addEventListener('compositionend', () => { composing = false; });
input.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return;
  if (event.isComposing || event.keyCode === 229) event.preventDefault();
});

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (composing) return;
  if (input.value !== '' && isOpen()) {
    socket.send(input.value);
    input.value = '';
    setFollowing(true);
    scrollSoon();
  }
  input.focus();
});

// The server is asked to close; a server that does not is left anyway.
close.addEventListener('click', () => {
  if (!isOpen() || closeTimer) return;
  const asked = socket;
  asked.send('close');
  closeTimer = setTimeout(() => asked.close(1000), CLOSE_WAIT_MS);
});

reconnect.addEventListener('click', () => {
  input.focus();
  connect();
});

input.focus();
connect();
