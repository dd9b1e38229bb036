#include "config/collector_settings.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/units.h"
#include "config/schema.h"
#include "config/schema_manual.h"

namespace forewarn {
namespace {

constexpr int64_t kKiB = 1 << 10;
constexpr int64_t kMiB = 1 << 20;
constexpr Duration kDay = 24h;
constexpr Duration kYear = 365 * kDay;

const Schema<ServerTls>& ServerTlsSchema() {
  static const Schema<ServerTls> schema =
      Schema<ServerTls>{
          Path("certificate_file", &ServerTls::certificate_file,
               "The server's certificate with its chain, PEM."),
          Path("key_file", &ServerTls::key_file,
               "The certificate's private key, PEM; readable by the collector alone."),
          Path("ca_file", &ServerTls::ca_file,
               "The authority that probes and operators verify the certificate with, PEM; handed "
               "out at enrolment."),
      }
          .Also([](const ServerTls& tls, const YamlNode& node, FileMistakes& mistakes) {
            int given =
                !tls.certificate_file.empty() + !tls.key_file.empty() + !tls.ca_file.empty();
            if (given != 0 && given != 3) {
              mistakes.Add(
                  node,
                  "'certificate_file', 'key_file' and 'ca_file' belong together; give all or none");
            }
          });
  return schema;
}

const Schema<GrpcSettings>& GrpcSchema() {
  static const Schema<GrpcSettings> schema = {
      Text("listen", &GrpcSettings::listen, HostPortKind(true),
           "Where probes and operators connect."),
      ListOf("server_names", &GrpcSettings::server_names, HostKind(), 64,
             "DNS names and IP addresses, besides localhost, that the collector's own certificate "
             "is good for; "
             "what probes dial must be among them."),
      Section("tls", &GrpcSettings::tls, ServerTlsSchema(),
              "A server certificate from an authority of yours. Without it the collector signs its "
              "own."),
      Flag("reflection", &GrpcSettings::reflection,
           "Whether operators may ask for the services' description, as grpcurl does."),
  };
  return schema;
}

const Schema<HttpTls>& HttpTlsSchema() {
  static const Schema<HttpTls> schema =
      Schema<HttpTls>{
          Path("certificate_file", &HttpTls::certificate_file,
               "The certificate with its chain, PEM."),
          Path("key_file", &HttpTls::key_file,
               "The certificate's private key, PEM; readable by the collector alone."),
      }
          .Also([](const HttpTls& tls, const YamlNode& node, FileMistakes& mistakes) {
            if (tls.certificate_file.empty() != tls.key_file.empty()) {
              mistakes.Add(
                  node, "'certificate_file' and 'key_file' belong together; give both or neither");
            }
          });
  return schema;
}

const Schema<HttpSettings>& HttpSchema() {
  static const Schema<HttpSettings> schema = {
      Text("listen", &HttpSettings::listen, HostPortKind(true),
           "Where /metrics, /livez, /readyz and the doors are served."),
      Section("tls", &HttpSettings::tls, HttpTlsSchema(),
              "A certificate of yours. Without it the port speaks plain HTTP, and tokens are taken "
              "from this machine alone."),
      Integer("threads", &HttpSettings::threads, 1, 64,
              "Threads that read and answer requests, and as many more that take apart what doors "
              "are sent."),
      Integer(
          "max_connections", &HttpSettings::max_connections, 1, 65536,
          "Connections at a time. One more ends the one that has been idle for longest; while none "
          "is, it is answered with 503. The doors have three quarters of them."),
  };
  return schema;
}

const Schema<DoorSettings>& DoorSchema() {
  static const Schema<DoorSettings> schema =
      Schema<DoorSettings>{
          Size("max_request_size", &DoorSettings::max_request_size, 64 * kKiB, 1024 * kMiB,
               "The largest request that is taken, as it is sent and once more decompressed."),
          // The least is twice the longest answer of the query API.
          Size(
              "max_waiting_size", &DoorSettings::max_waiting_size, 64 * kMiB, 64 * 1024 * kMiB,
              "All requests together that are being read or answered, as they are sent, and "
              "answers of queries until they have left, which have half of it at most; one more is "
              "told to come again. Not "
              "below `max_request_size`. Who sends several at a time has no more of it than is "
              "left for others."),
          Flag("tokens_without_tls", &DoorSettings::tokens_without_tls,
               "Whether tokens are taken over plain HTTP from other machines; only for a port "
               "behind a proxy that ends TLS."),
      }
          .Also([](const DoorSettings& doors, const YamlNode& node, FileMistakes& mistakes) {
            if (doors.max_waiting_size < doors.max_request_size) {
              mistakes.Add(
                  node,
                  "'max_waiting_size' must not be below 'max_request_size': the largest request "
                  "would never be taken; raise the one or lower the other");
            }
          });
  return schema;
}

const Schema<QuerySettings>& QuerySchema() {
  static const Schema<QuerySettings> schema = {
      Integer("threads", &QuerySettings::threads, 1, 64,
              "Queries that are answered at a time; the others wait."),
      Integer("max_series", &QuerySettings::max_series, 1, 10'000'000,
              "Series that one selector may read; more is an error."),
      Integer("max_samples", &QuerySettings::max_samples, 1, 1'000'000'000,
              "Samples that one selector may read, of 16 bytes each; more is an error."),
      DurationSetting("timeout", &QuerySettings::timeout, 1s, 1h,
                      "How long a query may take; one that asks for less gets less."),
  };
  return schema;
}

const Schema<ShardSettings>& ShardSchema() {
  static const Schema<ShardSettings> schema = {
      Integer("threads", &ShardSettings::threads, 0, 64,
              "Threads that evaluate, each for its share of the customers; 0 is one for each "
              "processor."),
      Integer("queue_batches", &ShardSettings::queue_batches, 1, 65536,
              "Batches a shard may hold before the probe is told to slow down."),
      Integer("commit_queue", &ShardSettings::commit_queue, 1, 65536,
              "Finished batches that may wait for the disk before the shards pause."),
  };
  return schema;
}

const Schema<LimitSettings>& LimitSchema() {
  static const Schema<LimitSettings> schema = {
      Size("max_batch_size", &LimitSettings::max_batch_size, 64 * kKiB, 64 * kMiB,
           "The largest push that is taken, encoded."),
      Integer("max_in_flight", &LimitSettings::max_in_flight, 1, 1024,
              "Batches that a probe may have sent without an acknowledgement."),
      Integer("labels_per_series", &LimitSettings::labels_per_series, 8, 512,
              "Labels of one series, its name included."),
      Size("label_name_size", &LimitSettings::label_name_size, 16, 4 * kKiB,
           "Length of a label's name."),
      Size("label_value_size", &LimitSettings::label_value_size, 16, 64 * kKiB,
           "Length of a label's value."),
      Integer("series_per_probe", &LimitSettings::series_per_probe, 1, 10'000'000,
              "Series that one probe may have; further ones are refused with a reason."),
      Integer("series_per_customer", &LimitSettings::series_per_customer, 1, 100'000'000,
              "Series that all probes of one customer may have together."),
      Size("event_size", &LimitSettings::event_size, kKiB, 4 * kMiB,
           "Message and attributes of one event."),
      DurationSetting(
          "accepted_age", &LimitSettings::accepted_age, 1h, kYear,
          "How old telemetry may be when it arrives. Longer than a probe's spool.max_age."),
      DurationSetting("accepted_future", &LimitSettings::accepted_future, 1s, 24h,
                      "How far ahead of the collector's clock telemetry may be."),
  };
  return schema;
}

const Schema<RetentionSettings>& RetentionSchema() {
  static const Schema<RetentionSettings> schema = {
      DurationSetting(
          "samples", &RetentionSettings::samples, kDay, 10 * kYear,
          "How long samples are kept, a day longer than `limits.accepted_age` at least. Whole days "
          "(UTC) are dropped; what is left of them is in `rollups`."),
      DurationSetting(
          "rollups", &RetentionSettings::rollups, kDay, 10 * kYear,
          "How long least, greatest, sum, count and last value of each 5 minutes and each "
          "hour are kept, of samples that were dropped. Queries read them as samples: the "
          "last of each 5 minutes."),
      DurationSetting("events", &RetentionSettings::events, kDay, 10 * kYear,
                      "How long events, checks, changes and steps of alerts are kept."),
      // Notifications, which may still change a ticket, are remembered for 90 days.
      DurationSetting("tickets", &RetentionSettings::tickets, 100 * kDay, 10 * kYear,
                      "How long what is over is kept: tickets with their timelines after they "
                      "were resolved or closed, silences after their end, and the audit of who "
                      "commanded what. Open tickets are kept."),
  };
  return schema;
}

const Schema<ProbeCertificateSettings>& ProbeCertificateSchema() {
  static const Schema<ProbeCertificateSettings> schema = {
      DurationSetting(
          "certificate_lifetime", &ProbeCertificateSettings::certificate_lifetime, 1h, kYear,
          "How long a probe's certificate is good for; a probe renews it after two thirds."),
  };
  return schema;
}

const Schema<SmtpSettings>& SmtpSchema() {
  static const Schema<SmtpSettings> schema =
      Schema<SmtpSettings>{
          Text("host", &SmtpSettings::host, HostKind(),
               "The e-mail server. Not set: e-mail is off."),
          Integer("port", &SmtpSettings::port, 1, 65535,
                  "Its port: 587 for starttls, 465 for implicit."),
          Text("tls", &SmtpSettings::tls, ChoiceKind({"starttls", "implicit", "none"}),
               "How the connection is protected; `none` is for a server on this machine."),
          Path("ca_file", &SmtpSettings::ca_file,
               "Authorities that its certificate is verified with, PEM. Not set: the system's. A "
               "change of the file counts within an hour."),
          Text("user", &SmtpSettings::user, TextKind(), "Name to log in with. Not set: no login."),
          Path("password_file", &SmtpSettings::password_file, "File with the password, one line."),
          Text("from", &SmtpSettings::from, EmailKind(), "Sender of all messages."),
          DurationSetting("timeout", &SmtpSettings::timeout, 1s, 5min, "For one message."),
      }
          .Also([](const SmtpSettings& smtp, const YamlNode& node, FileMistakes& mistakes) {
            if (smtp.user.empty() != smtp.password_file.empty()) {
              mistakes.Add(node,
                           "'user' and 'password_file' belong together; give both or neither");
            }
            bool local =
                smtp.host == "localhost" || smtp.host == "::1" || smtp.host.starts_with("127.");
            if (smtp.tls == "none" && !smtp.host.empty() && !local) {
              mistakes.Add(
                  node,
                  "'tls: none' is only for a server on this machine; use starttls or implicit");
            }
          });
  return schema;
}

const Schema<WebhookSettings>& WebhookSchema() {
  static const Schema<WebhookSettings> schema = {
      Flag("allow_private_addresses", &WebhookSettings::allow_private_addresses,
           "Whether webhooks may go to loopback, link-local and private addresses."),
      Flag("allow_http", &WebhookSettings::allow_http, "Whether webhooks may go to http URLs."),
      Path("ca_file", &WebhookSettings::ca_file,
           "Authorities that their certificates are verified with, PEM. Not set: the system's. A "
           "change of the file counts within an hour."),
      DurationSetting("timeout", &WebhookSettings::timeout, 100ms, 5min, "For one call."),
  };
  return schema;
}

const Schema<DispatchSettings>& DispatchSchema() {
  static const Schema<DispatchSettings> schema =
      Schema<DispatchSettings>{
          Integer("max_attempts", &DispatchSettings::max_attempts, 1, 1000,
                  "Attempts to deliver a message before it is put aside as dead."),
          DurationSetting("backoff_min", &DispatchSettings::backoff_min, 100ms, 1h,
                          "Wait after the first failed attempt; doubles with each further one."),
          DurationSetting("backoff_max", &DispatchSettings::backoff_max, 1s, kDay,
                          "The longest wait between attempts."),
      }
          .Also([](const DispatchSettings& dispatch, const YamlNode& node, FileMistakes& mistakes) {
            if (dispatch.backoff_min > dispatch.backoff_max) {
              mistakes.Add(node, "'backoff_min' must not be above 'backoff_max'");
            }
          });
  return schema;
}

// Rollups of a day that was dropped do not tell which samples are in them.
void CheckSamplesOutliveTheirAcceptance(const CollectorSettings& settings, const YamlNode& node,
                                        FileMistakes& mistakes) {
  const Duration samples = settings.retention.samples, age = settings.limits.accepted_age;
  if (samples >= age + kDay) return;
  constexpr std::string_view kWhy = "what is sent again would be counted again";
  const YamlNode* section = node.Find("retention");
  if (const YamlNode* given = section == nullptr ? nullptr : section->Find("samples")) {
    mistakes.Add(*given, fmt::format("'retention.samples' must be a day above "
                                     "'limits.accepted_age', which is {}: {}",
                                     FormatDuration(age), kWhy));
    return;
  }
  section = node.Find("limits");
  const YamlNode* given = section == nullptr ? nullptr : section->Find("accepted_age");
  mistakes.Add(given == nullptr ? node : *given,
               fmt::format("'limits.accepted_age' must be a day below 'retention.samples', which "
                           "is {}: {}",
                           FormatDuration(samples), kWhy));
}

const Schema<CollectorSettings>& CollectorSchema() {
  static const Schema<CollectorSettings> schema =
      Schema<CollectorSettings>{
          Path("data_dir", &CollectorSettings::data_dir,
               "Database, certificates and keys of the collector."),
          Text("log_level", &CollectorSettings::log_level,
               ChoiceKind({"debug", "info", "warn", "error"}),
               "The least important lines that are logged."),
          Section("grpc", &CollectorSettings::grpc, GrpcSchema(),
                  "The door for probes and operators: gRPC over mutual TLS."),
          Section("http", &CollectorSettings::http, HttpSchema(),
                  "The door for monitoring, and for the protocols of others: HTTP."),
          Section("doors", &CollectorSettings::doors, DoorSchema(),
                  "What Prometheus, OpenTelemetry and Alertmanager may send."),
          Section("query", &CollectorSettings::query, QuerySchema(),
                  "What Grafana and others may read at a time."),
          Section("shards", &CollectorSettings::shards, ShardSchema(),
                  "The threads that evaluate."),
          Section("limits", &CollectorSettings::limits, LimitSchema(), "What probes may send."),
          Section("retention", &CollectorSettings::retention, RetentionSchema(),
                  "How long things are kept. A customer of the bundle may have times of its own."),
          Section("probes", &CollectorSettings::probes, ProbeCertificateSchema(),
                  "The identity of probes."),
          Section("smtp", &CollectorSettings::smtp, SmtpSchema(), "The e-mail server."),
          Section("webhook", &CollectorSettings::webhook, WebhookSchema(),
                  "Receivers that are called over HTTP."),
          Section("dispatch", &CollectorSettings::dispatch, DispatchSchema(),
                  "How deliveries are repeated."),
      }
          .Also(CheckSamplesOutliveTheirAcceptance);
  return schema;
}

}  // namespace

StatusOr<CollectorSettings> ParseCollectorSettings(const std::string& path, std::string_view text) {
  return ParseSettings(path, text, CollectorSchema());
}

StatusOr<CollectorSettings> LoadCollectorSettings(const std::string& path) {
  FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path, kMiB));
  return ParseCollectorSettings(path, text);
}

std::string CollectorSettingsManual() {
  return PrintManual("Settings of the collector",
                     "The file that `forewarn-collector --config FILE` reads. Every setting has a "
                     "default; an empty file is a good "
                     "one. Durations are written with units (`15s`, `1h30m`, `30d`), sizes too "
                     "(`64MiB`, `4KiB`). Secrets are never "
                     "in this file: a setting that ends in `_file` names the file that holds one.",
                     kReprintReference, CollectorSchema().Describe());
}

std::string CollectorSettingsExample() {
  return PrintExample("Settings of the Forewarn collector. What is commented out is the default.",
                      CollectorSchema().Describe());
}

}  // namespace forewarn
