// Sends a workload as Prometheus remote write 1.0 to a server on this machine and prints one line of JSON:
// how much was sent, how long it took, how long requests took. The CPU of the server is the caller's to
// measure.
//
// As a real sender does, a request holds one sample of each of many series (--per-series 1); with
// --per-series 10 it holds ten of each, which is far cheaper for the server. Bodies are made before they are
// sent, a stage at a time, and only the sending is timed. The connections begin each stage together, so that
// their times do not drift apart further than a stage.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "bench/http_connection.h"
#include "bench/in_parallel.h"
#include "bench/remote_write.h"
#include "bench/timing.h"
#include "bench/workload.h"
#include "bench/workload_flags.h"

namespace forewarn::bench {
namespace {

struct Options {
  WorkloadOptions workload;
  uint16_t port = 0;
  std::string path = "/api/v1/write";
  std::vector<std::string> headers;
  size_t connections = 4;
  size_t batch = 5000;
  size_t per_series = 1;
  size_t stage_rounds = 100;
  double rate = 0;
  size_t backlog_rounds = 0;
};

struct Body {
  std::string bytes;
  size_t samples;
};

// One connection and the hosts whose telemetry goes over it.
class Sender {
 public:
  Sender(const Options& options, const Workload& workload, size_t number)
      : options_(options), connection_(options.port) {
    for (const std::string& header : options.headers) headers_ += header + "\r\n";
    for (size_t h = number; h < workload.hosts(); h += options.connections) {
      HostState host{workload.Host(h), {}};
      for (uint32_t ref = 0; ref < host.telemetry->series(); ++ref) {
        host.labels.push_back(RemoteWriteBody::EncodeLabels(host.telemetry->LabelsOf(ref)));
      }
      hosts_.push_back(std::move(host));
    }
  }

  // Makes the bodies of the next `rounds` rounds; false when there are none.
  bool Prepare(size_t rounds) {
    bodies_.clear();
    for (size_t done = 0; done < rounds; done += options_.per_series) {
      size_t wanted = std::min(options_.per_series, rounds - done);
      for (HostState& host : hosts_) AddRounds(host, wanted);
    }
    CloseBody();
    return !bodies_.empty();
  }

  // At so many samples a second over all; 0: as fast as it goes.
  void Send(double rate) {
    double begin = Seconds();
    double due = begin;
    for (const Body& body : bodies_) {
      if (rate > 0) {
        std::this_thread::sleep_for(std::chrono::duration<double>(due - Seconds()));
      }
      double from = rate > 0 ? std::min(due, Seconds()) : Seconds();
      StatusOr<HttpAnswer> answer = connection_.Call("POST", options_.path, headers_, body.bytes);
      latencies_.push_back(Seconds() - from);
      if (!answer.ok()) {
        Fail(answer.status().message());
      } else if (answer->status / 100 != 2) {
        Fail(fmt::format("{} {}", answer->status, answer->body.substr(0, 200)));
      } else {
        samples_ += body.samples;
      }
      ++requests_;
      bytes_ += body.bytes.size();
      if (rate > 0) {
        due += static_cast<double>(body.samples * options_.connections) / rate;
      }
    }
  }

  size_t samples() const { return samples_; }
  size_t requests() const { return requests_; }
  size_t bytes() const { return bytes_; }
  size_t failures() const { return failures_; }
  const std::string& first_failure() const { return first_failure_; }
  const std::vector<double>& latencies() const { return latencies_; }

 private:
  struct HostState {
    std::unique_ptr<HostTelemetry> telemetry;
    std::vector<std::string> labels;  // by reference
  };

  void AddRounds(HostState& host, size_t wanted) {
    points_.resize(host.labels.size());
    for (std::vector<RemoteWriteBody::Point>& points : points_) points.clear();
    for (size_t i = 0; i < wanted && host.telemetry->Next(round_); ++i) {
      for (size_t s = 0; s < round_.size(); ++s) {
        points_[round_.refs[s]].push_back({round_.at, round_.values[s]});
      }
    }
    for (size_t ref = 0; ref < points_.size(); ++ref) {
      if (points_[ref].empty()) continue;
      body_.Add(host.labels[ref], points_[ref]);
      if (body_.samples() >= options_.batch) CloseBody();
    }
  }

