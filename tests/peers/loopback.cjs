// Lead the official Node SDK, whose addresses are fixed, to the emulator; everything else is refused.
//
//     EMULATOR_PORT=8089 node --require ./loopback.cjs program.js

"use strict";
const net = require("node:net");
const tls = require("node:tls");

const port = Number(process.env.EMULATOR_PORT);
const REST = "https://restapi.deepdub.ai/";
const WEBSOCKET_HOST = "wsapi.deepdub.ai";

// A WebSocket opens its connection by this; to the emulator there is no encryption.
tls.connect = (options) => {
  if (options.host !== WEBSOCKET_HOST) {
    throw new Error(`no connection to ${options.host} in a test`);
  }
  return net.connect({ host: "127.0.0.1", port });
};

const fetchAnything = globalThis.fetch;
globalThis.fetch = (url, options) => {
  if (!String(url).startsWith(REST)) {
    throw new Error(`no request to ${url} in a test`);
  }
  return fetchAnything(`http://127.0.0.1:${port}/${String(url).slice(REST.length)}`, options);
};
