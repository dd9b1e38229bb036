// How long a bad sample takes to become an alert that somebody hears of. Prints one line of JSON: the time until the
// push was acknowledged, and until a webhook about it arrived, over many trials.
//
//   alert_latency push --collector 127.0.0.1:7443 --tls DATA_DIR/tls     a collector, as a probe does
//   alert_latency write --port 9090                                      remote write, into Prometheus
//
// Says where it listens for webhooks and begins when a line comes on standard input, so that the server can be told
// meanwhile: it wants a rule `bad > 0` whose alerts go to that address, each trial's by itself. Each trial is a series
// of its own, `bad{trial="17"} 1`. Trials begin at random times, whether or not those before are over, so that they meet
// any phase of whatever runs on a timer; each is timed from when it was to begin, since a server that stalls may keep the
// next push waiting; a trial's series is set to 0 again between two later ones, so that about
// as many alerts fire at the last trial as at the first. Trials that no webhook was about are counted and make it fail.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/rng.h"
#include "bench/alert_trials.h"
#include "bench/collector_flags.h"
#include "bench/post_listener.h"
#include "bench/timing.h"
#include "bench/trial_sender.h"

namespace forewarn::bench {
namespace {

struct Options {
  std::string collector;
  std::string tls;
  uint16_t port = 0;
  std::vector<std::string> headers;
  ListenerTls tls_of_webhooks;
  size_t trials = 200;
  size_t warm_up = 5;
  int64_t gap_ms = 250;
  int64_t patience_s = 30;
  uint64_t seed = 1;
};

// Pushes what trials need and keeps the book of them.
class Driver {
 public:
  // A loan that outlives it.
  Driver(const Options& options, AlertTrials& trials)
      : options_(options), trials_(trials), rng_(options.seed) {}

  Status Connect() {
    auto acknowledged = [this](uint64_t push, double at) {
      if (auto found = trial_of_.find(push); found != trial_of_.end()) {
        trials_.Acknowledged(found->second, at);
      }
    };
    if (options_.collector.empty()) {
      sender_ = MakeRemoteWriteSender(options_.port, options_.headers, acknowledged);
      return OkStatus();
    }
    FW_ASSIGN_OR_RETURN(sender_, MakePushSender(options_.collector, options_.tls, acknowledged));
    return OkStatus();
  }

  // The first trial says whether the alert comes at all; it is pushed again and again, since the server may still
  // be reading its rules.
  Status RunFirst(uint16_t port) {
    const double end = Seconds() + static_cast<double>(options_.patience_s);
    do {
      FW_RETURN_IF_ERROR(Begin(0, Seconds()));
      FW_RETURN_IF_ERROR(sender_->WaitUntil(Seconds() + Gap() / 2));
      if (trials_.WaitForFirst(1, Duration(0))) return OkStatus();
    } while (Seconds() < end);
    return DeadlineExceeded(fmt::format(
        "no webhook about the first bad sample within {} s: is a rule `bad > 0` in force, and do "
        "its alerts go to 127.0.0.1:{}?",
        options_.patience_s, port));
  }

  Status RunOthers(size_t count) {
    double due = Seconds();
    for (size_t trial = 1; trial < count; ++trial) {
      const double gap = Gap();
      FW_RETURN_IF_ERROR(sender_->WaitUntil(due + gap / 2));
      FW_RETURN_IF_ERROR(EndDelivered());
      due += gap;
      FW_RETURN_IF_ERROR(sender_->WaitUntil(due));
      FW_RETURN_IF_ERROR(Begin(trial, due));
    }
    trials_.WaitForFirst(count, std::chrono::seconds(options_.patience_s));
    return sender_->Finish();
  }

 private:
  // Seconds from one trial to the next: half to one and a half of the mean.
  double Gap() { return static_cast<double>(options_.gap_ms) / 1000 * (0.5 + rng_.Unit()); }

  Status Begin(size_t trial, double due) {
    const TrialSample bad{trial, 1};
    trial_of_[++pushes_] = trial;
    trials_.Pushed(trial, due);
    return sender_->Push({&bad, 1});
  }

