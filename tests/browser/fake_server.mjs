// A server for what the real one does not do on request: just enough of the protocol for one window.
// Use: windows.open({ server: fakeServer({ published(text, socket) { ... } }) }). A command may be given another
// answer, history(command, socket) { ... }, or with null none.

const REPLIES = {
  connect: () => ({ client: 'me', version: 'test' }),
  subscribe: () => ({ recoverable: true, positioned: true, epoch: 'test' }),
  history: () => ({ publications: [], epoch: 'test' }),
  presence: () => ({ presence: {} }),
  unsubscribe: () => ({}),
  publish: () => ({}),
};

export function fakeServer({ published = () => {}, ...replies } = {}) {
  const all = { ...REPLIES, ...replies };
  return (socket) => {
    socket.onMessage((frame) => {
      for (const line of frame.split('\n')) {
        const { id, ...command } = JSON.parse(line);
        const name = Object.keys(command).find((key) => key in all);
        const reply = name && all[name](command[name], socket);
        if (!reply) continue;
        socket.send(JSON.stringify({ id, [name]: reply }));
        if (name === 'publish' && !command.publish.channel.startsWith('typing:')) {
          published(command.publish.data, socket, command.publish.channel);
        }
      }
    });
  };
}

// Says something to the window as the room does.
export function echo(text, socket, channel) {
  socket.send(JSON.stringify({ push: { channel, pub: { data: text, info: { client: 'other', user: '' } } } }));
}
