// A minimal page: one WebSocket, which shows each text unchanged. ?room=NAME means the room at /chat/NAME.

const room = new URL(location.href).searchParams.get('room');
const text = document.getElementById('txt');

if (room !== null) document.getElementById('full').search = `?${new URLSearchParams({ room })}`;

function show(line) {
  const element = document.createElement('div');
  element.dir = 'auto';
  element.textContent = line;
  document.getElementById('message').append(element);
  element.scrollIntoView({ block: 'nearest' });
}

function connect() {
  const url = new URL(document.documentElement.dataset.path + encodeURIComponent(room ?? ''), location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url);

  socket.addEventListener('open', () => show('連線成功!'));
  socket.addEventListener('message', ({ data }) => show(typeof data === 'string' ? data : `[${data.size}]`));
  socket.addEventListener('close', () => show('被後端斷開'));

  const say = (line) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(line);
  };

  document.getElementById('form').addEventListener('submit', (event) => {
    event.preventDefault();
    say(text.value);
    text.value = '';
    text.focus();
  });

  // The server answers this text, then closes.
  document.getElementById('close').addEventListener('click', () => say('close'));
}

// Browsers resolve these in a URL: /chat/.. is /.
if (room === '.' || room === '..') {
  show('沒有這個房間 (no such room)');
  for (const control of document.getElementById('form').elements) control.disabled = true;
} else {
  connect();
}
