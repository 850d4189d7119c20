import { messageOf } from '../../error.js';

/**
 * A browser's WebSocket with the members of WeChat's SocketTask.
 * @param {any} options of `wx.connectSocket`
 * @returns {any}
 */
export function connectSocket({ url, protocols }) {
  const socket = new WebSocket(url, protocols);
  let isOpen = false;
  return {
    onOpen(listener) {
      socket.onopen = () => {
        isOpen = true;
        listener();
      };
    },
    onMessage(listener) {
      socket.onmessage = ({ data }) => listener({ data });
    },
    // A browser keeps the cause from scripts.
    onError(listener) {
      socket.onerror = () => listener(isOpen ? BROKEN : `no connection to ${new URL(url).host}. ${NO_CONNECTION}`);
    },
    onClose(listener) {
      socket.onclose = ({ code, reason }) => listener({ code, reason });
    },
    send({ data, success }) {
      socket.send(data);
      success();
    },
    close({ code, reason }) {
      socket.close(code === NORMAL || code >= FIRST_OWN ? code : NORMAL, reason);
    },
  };
}

/**
 * Asks an address for JSON.
 * @param {string} url
 * @param {(cause: string) => void} fail hears why no answer came
 * @param {(statusCode: number, data: any) => void} take gets the answer; no data where it is no JSON
 */
export function request(url, fail, take) {
  fetch(url)
    .then((response) =>
      response.json().then(
        (data) => take(response.status, data),
        () => take(response.status, undefined),
      ),
    )
    .catch((error) => fail(`${messageOf(error)}. Does its server run, and does it allow this page's origin (CORS)?`));
}

/** The close codes that a page may send: HTML Standard, `WebSocket.close`. */
const NORMAL = 1000;
const FIRST_OWN = 3000;

const BROKEN = 'the connection broke';
const NO_CONNECTION =
  'Is the address right, does the gateway run, and does the browser trust its certificate? Its console says more';