  Status EndDelivered() {
    std::vector<TrialSample> good;
    for (size_t trial : trials_.TakeDelivered()) good.push_back({trial, 0});
    if (good.empty()) return OkStatus();
    ++pushes_;
    return sender_->Push(good);
  }

  const Options& options_;
  AlertTrials& trials_;
  Rng rng_;
  std::unique_ptr<TrialSender> sender_;
  uint64_t pushes_ = 0;
  std::map<uint64_t, size_t> trial_of_;  // by the number of its push
};

void AddQuantiles(const std::string& name, const std::vector<double>& seconds,
                  nlohmann::ordered_json& out) {
  for (const auto& [word, share] : {std::pair("p50", 0.5), std::pair("p99", 0.99)}) {
    out[fmt::format("{}_{}_ms", name, word)] = 1000 * Quantile(seconds, share);
  }
  out[name + "_max_ms"] = 1000 * Quantile(seconds, 1);
}

Status Run(const Options& options, bool& all_delivered) {
  const size_t count = options.warm_up + options.trials;
  AlertTrials trials(count);
  FW_ASSIGN_OR_RETURN(
      std::unique_ptr<PostListener> listener,
      PostListener::Open(options.tls_of_webhooks,
                         [&](const std::string& body, double at) { trials.Delivered(body, at); }));
  fmt::print("listening on 127.0.0.1:{}\n", listener->port());
  std::fflush(stdout);
  std::string line;
  std::getline(std::cin, line);

  Driver driver(options, trials);
  FW_RETURN_IF_ERROR(driver.Connect());
  FW_RETURN_IF_ERROR(driver.RunFirst(listener->port()));
  FW_RETURN_IF_ERROR(driver.RunOthers(count));

  const std::vector<double> ack = trials.SecondsToAck(options.warm_up);
  const std::vector<double> webhook = trials.SecondsToWebhook(options.warm_up);
  nlohmann::ordered_json out = {{"trials", options.trials},
                                {"delivered", webhook.size()},
                                {"lost", options.trials - webhook.size()}};
  AddQuantiles("ack", ack, out);
  AddQuantiles("webhook", webhook, out);
  out["strange_webhooks"] = trials.strange();
  out["refused_webhooks"] = listener->refused();
  fmt::print("{}\n", out.dump());
  all_delivered = webhook.size() == options.trials && ack.size() == options.trials;
  return OkStatus();
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("Measures how long a bad sample takes to become a webhook; one line of JSON.");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--trials", options.trials, "Bad samples that count")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  app.add_option("--warm-up", options.warm_up, "Bad samples before them that do not")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_option("--gap-ms", options.gap_ms, "Mean time from one to the next, in milliseconds")
      ->capture_default_str()
      ->check(CLI::Range(10, 600'000));
  app.add_option("--patience-s", options.patience_s,
                 "Seconds to wait for the first webhook, and for the last")
      ->capture_default_str()
      ->check(CLI::Range(1, 3600));
  app.add_option(
      "--certificate", options.tls_of_webhooks.certificate_file,
      "Certificate for https, for 127.0.0.1, PEM; without it webhooks come over plain http");
  app.add_option("--key", options.tls_of_webhooks.key_file, "Its key, PEM");
  app.add_option("--seed", options.seed, "Seed of the times between them")->capture_default_str();
  CLI::App* push = app.add_subcommand("push", "Into a collector, as a probe does");
  AddCollectorFlags(*push, options.collector, options.tls);
  CLI::App* write = app.add_subcommand("write", "Remote write, into Prometheus");
  write->add_option("--port", options.port, "Port of the server on 127.0.0.1")->required();
  write->add_option("--header", options.headers,
                    "A further header, such as 'Authorization: Bearer X'");
  CLI11_PARSE(app, argc, argv);
  bool all_delivered = false;
  if (Status status = Run(options, all_delivered); !status.ok()) {
    fmt::print(stderr, "alert_latency: {}\n", status.message());
    return 2;
  }
  return all_delivered ? 0 : 1;
}

}  // namespace
}  // namespace forewarn::bench

int main(int argc, char** argv) { return forewarn::bench::Main(argc, argv); }
