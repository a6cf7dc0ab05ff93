// A server for behaviour that the real one does not show on request. It has just enough of the protocol for one window.
// Use: windows.open({ server: fakeServer({ published(text, socket) { ... } }) }). history(command, socket) { ... } changes the
// answer to a command, and null leaves it without one.

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

// Sends a message of the room to the window.
export function echo(text, socket, channel) {
  socket.send(JSON.stringify({ push: { channel, pub: { data: text, info: { client: 'other', user: '' } } } }));
}
