// Loads a collector as probes with a spool do, while somebody kills it, and then reads back what it holds.
//
// Every sample and every event follows from its host, its series and its round alone, so that the check knows
// each of them again. A probe makes a round when its time has come, keeps what was not acknowledged, and sends it
// again on the next stream, as fast as it is taken. A line `end` on standard input ends that: what is under way is delivered,
// then each sample and event is read back through the operator's door and compared. Prints `loading` when all
// probes are enrolled, and one line of JSON at the end. Exits with 1 when anything is missing, too much or
// different, or when a collector that came back knew less than it had acknowledged.

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "bench/collector_flags.h"
#include "bench/enrol_probe.h"
#include "bench/in_parallel.h"
#include "bench/timing.h"
#include "ctl/connection.h"
#include "ctl/label_refs.h"
#include "forewarn/v1/ingest.pb.h"
#include "forewarn/v1/operate.grpc.pb.h"
#include "model/stream_codec.h"
#include "probe/transport.h"
#include "tests/integration/crash_telemetry.h"

namespace forewarn::bench {
namespace {

constexpr size_t kBatchSamples = 1000;
constexpr size_t kPointsOfAQuestion = 100'000;
constexpr double kPatienceSeconds = 120;

struct Options {
  std::string collector;
  std::string tls;
  size_t probes = 4;
  size_t hosts = 10;
  size_t series = 100;
  int64_t start_ms = 0;
  std::vector<size_t> rounds;  // of each probe; empty: until told
};

class Probe {
 public:
  Probe(const Options& options, const std::atomic<bool>& told_to_end, size_t number)
      : options_(options), told_to_end_(told_to_end), number_(number) {}

  void Enrol() {
    StatusOr<EnrolledProbe> probe =
        EnrolProbe(options_.collector, options_.tls, customer(), fmt::format("probe-{}", number_));
    if (!probe.ok()) return Fail(probe.status().ToString());
    self_ = *std::move(probe);
  }

  void Load() {
    double since = Seconds();  // that nothing went on
    while (failure_.empty() && !(AllMade() && under_way_.empty())) {
      uint64_t before = acked_;
      Serve();
      if (acked_ != before) since = Seconds();
      if (Seconds() - since > kPatienceSeconds) Fail("nothing was acknowledged for two minutes");
    }
  }

  // Reads everything back.
  void Check() {
    if (!failure_.empty()) return;
    ConnectionOptions options;
    options.collector = options_.collector;
    options.certificates = options_.tls;
    FillFromFolder(options);
    auto connection = Connection::Open(options);
    if (!connection.ok()) return Fail(connection.status().ToString());
    size_t step = std::max<size_t>(1, kPointsOfAQuestion / options_.series);
    for (size_t host = 0; host < options_.hosts && failure_.empty(); ++host) {
      for (size_t from = 0; from < made_ && failure_.empty(); from += step) {
        CheckSamples(**connection, host, from, std::min(made_, from + step));
      }
    }
    for (size_t from = 0; from < made_ && failure_.empty(); from += 1000) {
      CheckEvents(**connection, from, std::min(made_, from + 1000));
    }
  }

  size_t made() const { return made_; }
  size_t checked_samples() const { return checked_samples_; }
  size_t checked_events() const { return checked_events_; }
  size_t streams() const { return streams_; }
  size_t sent_again() const { return sent_again_; }
  const std::string& failure() const { return failure_; }

 private:
  struct Pending {
    uint64_t sequence;
    size_t round;
    size_t first_host, last_host;  // the hosts [first, last) of the round
  };

  std::string customer() const { return fmt::format("customer-{}", number_); }
  Timestamp At(size_t round) const {
    return FromMillis(options_.start_ms) + static_cast<int64_t>(round) * kInterval;
  }
  bool IsDue() const { return SystemClock().Now() >= At(made_); }
  bool AllMade() const {
    return options_.rounds.empty() ? told_to_end_.load() : made_ >= options_.rounds[number_];
  }

  // One stream, until it ends or everything is delivered.
  void Serve() {
    // A connection of its own each time: an old one would wait before it dials again.
    std::unique_ptr<Transport> transport = MakeGrpcTransport(self_.collector, self_.identity);
    std::unique_ptr<PushCall> call = transport->Open();
    v1::PushRequest hello;
    hello.mutable_hello()->set_clock_ms(ToMillis(SystemClock().Now()));
    hello.mutable_hello()->set_host(fmt::format("probe-{}", number_));
    v1::PushResponse response;
    if (!call->Send(hello) || !Receive(*call, response)) {
      poll(nullptr, 0, 50);  // before the next attempt: whoever starts needs the processor
      return;
    }
    ++streams_;
    const v1::Welcome& welcome = response.welcome();
    if (welcome.sequence() < acked_) {
      return Fail(fmt::format("batch {} was acknowledged, and the collector came back with {}",
                              acked_, welcome.sequence()));
    }
    if (welcome.sequence() > last_sequence_) {
      return Fail(fmt::format("the collector has batch {}, of {} that were sent",
                              welcome.sequence(), last_sequence_));
    }
    Acknowledged(welcome.sequence());
    encoder_ = StreamEncoder();
    named_.assign(options_.hosts * options_.series, 0);
    next_ref_ = 0;
    size_t window = std::max<size_t>(1, welcome.max_in_flight());
    sent_again_ += under_way_.size();
    size_t sent = 0;  // of those under way
    while (failure_.empty()) {
      if (sent == under_way_.size() && sent < window && !AllMade() && IsDue()) MakeRound();
      if (sent < under_way_.size() && sent < window) {
        if (!call->Send(Encode(under_way_[sent]))) return;
        ++sent;
        continue;
      }
      if (under_way_.empty() && AllMade()) return;
      if (!call->Receive(response, under_way_.empty() ? Duration(5) : Duration(100))) {
        if (call->ended()) return;
        continue;
      }
      if (response.ack().refusals_size() > 0) {
        return Fail("refused: " + response.ack().refusals(0).reason());
      }
      size_t before = under_way_.size();
      Acknowledged(response.ack().sequence());
      sent -= std::min(sent, before - under_way_.size());
    }
  }

