// A device of a stranger's making on the WebSocket: says hello and beats, and nothing else. For PresenceProcessTests.cs, which stops and kills it.
import { createInterface } from "node:readline";
import WebSocket from "ws";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { url, token } = JSON.parse((await lines.next()).value);
const say = step => console.log(JSON.stringify({ step }));

const socket = new WebSocket(url);
socket.on("open", () => socket.send(JSON.stringify({ type: "hello", token })));
socket.on("message", data => {
  const frame = JSON.parse(data);
  if (frame.type === "hello") setInterval(() => socket.send('{"type":"heartbeat"}'), frame.heartbeatSeconds * 1000);
  if (frame.type === "live") say("live");
});
socket.on("close", () => process.exit(0));
socket.on("error", () => process.exit(1));
