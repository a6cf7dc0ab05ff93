// The SDK's connection to the server. What the SDK does not hand over, or not rightly, is seen to here.

import { toSdk, toServer } from './names.js';
import { note } from './times.js';

export class Socket extends WebSocket {
  send(frame) {
    super.send(toServer(frame));
  }

  // The SDK listens by this property.
  set onmessage(listen) {
    super.onmessage = ({ data }) => {
      note(data);
      listen({ data: toSdk(data) });
    };
  }
}
