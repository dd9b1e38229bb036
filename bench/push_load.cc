// Sends a workload to a collector as probes do, over mutual TLS, and prints one line of JSON: how much was
// sent, how long it took, how long each batch took to become durable. The CPU of the collector is the
// caller's to measure.
//
// Each stream is a probe of its own: it enrols with a one-time token, which an operator's certificate asks for
// (--tls names the collector's folder that holds it), says hello, names its series once and keeps at most
// --in-flight batches under way. Batches are made before they are sent, a stage at a time, and only the
// sending is timed, up to the last ack.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "bench/collector_flags.h"
#include "bench/enrol_probe.h"
#include "bench/in_parallel.h"
#include "bench/timing.h"
#include "bench/workload.h"
#include "bench/workload_flags.h"
#include "forewarn/v1/ingest.pb.h"
#include "model/stream_codec.h"
#include "probe/transport.h"

namespace forewarn::bench {
namespace {

constexpr Duration kPatience = 120s;

struct Options {
  WorkloadOptions workload;
  std::string collector;
  std::string tls;
  size_t streams = 4;
  size_t customers = 4;
  size_t batch = 1000;
  size_t in_flight = 16;
  size_t stage_rounds = 100;
  double rate = 0;
  size_t backlog_rounds = 0;
  bool columns = false;
};

struct Made {
  v1::PushRequest request;
  size_t samples = 0;
};

// One probe: its hosts, its stream, and what became of what it sent. One thread at a time.
class Probe {
 public:
  Probe(const Options& options, const Workload& workload, size_t number)
      : options_(options), number_(number) {
    for (size_t h = number; h < workload.hosts(); h += options.streams) {
      hosts_.push_back({workload.Host(h), series_});
      series_ += static_cast<uint32_t>(hosts_.back().telemetry->series());
    }
    named_.resize(series_);
  }

  void Connect() {
    std::string host = fmt::format("bench-{}", number_);
    StatusOr<EnrolledProbe> probe =
        EnrolProbe(options_.collector, options_.tls,
                   fmt::format("customer-{}", number_ % options_.customers), host);
    if (!probe.ok()) return Fail(probe.status());
    transport_ = MakeGrpcTransport(probe->collector, probe->identity);
    call_ = transport_->Open();
    v1::PushRequest request;
    request.mutable_hello()->set_clock_ms(ToMillis(SystemClock().Now()));
    request.mutable_hello()->set_host(host);
    call_->Send(request);
    v1::PushResponse response;
    if (!Receive(response)) return;
    const auto& words = response.welcome().capabilities();
    packed_ = !options_.columns &&
              std::find(words.begin(), words.end(), kAcceptsPackedSamples) != words.end();
    window_ = std::min<size_t>(options_.in_flight, response.welcome().max_in_flight());
  }

  // Makes the batches of the next `rounds` rounds.
  void Prepare(size_t rounds) {
    made_.clear();
    HostRound round;
    for (size_t i = 0; i < rounds; ++i) {
      Timestamp end = kTimeZero;
      for (Host& host : hosts_) {
        if (!host.telemetry->Next(round)) continue;
        end = std::max(end, round.at);
        for (size_t s = 0; s < round.size(); ++s) Add(host, round, s);
      }
      Close();
      if (made_.empty() || end == kTimeZero) continue;
      end_ = std::max(end_, end);
      v1::Round* ended = made_.back().request.mutable_batch()->add_rounds();
      ended->set_end_ms(ToMillis(end_));
      ended->set_interval_ms(options_.workload.interval.count());
    }
    for (const Made& batch : made_) bytes_ += batch.request.ByteSizeLong();
  }

  // At so many samples a second over all; 0: as fast as it goes.
  void Send(double rate) {
    double due = Seconds();
    for (Made& batch : made_) {
      while (failure_.empty() && under_way_.size() >= window_) TakeAck();
      if (rate > 0) {
        while (failure_.empty() && Seconds() < due) TakeAck(Duration(1));
      }
      if (!failure_.empty()) return;
      double from = rate > 0 ? due : Seconds();
      under_way_.push_back({batch.request.batch().sequence(), from});
      call_->Send(batch.request);
      samples_ += batch.samples;
      ++batches_;
      if (rate > 0) {
        due += static_cast<double>(batch.samples * options_.streams) / rate;
      }
    }
    while (failure_.empty() && !under_way_.empty()) TakeAck();
  }

