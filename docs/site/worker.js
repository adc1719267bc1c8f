/* Search from a disk: browsers start no worker there, so a hidden frame does its work. What is sent is copied, as
   between threads: neither side may change what the other holds. */
const copied = (data) => new MessageEvent("message", { data: structuredClone(data) });
if (location.protocol === "file:") {
  window.Worker = class {
    constructor(url) {
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      this.inside = this.frame.contentWindow;
      this.inside.postMessage = (data) => this.onmessage?.(copied(data));
      const script = this.inside.document.createElement("script");
      script.src = new URL(url, location.href).href;
      this.ready = new Promise((loaded) => script.addEventListener("load", loaded));
      this.inside.document.body.append(script);
    }

    postMessage(data) {
      const event = copied(data);
      this.ready.then(() => this.inside.dispatchEvent(event));
    }

    terminate() {
      this.frame.remove();
    }
  };
}
