// Logs by winston through winston-loki, the transport as its README sets it up:
//
//     node winston_client.js URL json|protobuf [USER:KEY] < messages.json
//
// Its first push fails (the test sees to that); closing the transport sends the batch again.
const winston = require("winston");
const LokiTransport = require("winston-loki");

const [url, encoding, basicAuth] = process.argv.slice(2);
const messages = JSON.parse(require("fs").readFileSync(0));

const failed = new Promise((resolve) => {
  const transport = new LokiTransport({
    host: url,
    basicAuth,
    labels: { app: "shop" },
    format: winston.format.printf(({ message }) => message),
    interval: 0.2,
    json: encoding === "json",
    replaceTimestamp: true,
    gracefulShutdown: false,
    onConnectionError: () => resolve(transport),
  });
  const logger = winston.createLogger({ transports: [transport] });
  messages.forEach((message, n) => logger.log(n % 2 ? "warn" : "error", message));
});
failed.then((transport) => transport.close());
