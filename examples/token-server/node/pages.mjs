/** The pages of the example's server, in Chinese and English. */

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text) => String(text).replace(/[&<>"']/g, (letter) => ENTITIES[letter]);

const page = (body) => `<!doctype html>
<html lang="zh">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>miniapp-rtc</title>
<style>
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 32rem; margin: 2rem auto; padding: 0 1rem; }
  label, button { display: block; margin: .5rem 0; }
  code { overflow-wrap: anywhere; }
</style>
${body}
</html>
`;

/** @param {string} [fault] */
export const loginPage = (fault = '') =>
  page(`<h1>登录 · Log in</h1>
<p role="alert">${escaped(fault)}</p>
<form method="post" action="/login">
  <label>用户名 User <input name="user" required autocomplete="username"></label>
  <label>密码 Password <input name="password" type="password" required autocomplete="current-password"></label>
  <button>登录 Log in</button>
</form>`);

/** @param {string} user */
export const roomPage = (user) =>
  page(`<h1>你好 · Hello, ${escaped(user)}</h1>
<form method="post" action="/join">
  <label>房间号 Room <input name="room" value="demo" required></label>
  <button>加入 Join</button>
</form>
<form method="post" action="/logout"><button>退出登录 Log out</button></form>`);

/** @param {{ web: string, miniProgram: string }} links */
export const linksPage = ({ web, miniProgram }) =>
  page(`<h1>加入 · Join</h1>
<p><a id="web" href="${escaped(web)}">在浏览器中加入 · Join in this browser</a></p>
<p>小程序页面 · Page of the mini-program: <code>${escaped(miniProgram)}</code></p>
<p>链接里有 Token,不要转发。The link holds a token: pass it on to nobody.</p>`);
