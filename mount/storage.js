// What the browser remembers for this page. A browser that forbids storage gets a page that forgets.

const PREFIX = 'lws-chat.';

export function recall(key, storage = 'localStorage') {
  try {
    return window[storage].getItem(PREFIX + key);
  } catch {
    return null;
  }
}

export function store(key, value, storage = 'localStorage') {
  try {
    if (value === null) window[storage].removeItem(PREFIX + key);
    else window[storage].setItem(PREFIX + key, value);
  } catch {
    // Forbidden or full.
  }
}

// The same for values that are more than a text; what cannot be read is as good as nothing.
export function recallJson(key, storage) {
  try {
    return JSON.parse(recall(key, storage));
  } catch {
    return null;
  }
}
