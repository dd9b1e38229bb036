// Sends metrics and logs with the OpenTelemetry SDK, as a program would:
//   node send.mjs {grpc|proto|json} ENDPOINT TOKEN CA_FILE {cumulative|delta}
// Prints one JSON object: what the exporters answered.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [protocol, endpoint, token, caFile, temporality] = process.argv.slice(2);
const require = createRequire(process.env.FOREWARN_OTLP_MODULES + '/');
const { MeterProvider, PeriodicExportingMetricReader, AggregationTemporality, AggregationType } =
  require('@opentelemetry/sdk-metrics');
const { LoggerProvider, SimpleLogRecordProcessor } = require('@opentelemetry/sdk-logs');
const { SeverityNumber } = require('@opentelemetry/api-logs');
const { resourceFromAttributes } = require('@opentelemetry/resources');

const kind = { grpc: 'grpc', proto: 'proto', json: 'http' }[protocol];
const { OTLPMetricExporter } = require(`@opentelemetry/exporter-metrics-otlp-${kind}`);
const { OTLPLogExporter } = require(`@opentelemetry/exporter-logs-otlp-${kind}`);

function options(path) {
  if (protocol !== 'grpc') {
    return { url: endpoint + path, headers: { authorization: `Bearer ${token}` }, compression: 'gzip' };
  }
  const { credentials, Metadata } = require('@grpc/grpc-js');
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return { url: endpoint, metadata, credentials: credentials.createSsl(readFileSync(caFile)), compression: 'gzip' };
}

// Notes what each export came to.
const answers = { metrics: [], logs: [] };
function watched(exporter, list) {
  const original = exporter.export.bind(exporter);
  exporter.export = (items, done) => original(items, (result) => {
    list.push({ code: result.code, error: result.error?.message ?? null });
    done(result);
  });
  return exporter;
}

const resource = resourceFromAttributes({
  'service.name': `shop-${protocol}`, 'service.instance.id': `${protocol}-${temporality}`, 'host.name': 'h1',
});
const preference = temporality === 'delta' ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
const reader = new PeriodicExportingMetricReader({
  exporter: watched(new OTLPMetricExporter({ ...options('/v1/metrics'), temporalityPreference: preference }),
                    answers.metrics),
  exportIntervalMillis: 3_600_000,
});
const meters = new MeterProvider({
  resource, readers: [reader],
  views: [{ instrumentName: 'fine.latency', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
});
const meter = meters.getMeter('shop', '1.0');
const requests = meter.createCounter('http.requests', { unit: '{request}' });
const latency = meter.createHistogram('http.latency', { unit: 's', advice: { explicitBucketBoundaries: [0.1, 1] } });
const fine = meter.createHistogram('fine.latency');
meter.createObservableGauge('queue.size').addCallback((result) => result.observe(7, { queue: 'mail' }));
for (let round = 1; round <= 2; ++round) {
  requests.add(5, { 'http.method': 'GET' });
  latency.record(0.05);
  latency.record(5);
  fine.record(3);
  await meters.forceFlush();
  await new Promise((next) => setTimeout(next, 20));  // the next point has a time of its own
}

const logs = new LoggerProvider({
  resource, processors: [new SimpleLogRecordProcessor({
    exporter: watched(new OTLPLogExporter(options('/v1/logs')), answers.logs) })],
});
logs.getLogger('shop').emit({
  severityNumber: SeverityNumber.ERROR, body: `order 4711 of ${protocol} ${temporality} failed`,
  attributes: { 'exception.type': 'OrderError', retries: 3 },
});
await logs.forceFlush();
await meters.shutdown();
await logs.shutdown();
console.log(JSON.stringify(answers));
