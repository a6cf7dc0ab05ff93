// The page's texts. Chinese is the default; English is for browsers that
// prefer it over Chinese.

const chinese = {
  title: '聊天室',
  log: '訊息',
  label: '訊息內容',
  placeholder: '請輸入',
  send: '送出',
  close: '關閉',
  reconnect: '重新連線',
  jump: '有新訊息',
  offline: '目前沒有連線，訊息無法送出。',
  connecting: '連線中…',
  connected: '已連線',
  disconnected: '已斷線',
  opened: '連線成功!',
  closed: '被後端斷開',
  binary: (size) => `[二進位資料，${size} 位元組]`,
  // What a close code means; the codes not listed show their number only.
  codes: {
    1001: '伺服器正在關閉或重新啟動',
    1002: '通訊協定錯誤',
    1003: '伺服器不接受這種資料',
    1005: '對方沒有說明原因',
    1006: '連線中斷',
    1007: '訊息不是有效的文字',
    1008: '伺服器拒絕了這個連線',
    1009: '訊息太大',
    1011: '伺服器發生錯誤',
    1012: '伺服器正在重新啟動',
    1013: '接收速度太慢，或伺服器忙碌中',
    3008: '接收速度太慢',
  },
  detail: (meaning, code, reason) =>
    `${meaning ?? '連線已關閉'}（代碼 ${code}${reason ? `：${reason}` : ''}）`,
};

const english = {
  title: 'Chat room',
  log: 'Messages',
  label: 'Message text',
  placeholder: 'Type a message',
  send: 'Send',
  close: 'Close',
  reconnect: 'Reconnect',
  jump: 'New messages',
  offline: 'You are not connected.',
  connecting: 'Connecting…',
  connected: 'Connected',
  disconnected: 'Disconnected',
  opened: 'Connected!',
  closed: 'Disconnected by the server',
  binary: (size) => `[binary, ${size} ${size === 1 ? 'byte' : 'bytes'}]`,
  codes: {
    1001: 'The server is going away or restarting',
    1002: 'Protocol error',
    1003: 'The server does not accept this kind of data',
    1005: 'No reason was given',
    1006: 'The connection was lost',
    1007: 'The message was not valid text',
    1008: 'The server refused this connection',
    1009: 'The message was too large',
    1011: 'The server had an error',
    1012: 'The server is restarting',
    1013: 'This page received too slowly, or the server is busy',
    3008: 'This page received too slowly',
  },
  detail: (meaning, code, reason) =>
    `${meaning ?? 'The connection was closed'} (code ${code}${reason ? `: ${reason}` : ''})`,
};

// The first Chinese or English entry of the browser's list decides.
function choose(languages) {
  for (const tag of languages) {
    const primary = tag.toLowerCase().split('-')[0];
    if (primary === 'zh') return 'zh-Hant';
    if (primary === 'en') return 'en';
  }
  return 'zh-Hant';
}

export const language = choose(navigator.languages ?? [navigator.language ?? '']);
export const texts = language === 'en' ? english : chinese;

// Puts the chosen language into the static page.
export function translate(root) {
  root.documentElement.lang = language;
  root.title = texts.title;
  for (const element of root.querySelectorAll('[data-i18n]')) {
    element.textContent = texts[element.dataset.i18n];
  }
  for (const element of root.querySelectorAll('[data-i18n-label]')) {
    element.setAttribute('aria-label', texts[element.dataset.i18nLabel]);
  }
  for (const element of root.querySelectorAll('[data-i18n-placeholder]')) {
    element.placeholder = texts[element.dataset.i18nPlaceholder];
  }
}
