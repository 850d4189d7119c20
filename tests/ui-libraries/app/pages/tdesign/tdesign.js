import Dialog from 'tdesign-miniprogram/dialog/index';

Page({
  data: { visible: false, said: '' },

  open() {
    this.setData({ visible: true });
  },

  confirm() {
    this.setData({ visible: false, said: 'yes' });
  },

  cancel() {
    this.setData({ visible: false, said: 'no' });
  },

  press() {
    this.setData({ said: 'pressed' });
  },

  send(event) {
    this.setData({ said: `sent by ${event.detail.value.who}` });
  },

  async ask() {
    try {
      await Dialog.confirm({ context: this, title: 'By call', content: 'Go on?', confirmBtn: 'Go', cancelBtn: 'Stop' });
      this.setData({ said: 'go' });
    } catch {
      this.setData({ said: 'stop' });
    }
  },
});