  bool Receive(PushCall& call, v1::PushResponse& response) {
    for (int i = 0; i < 600; ++i) {
      if (call.Receive(response, Duration(100))) return true;
      if (call.ended()) return false;
    }
    return false;
  }

  void Acknowledged(uint64_t sequence) {
    acked_ = std::max(acked_, sequence);
    while (!under_way_.empty() && under_way_.front().sequence <= acked_) under_way_.pop_front();
  }

  void MakeRound() {
    size_t step = std::max<size_t>(1, kBatchSamples / options_.series);
    for (size_t host = 0; host < options_.hosts; host += step) {
      under_way_.push_back({++last_sequence_, made_, host, std::min(options_.hosts, host + step)});
    }
    ++made_;
  }

  v1::PushRequest Encode(const Pending& pending) {
    v1::PushRequest request;
    v1::Batch& batch = *request.mutable_batch();
    batch.set_epoch(1);
    batch.set_sequence(pending.sequence);
    std::vector<uint32_t> refs;
    std::vector<double> values;
    for (size_t host = pending.first_host; host < pending.last_host; ++host) {
      for (size_t series = 0; series < options_.series; ++series) {
        uint32_t& ref = named_[host * options_.series + series];
        if (ref == 0) {
          ref = ++next_ref_;
          v1::SeriesDefinition* definition = batch.add_series();
          definition->set_ref(ref - 1);
          for (std::string text :
               {std::string("__name__"), std::string(series == 0 ? "level" : "load"),
                std::string("host"), fmt::format("{}", host), std::string("series"),
                fmt::format("{}", series)}) {
            definition->add_labels(std::move(text));
          }
        }
        refs.push_back(ref - 1);
        values.push_back(ValueOf(host, series, pending.round));
      }
    }
    std::vector<Timestamp> times(refs.size(), At(pending.round));
    encoder_.Encode(refs, times, values, *batch.mutable_packed_samples());
    if (pending.last_host < options_.hosts) return request;
    if (HasEvent(pending.round)) {
      v1::Event* event = batch.add_events();
      event->set_at_ms(ToMillis(At(pending.round)));
      event->set_last_at_ms(event->at_ms());
      event->set_count(1);
      event->set_severity(v1::SEVERITY_ERROR);
      event->set_source("log:product");
      event->set_code("E17");
      event->set_message(EventOf(pending.round));
      event->set_template_text("event of round <*>");
    }
    v1::Round* round = batch.add_rounds();
    round->set_end_ms(ToMillis(At(pending.round)));
    round->set_interval_ms(kInterval.count());
    return request;
  }

  // The rounds [from, to) of one host: each series has each of them, once, in order, and nothing else.
  void CheckSamples(Connection& connection, size_t host, size_t from, size_t to) {
    v1::QueryRequest request;
    request.set_customer(customer());
    request.set_to_ms(ToMillis(At(to - 1)));
    request.set_expression(fmt::format("{{host=\"{}\",alertname=\"\"}}[{}ms]", host,
                                       static_cast<int64_t>(to - from) * kInterval.count() - 1));
    v1::QueryResponse response;
    Status status =
        connection.Call<v1::QueryService>(&v1::QueryService::Stub::Query, request, response);
    if (status.ok()) {
      status = WriteLabelsOut(*response.mutable_label_strings(), *response.mutable_series());
    }
    if (!status.ok()) return Fail(status.ToString());
    auto where = [&] {
      return fmt::format("{}, host {}, rounds {} to {}", customer(), host, from, to);
    };
    if (static_cast<size_t>(response.series_size()) != options_.series) {
      return Fail(
          fmt::format("{}: {} series of {}", where(), response.series_size(), options_.series));
    }
    for (const v1::QuerySeries& found : response.series()) {
      size_t series = 0;
      for (const v1::Label& label : found.labels()) {
        if (label.name() == "series") series = std::stoul(label.value());
      }
      if (static_cast<size_t>(found.values_size()) != to - from) {
        return Fail(fmt::format("{}, series {}: {} samples of {}", where(), series,
                                found.values_size(), to - from));
      }
      for (size_t i = 0; i < to - from; ++i) {
        auto at = static_cast<int>(i);
        if (found.times_ms(at) == ToMillis(At(from + i)) &&
            found.values(at) == ValueOf(host, series, from + i)) {
          continue;
        }
        return Fail(fmt::format("{}, series {}, round {}: {} at {}, not {}", where(), series,
                                from + i, found.values(at), found.times_ms(at),
                                ValueOf(host, series, from + i)));
      }
      checked_samples_ += to - from;
    }
  }