  uint32_t series() const { return series_; }
  size_t samples() const { return samples_; }
  size_t batches() const { return batches_; }
  size_t bytes() const { return bytes_; }
  uint64_t refused() const { return refused_; }
  uint64_t delays() const { return delays_; }
  const std::string& failure() const { return failure_; }
  const std::vector<double>& latencies() const { return latencies_; }

 private:
  struct Host {
    std::unique_ptr<HostTelemetry> telemetry;
    uint32_t first = 0;  // reference of its first series on the stream
  };
  struct UnderWay {
    uint64_t sequence;
    double since;
  };

  void Add(const Host& host, const HostRound& round, size_t s) {
    uint32_t ref = host.first + round.refs[s];
    if (refs_.empty()) {
      names_ = v1::Batch();
      label_refs_.clear();
    }
    if (!named_[ref]) {
      named_[ref] = true;
      // References go in the order in which series are named.
      numbers_.resize(std::max<size_t>(numbers_.size(), size_t{ref} + 1));
      numbers_[ref] = next_number_++;
      v1::SeriesDefinition* definition = names_.add_series();
      definition->set_ref(numbers_[ref]);
      for (const auto& [name, value] : host.telemetry->LabelsOf(round.refs[s])) {
        for (std::string_view text : {name, value}) {
          auto [known, is_new] = label_refs_.try_emplace(
              std::string(text), static_cast<uint32_t>(names_.label_strings_size()));
          if (is_new) names_.add_label_strings(text.data(), text.size());
          definition->add_label_refs(known->second);
        }
      }
    }
    refs_.push_back(numbers_[ref]);
    times_.push_back(round.at);
    values_.push_back(round.values[s]);
    if (refs_.size() >= options_.batch) Close();
  }

  void Close() {
    if (refs_.empty()) return;
    Made& made = made_.emplace_back();
    v1::Batch& batch = *made.request.mutable_batch();
    batch.Swap(&names_);
    batch.set_epoch(1);
    batch.set_sequence(++sequence_);
    if (packed_) {
      encoder_.Encode(refs_, times_, values_, *batch.mutable_packed_samples());
    } else {
      v1::SampleColumns& columns = *batch.add_samples();
      int64_t ref = 0, time = 0;
      for (size_t i = 0; i < refs_.size(); ++i) {
        columns.add_refs(static_cast<int32_t>(int64_t{refs_[i]} - ref));
        columns.add_times_ms(ToMillis(times_[i]) - time);
        columns.add_values(values_[i]);
        ref = refs_[i];
        time = ToMillis(times_[i]);
      }
    }
    made.samples = refs_.size();
    refs_.clear();
    times_.clear();
    values_.clear();
  }

  bool Receive(v1::PushResponse& response, Duration patience = kPatience) {
    if (call_->Receive(response, patience)) return true;
    if (call_->ended()) {
      Fail(call_->status());
    } else if (patience == kPatience) {
      Fail(DeadlineExceeded("no answer from the collector"));
    }
    return false;
  }

  void TakeAck(Duration patience = kPatience) {
    v1::PushResponse response;
    if (!Receive(response, patience)) return;
    double now = Seconds();
    while (!under_way_.empty() && under_way_.front().sequence <= response.ack().sequence()) {
      latencies_.push_back(now - under_way_.front().since);
      under_way_.pop_front();
    }
    if (response.ack().delay_ms() > 0) ++delays_;
    for (const v1::Refusal& refusal : response.ack().refusals()) refused_ += refusal.count();
  }

  void Fail(const Status& status) {
    if (failure_.empty()) failure_ = status.ok() ? "the stream was closed" : status.ToString();
  }

  const Options& options_;
  const size_t number_;
  std::vector<Host> hosts_;
  uint32_t series_ = 0;

  std::unique_ptr<Transport> transport_;
  std::unique_ptr<PushCall> call_;
  size_t window_ = 1;
  bool packed_ = false;

  StreamEncoder encoder_;
  std::vector<bool> named_;
  std::vector<uint32_t> numbers_;  // on the stream
  uint32_t next_number_ = 0;
  uint64_t sequence_ = 0;
  Timestamp end_ = kTimeZero;
  v1::Batch names_;
  std::unordered_map<std::string, uint32_t> label_refs_;  // of its label_strings
  std::vector<uint32_t> refs_;
  std::vector<Timestamp> times_;
  std::vector<double> values_;
  std::vector<Made> made_;