  void CloseBody() {
    size_t samples = body_.samples();
    if (samples > 0) bodies_.push_back({body_.Finish(), samples});
  }

  void Fail(const std::string& why) {
    if (failures_++ == 0) first_failure_ = why;
  }

  const Options& options_;
  std::string headers_ = RemoteWriteBody::kHeaders;
  std::vector<HostState> hosts_;
  HttpConnection connection_;

  RemoteWriteBody body_;
  HostRound round_;
  std::vector<std::vector<RemoteWriteBody::Point>> points_;
  std::vector<Body> bodies_;
  std::vector<double> latencies_;
  size_t samples_ = 0, requests_ = 0, bytes_ = 0, failures_ = 0;
  std::string first_failure_;
};

int Run(const Options& options) {
  StatusOr<std::unique_ptr<Workload>> workload = Workload::Open(options.workload);
  if (!workload.ok()) {
    fmt::print(stderr, "write_load: {}\n", workload.status().message());
    return 2;
  }
  std::vector<std::unique_ptr<Sender>> senders;
  for (size_t i = 0; i < options.connections; ++i) {
    senders.push_back(std::make_unique<Sender>(options, **workload, i));
  }
  double seconds = 0;
  size_t rounds = (*workload)->rounds();
  for (size_t done = 0, stage = 0; done < rounds; done += stage) {
    const bool is_backlog = done < options.backlog_rounds;
    const size_t end = is_backlog ? std::min(options.backlog_rounds, rounds) : rounds;
    stage = std::min(options.stage_rounds, end - done);
    const double rate = is_backlog ? 0 : options.rate;
    InParallel(senders, [&](Sender& sender) { sender.Prepare(stage); });
    double begin = Seconds();
    InParallel(senders, [&](Sender& sender) { sender.Send(rate); });
    seconds += Seconds() - begin;
  }
  size_t samples = 0, requests = 0, bytes = 0, failures = 0;
  std::string failure;
  std::vector<double> latencies;
  for (const auto& sender : senders) {
    samples += sender->samples();
    requests += sender->requests();
    bytes += sender->bytes();
    failures += sender->failures();
    if (failure.empty()) failure = sender->first_failure();
    latencies.insert(latencies.end(), sender->latencies().begin(), sender->latencies().end());
  }
  nlohmann::ordered_json out = {{"series", (*workload)->series()},
                                {"samples", samples},
                                {"requests", requests},
                                {"failures", failures},
                                {"failure", failure},
                                {"seconds", seconds},
                                {"samples_per_second", static_cast<double>(samples) / seconds},
                                {"wire_bytes", bytes},
                                {"latency_p50_ms", 1000 * Quantile(latencies, 0.5)},
                                {"latency_p99_ms", 1000 * Quantile(latencies, 0.99)}};
  fmt::print("{}\n", out.dump());
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace forewarn::bench

int main(int argc, char** argv) {
  forewarn::bench::Options options;
  CLI::App app("Sends a workload as Prometheus remote write and prints one line of JSON.");
  forewarn::bench::AddWorkloadFlags(app, options.workload);
  app.add_option("--port", options.port, "Port of the server on 127.0.0.1")->required();
  app.add_option("--path", options.path, "Path of its remote write")->capture_default_str();
  app.add_option("--header", options.headers,
                 "A further header, such as 'Authorization: Bearer X'");
  app.add_option("--connections", options.connections, "Connections, each with its hosts")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  app.add_option("--batch", options.batch, "Samples of a request")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--per-series", options.per_series, "Samples of one series in a request")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--stage-rounds", options.stage_rounds,
                 "Rounds that are made before they are sent")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--rate", options.rate,
                 "Samples a second over all connections; latencies then count from when a request "
                 "was due. 0: as fast as it goes")
      ->capture_default_str();
  app.add_option("--backlog-rounds", options.backlog_rounds,
                 "The first rounds are sent as fast as it goes, whatever --rate says")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return forewarn::bench::Run(options);
}