  void CheckEvents(Connection& connection, size_t from, size_t to) {
    v1::ListEventsRequest request;
    request.set_customer(customer());
    request.set_from_ms(ToMillis(At(from)));
    request.set_to_ms(ToMillis(At(to)) - 1);
    request.set_limit(10'000);
    v1::ListEventsResponse response;
    Status status =
        connection.Call<v1::QueryService>(&v1::QueryService::Stub::ListEvents, request, response);
    if (!status.ok()) return Fail(status.ToString());
    std::map<std::string, uint64_t> counts;
    for (const v1::HistoryItem& item : response.items()) {
      if (item.kind() == "event") counts[item.text()] += item.count();
    }
    for (size_t round = from; round < to; ++round) {
      if (!HasEvent(round)) continue;
      std::string text = EventOf(round);
      uint64_t count = counts[text];
      if (count != 1)
        return Fail(fmt::format("{}: '{}' is there {} times", customer(), text, count));
      counts.erase(text);
      ++checked_events_;
    }
    if (!counts.empty()) {
      Fail(fmt::format("{}: '{}' was not sent", customer(), counts.begin()->first));
    }
  }

  void Fail(const std::string& why) {
    if (failure_.empty()) failure_ = fmt::format("probe {}: {}", number_, why);
  }

  const Options& options_;
  const std::atomic<bool>& told_to_end_;
  const size_t number_;
  EnrolledProbe self_;

  size_t made_ = 0;  // rounds
  uint64_t last_sequence_ = 0;
  uint64_t acked_ = 0;
  std::deque<Pending> under_way_;

  // Of the stream.
  StreamEncoder encoder_;
  std::vector<uint32_t> named_;  // reference + 1; 0: not yet
  uint32_t next_ref_ = 0;

  size_t checked_samples_ = 0, checked_events_ = 0;
  size_t streams_ = 0, sent_again_ = 0;
  std::string failure_;
};

int Run(const Options& options) {
  std::atomic<bool> told_to_end = false;
  std::vector<std::unique_ptr<Probe>> probes;
  for (size_t i = 0; i < options.probes; ++i) {
    probes.push_back(std::make_unique<Probe>(options, told_to_end, i));
  }
  for (auto& probe : probes) probe->Enrol();
  fmt::print("loading\n");
  std::fflush(stdout);
  std::thread listener([&] {
    std::string line;
    while (std::getline(std::cin, line) && line != "end") {
    }
    told_to_end = true;
  });
  double begin = Seconds();
  InParallel(probes, [](Probe& probe) { probe.Load(); });
  double seconds = Seconds() - begin;
  listener.join();
  InParallel(probes, [](Probe& probe) { probe.Check(); });
  nlohmann::ordered_json out = {{"seconds", seconds}};
  size_t samples = 0, events = 0, streams = 0, sent_again = 0;
  std::vector<std::string> failures;
  for (const auto& probe : probes) {
    out["rounds"].push_back(probe->made());
    samples += probe->checked_samples();
    events += probe->checked_events();
    streams += probe->streams();
    sent_again += probe->sent_again();
    if (!probe->failure().empty()) failures.push_back(probe->failure());
  }
  out["samples"] = samples;
  out["events"] = events;
  out["streams"] = streams;
  out["batches_sent_again"] = sent_again;
  out["failures"] = failures;
  fmt::print("{}\n", out.dump());
  return failures.empty() ? 0 : 1;
}

}  // namespace
}  // namespace forewarn::bench

int main(int argc, char** argv) {
  forewarn::bench::Options options;
  CLI::App app("Loads a collector that is being killed, then reads back and compares everything.");
  forewarn::bench::AddCollectorFlags(app, options.collector, options.tls);
  app.add_option("--start-ms", options.start_ms, "Time of the first round, Unix milliseconds")
      ->required();
  app.add_option("--probes", options.probes, "Probes, each of a customer of its own")
      ->capture_default_str();
  app.add_option("--hosts", options.hosts, "Hosts of a probe")->capture_default_str();
  app.add_option("--series", options.series, "Series of a host")->capture_default_str();
  app.add_option("--rounds", options.rounds, "Rounds of each probe; not given: until told to end")
      ->delimiter(',');
  CLI11_PARSE(app, argc, argv);
  if (!options.rounds.empty() && options.rounds.size() != options.probes) {
    fmt::print(stderr, "crash_load: --rounds: as many numbers as --probes\n");
    return 2;
  }
  return forewarn::bench::Run(options);
}