  std::deque<UnderWay> under_way_;
  std::vector<double> latencies_;
  size_t samples_ = 0, batches_ = 0, bytes_ = 0;
  uint64_t refused_ = 0, delays_ = 0;
  std::string failure_;
};

int Run(Options options) {
  if (options.workload.start == kTimeZero) {
    auto rounds = static_cast<int64_t>(options.workload.rounds + 1);
    options.workload.start = SystemClock().Now() - rounds * options.workload.interval;
  }
  StatusOr<std::unique_ptr<Workload>> workload = Workload::Open(options.workload);
  if (!workload.ok()) {
    fmt::print(stderr, "push_load: {}\n", workload.status().message());
    return 2;
  }
  std::vector<std::unique_ptr<Probe>> probes;
  for (size_t i = 0; i < options.streams; ++i) {
    probes.push_back(std::make_unique<Probe>(options, **workload, i));
  }
  InParallel(probes, [](Probe& probe) { probe.Connect(); });
  double seconds = 0, cpu = 0;
  size_t rounds = (*workload)->rounds();
  for (size_t done = 0, stage = 0; done < rounds; done += stage) {
    const bool is_backlog = done < options.backlog_rounds;
    const size_t end = is_backlog ? std::min(options.backlog_rounds, rounds) : rounds;
    stage = std::min(options.stage_rounds, end - done);
    const double rate = is_backlog ? 0 : options.rate;
    InParallel(probes, [&](Probe& probe) { probe.Prepare(stage); });
    double begin = Seconds();
    double cpu_begin = ProcessCpuSeconds();
    InParallel(probes, [&](Probe& probe) { probe.Send(rate); });
    seconds += Seconds() - begin;
    cpu += ProcessCpuSeconds() - cpu_begin;
  }
  size_t samples = 0, batches = 0, bytes = 0, failures = 0;
  uint64_t refused = 0, delays = 0;
  std::string failure;
  std::vector<double> latencies;
  for (const auto& probe : probes) {
    samples += probe->samples();
    batches += probe->batches();
    bytes += probe->bytes();
    refused += probe->refused();
    delays += probe->delays();
    failures += probe->failure().empty() ? 0 : 1;
    if (failure.empty()) failure = probe->failure();
    latencies.insert(latencies.end(), probe->latencies().begin(), probe->latencies().end());
  }
  nlohmann::ordered_json out = {{"streams", options.streams},
                                {"series", (*workload)->series()},
                                {"samples", samples},
                                {"requests", batches},
                                {"failures", failures},
                                {"failure", failure},
                                {"left_out", refused},
                                {"slowed_down", delays},
                                {"seconds", seconds},
                                {"samples_per_second", static_cast<double>(samples) / seconds},
                                {"wire_bytes", bytes},
                                {"latency_p50_ms", 1000 * Quantile(latencies, 0.5)},
                                {"latency_p99_ms", 1000 * Quantile(latencies, 0.99)},
                                {"client_cpu_seconds", cpu}};
  fmt::print("{}\n", out.dump());
  return failures == 0 && refused == 0 ? 0 : 1;
}

}  // namespace
}  // namespace forewarn::bench

int main(int argc, char** argv) {
  forewarn::bench::Options options;
  CLI::App app("Sends a workload to a collector as probes do and prints one line of JSON.");
  forewarn::bench::AddWorkloadFlags(app, options.workload);
  forewarn::bench::AddCollectorFlags(app, options.collector, options.tls);
  app.add_option("--streams", options.streams, "Streams, each a probe with its hosts")
      ->capture_default_str()
      ->check(CLI::Range(1, 4096));
  app.add_option("--customers", options.customers, "Customers that the probes belong to")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--batch", options.batch, "Samples of a batch")
      ->capture_default_str()
      ->check(CLI::Range(1, 65536));
  app.add_option("--in-flight", options.in_flight, "Batches under way on a stream")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--stage-rounds", options.stage_rounds,
                 "Rounds that are made before they are sent")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--rate", options.rate,
                 "Samples a second over all streams; latencies then count from when a batch was "
                 "due. 0: as fast as it goes")
      ->capture_default_str();
  app.add_option("--backlog-rounds", options.backlog_rounds,
                 "The first rounds are sent as fast as it goes, whatever --rate says")
      ->capture_default_str();
  app.add_flag("--columns", options.columns, "Send the plain columns instead of packed samples");
  CLI11_PARSE(app, argc, argv);
  return forewarn::bench::Run(options);
}
