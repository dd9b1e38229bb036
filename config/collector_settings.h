#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace forewarn {

// What `forewarn-collector --config FILE` reads. Each member's initialiser is its default; bounds
// and meaning are declared in collector_settings.cc and printed as
// docs/reference/settings-collector.md.

struct ServerTls {
  // All three or none. None: the collector is its own authority (made at first start below
  // data_dir) and signs its own server certificate for `server_names`.
  std::string certificate_file;  // PEM, with its chain
  std::string key_file;          // PEM
  std::string ca_file;           // PEM; what probes and operators verify this certificate with
};

struct GrpcSettings {
  std::string listen = "127.0.0.1:7443";  // host:port; port 0: any free one
  // DNS names and IP addresses put into the collector's own server certificate, besides localhost,
  // 127.0.0.1 and ::1, which are always in it.
  std::vector<std::string> server_names;
  ServerTls tls;
  bool reflection = false;
};

struct HttpTls {
  // Both or none. None: plain HTTP.
  std::string certificate_file;  // PEM, with its chain
  std::string key_file;          // PEM
};

struct HttpSettings {
  std::string listen = "127.0.0.1:7480";  // host:port; port 0: any free one
  HttpTls tls;
  int64_t threads = 2;
  int64_t max_connections = 256;
};

// Prometheus, OpenTelemetry and Alertmanager.
struct DoorSettings {
  int64_t max_request_size = 64 << 20;   // bytes, as sent and decompressed
  int64_t max_waiting_size = 256 << 20;  // bytes of all requests and answers together, as sent
  bool tokens_without_tls = false;
};

// What is read through Prometheus' API.
struct QuerySettings {
  int64_t threads = 2;
  int64_t max_series = 100'000;
  int64_t max_samples = 20'000'000;
  Duration timeout = 1min;
};

struct ShardSettings {
  int64_t threads = 0;           // 0: one for each processor
  int64_t queue_batches = 1024;  // for each shard
  int64_t commit_queue = 256;    // commits computed and not yet durable, for the process
};

struct LimitSettings {
  int64_t max_batch_size = 4 << 20;  // bytes, encoded
  int64_t max_in_flight = 16;        // batches under way for each probe
  int64_t labels_per_series = 48;
  int64_t label_name_size = 256;  // bytes
  int64_t label_value_size = 2048;
  int64_t series_per_probe = 50'000;
  int64_t series_per_customer = 1'000'000;
  int64_t event_size = 64 << 10;  // bytes of message and attributes
  Duration accepted_age = 8 * 24h;
  Duration accepted_future = 10min;
};

struct RetentionSettings {
  Duration samples = 30 * 24h;
  Duration rollups = 400 * 24h;
  Duration events = 90 * 24h;
  Duration tickets = 2 * 365 * 24h;
};

struct ProbeCertificateSettings {
  Duration certificate_lifetime = 30 * 24h;
};

// The e-mail server.
struct SmtpSettings {
  std::string host;  // empty: e-mail is off
  int64_t port = 587;
  std::string tls = "starttls";  // starttls, implicit, or none
  std::string ca_file;           // empty: the system's
  std::string user;              // empty: no authentication
  std::string password_file;
  std::string from = "forewarn@localhost";
  Duration timeout = 10s;
};

struct WebhookSettings {
  bool allow_private_addresses = false;
  bool allow_http = false;
  std::string ca_file;  // empty: the system's
  Duration timeout = 5s;
};

struct DispatchSettings {
  int64_t max_attempts = 60;  // about a day
  Duration backoff_min = 1s;
  Duration backoff_max = 30min;
};

struct CollectorSettings {
  std::string data_dir = "/var/lib/forewarn";
  std::string log_level = "info";  // debug, info, warn, error
  GrpcSettings grpc;
  HttpSettings http;
  DoorSettings doors;
  QuerySettings query;
  ShardSettings shards;
  LimitSettings limits;
  RetentionSettings retention;
  ProbeCertificateSettings probes;
  SmtpSettings smtp;
  WebhookSettings webhook;
  DispatchSettings dispatch;
};

// Reads the text of a file named `path`. kInvalidArgument lists every mistake, one a line, as
// `path:line:column: what is wrong and what to write`. An empty file is all defaults.
StatusOr<CollectorSettings> ParseCollectorSettings(const std::string& path, std::string_view text);
// The same from the disk.
StatusOr<CollectorSettings> LoadCollectorSettings(const std::string& path);

// docs/reference/settings-collector.md.
std::string CollectorSettingsManual();
// A file with every setting at its default, commented out and explained.
std::string CollectorSettingsExample();

}  // namespace forewarn
