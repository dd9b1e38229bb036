#include "tests/sim/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/record.h"
#include "base/units.h"
#include "model/ids.h"

namespace forewarn::sim {

namespace {

constexpr Timestamp kStart = FromMillis(1'780'000'000'000);
constexpr Duration kRound = 30s;
constexpr size_t kProbes = 3;
constexpr uint32_t kInFlight = 4;
const std::string kCustomer = "acme";

constexpr char kRules[] = R"(
groups:
- name: sim
  interval: 30s
  rules:
  - record: sim:load:avg
    expr: avg_over_time(sim_load[2m])
  - alert: LoadHigh
    expr: sim:load:avg > 0.8
    for: 1m
    labels: {severity: error}
    annotations: {summary: "load of {{ $labels.instance }} is {{ $value }}"}
    forewarn: {warning: generic}
)";

Bundle MakeBundle() {
  Bundle bundle;
  bundle.id = "0000000000000001";
  Customer customer;
  customer.id = kCustomer;
  customer.name = "Acme";
  customer.contacts = {{"Duty manager", "duty@acme.example.com"}};
  bundle.customers = {customer};
  Receiver support;
  support.id = "support";
  support.to = {"support@example.com"};
  Receiver contacts;
  contacts.id = "contacts";
  bundle.receivers = {support, contacts};
  Route inward;
  inward.receivers = {"support"};
  Route outward;
  outward.audience = Audience::kCustomer;
  outward.receivers = {"contacts"};
  bundle.routes = {inward, outward};
  bundle.rule_files = {{"rules/sim.yaml", kRules}};
  bundle.files = bundle.rule_files;
  return bundle;
}

// What probe `index` measures at `at`: high for ten minutes in every forty, each probe at its own
// time.
int64_t MinuteOf(size_t index, Timestamp at) {
  return ((at - kStart) / 1min + static_cast<int64_t>(index) * 13) % 40;
}
double LoadAt(size_t index, Timestamp at) {
  int64_t minute = MinuteOf(index, at);
  return minute >= 30 ? 0.95 : 0.2 + 0.01 * static_cast<double>(minute % 7);
}

// For three minutes in the middle of its high load a probe measures nothing, though its rounds go
// on.
bool IsBlindAt(size_t index, Timestamp at) {
  return MinuteOf(index, at) >= 33 && MinuteOf(index, at) < 36;
}

// Whether `sim:load:avg` at the end of a round proves that the load is low.
bool IsLowAt(size_t index, Timestamp round) {
  double sum = 0;
  int count = 0;
  for (Timestamp at = round; at > round - 2min && at > kStart; at -= kRound) {
    if (IsBlindAt(index, at)) continue;
    sum += LoadAt(index, at);
    ++count;
  }
  return count > 0 && sum / count <= 0.8;
}

}  // namespace

struct World::Probe {
  size_t index = 0;
  ProbeIdentity identity;
  std::shared_ptr<const SeriesTable> table;
  Timestamp next_round;
  std::vector<Batch> produced;  // all of it, by sequence
  uint64_t acknowledged = 0;    // the spool holds what comes after
  uint64_t session = 0;         // 0: not connected
  bool welcomed = false;
  uint64_t sent = 0;  // on this session
  Timestamp cut_until;
};

struct World::Packet {
  enum class Kind { kHello, kBatch, kWelcome, kAck };
  Kind kind = Kind::kHello;
  size_t probe = 0;
  uint64_t session = 0;
  uint64_t sequence = 0;
  Timestamp arrives;
};

struct World::Process {
  struct Queued {
    Entry entry;
    std::optional<Packet> answer;  // to send once it is durable
  };
  struct Folded {
    Commit commit;
    std::optional<Packet> answer;
  };

  Process(const Store& store, Dispatcher::FindSender find, Rng rng)
      : shard(PartitionOf(kCustomer), store, HeadOptions{}),
        dispatcher(
            DispatchOptions{}, std::move(find),
            [this](uint32_t partition, const DeliveryCommand& command) {
              entries.push_back({Entry{partition, {}, "forewarn", Command(command)}, {}});
              return true;
            },
            std::move(rng)) {}

  Shard shard;
  Dispatcher dispatcher;
  std::deque<Queued> entries;
  std::deque<Folded> folded;
  bool tick_under_way = false;
};

// Receives what is sent, honestly; fails by chance, and then may have received it all the same.
class World::FakeSender : public Sender {
 public:
  explicit FakeSender(World& world) : world_(world) {}

  Delivery Send(const forewarn::Message& message) override {
    bool fails = world_.rng_.Chance(world_.faults_.fail_delivery);
    if (!fails || world_.rng_.Chance(0.3)) {
      std::string content = message.subject + "\n" + message.text;
      auto [it, first] = received.emplace(message.id, content);
      if (!first && it->second != content) {
        world_.Violate(fmt::format("C: notification {} was sent with two contents", message.id));
      }
      StatusOr<std::string> record =
          world_.store_.GetState(PartitionOf(kCustomer), StateKind::kOutbox, message.id);
      if (!record.ok()) {
        world_.Violate(fmt::format("C: notification {} was sent but is not durable", message.id));
      }
    }
    return fails ? Delivery{Delivery::Result::kRetry, "connection reset", {}}
                 : Delivery{Delivery::Result::kDelivered, "250 ok", {}};
  }

  std::map<std::string, std::string> received;

 private:
  World& world_;
};

World::World(uint64_t seed, Faults faults, Canary canary)
    : canary_(canary), faults_(faults), rng_(seed), clock_(kStart), event_now_(kStart) {
  sender_ = std::make_unique<FakeSender>(*this);
  for (size_t i = 0; i < kProbes; ++i) {
    Probe probe;
    probe.index = i;
    probe.identity = {kCustomer, "main", fmt::format("00000000-0000-4000-8000-{:012}", i)};
    auto table = std::make_shared<SeriesTable>();
    for (const char* name : {"sim_load", "sim_rounds_total"}) {
      table->series.push_back(Labels{{"__name__", name},
                                     {"customer", kCustomer},
                                     {"installation", "main"},
                                     {"instance", fmt::format("host-{}", i)},
                                     {"job", "node"},
                                     {"probe", probe.identity.probe}});
    }
    probe.table = table;
    probe.next_round = kStart + kRound;
    probes_.push_back(std::move(probe));
  }
  StartProcess();
  process_->entries.push_back(
      {Entry{PartitionOf(kCustomer), clock_.Now(), "operator", MakeBundle()}, {}});
}

World::~World() = default;

Timestamp World::ProductionEnd() { return kStart + 3h; }

void World::Violate(std::string what) {
  violations_.push_back(fmt::format("{} {}", FormatTime(event_now_), std::move(what)));
}

void World::StartProcess() {
  process_ = std::make_unique<Process>(
      store_, [this](const std::string&) { return sender_.get(); }, Rng(rng_.Next()));
  Status status = process_->shard.Recover();
  if (!status.ok()) Violate("recovery failed: " + status.ToString());
  for (const auto& [id, notification] : process_->shard.planner().outbox()) {
    if (notification.state == DeliveryState::kWaiting) {
      process_->dispatcher.Take(PartitionOf(kCustomer), notification);
    }
  }
}

void World::Kill() {
  for (Probe& probe : probes_) probe.session = 0;
  network_.clear();
  StartProcess();
  CheckSeries();
}

void World::ProduceRounds() {
  for (Probe& probe : probes_) {
    while (probe.next_round <= event_now_ && probe.next_round <= ProductionEnd()) {
      Batch batch;
      batch.source = probe.identity;
      batch.epoch = 1;
      batch.sequence = probe.produced.size() + 1;
      batch.samples.table = probe.table;
      auto measure = [&](uint32_t ref, double value) {
        batch.samples.refs.push_back(ref);
        batch.samples.times.push_back(probe.next_round - 1s);
        batch.samples.values.push_back(value);
      };
      measure(1, static_cast<double>(batch.sequence));
      if (!IsBlindAt(probe.index, probe.next_round)) {
        measure(0, LoadAt(probe.index, probe.next_round));
      }
      batch.rounds = {{probe.next_round, kRound, {}}};
      probe.produced.push_back(std::move(batch));
      probe.next_round += kRound;
    }
  }
}

void World::Connect(Probe& probe) {
  probe.session = ++sessions_;
  probe.welcomed = false;
  network_.push_back({Packet::Kind::kHello, probe.index, probe.session, 0,
                      event_now_ + Duration(rng_.Below(2000))});
}

void World::SendBatches(Probe& probe) {
  while (probe.sent < probe.produced.size() && probe.sent < probe.acknowledged + kInFlight) {
    ++probe.sent;
    network_.push_back({Packet::Kind::kBatch, probe.index, probe.session, probe.sent,
                        event_now_ + Duration(rng_.Below(2000))});
  }
}

// A stream keeps its order, streams among each other do not; what was under way on a broken one may
// still arrive.
void World::DeliverMessages() {
  std::set<std::pair<uint64_t, bool>> held_back;
  std::vector<Packet> later;
  std::vector<Packet> now;
  for (const Packet& message : network_) {
    bool upwards = message.kind == Packet::Kind::kHello || message.kind == Packet::Kind::kBatch;
    if (message.arrives > event_now_ || held_back.contains({message.session, upwards})) {
      held_back.insert({message.session, upwards});
      later.push_back(message);
    } else {
      now.push_back(message);
    }
  }
  network_ = std::move(later);
  for (const Packet& message : now) {
    Probe& probe = probes_[message.probe];
    Entry entry{PartitionOf(kCustomer), clock_.Now(), probe.identity.probe, Tick{}};
    Packet answer = message;
    switch (message.kind) {
      case Packet::Kind::kHello:
        entry.what =
            Command(HelloCommand{probe.identity, fmt::format("host-{}", message.probe), "1.0", {}});
        answer.kind = Packet::Kind::kWelcome;
        process_->entries.push_back({std::move(entry), answer});
        break;
      case Packet::Kind::kBatch:
        entry.what = probe.produced[message.sequence - 1];
        answer.kind = Packet::Kind::kAck;
        process_->entries.push_back({std::move(entry), answer});
        break;
      case Packet::Kind::kWelcome:
        if (message.session != probe.session) break;
        probe.welcomed = true;
        probe.acknowledged = std::max(probe.acknowledged, message.sequence);
        probe.sent = probe.acknowledged;
        break;
      case Packet::Kind::kAck:
        if (message.session != probe.session) break;
        probe.acknowledged = std::max(probe.acknowledged, message.sequence);
        break;
    }
  }
}

void World::Fold() {
  Process& process = *process_;
  if (process.entries.empty()) return;
  Process::Queued queued = std::move(process.entries.front());
  process.entries.pop_front();
  queued.entry.arrival = clock_.Now();
  if (std::holds_alternative<Tick>(queued.entry.what)) process.tick_under_way = false;
  if (canary_ == Canary::kForgetSequence) {
    if (auto* batch = std::get_if<Batch>(&queued.entry.what)) batch->epoch += batch->sequence;
  }
  Commit commit = process.shard.Handle(std::move(queued.entry));
  if (!commit.outcome.ok()) Violate("refused: " + commit.outcome.ToString());
  for (const std::string& problem : commit.problems) Violate("rule failed: " + problem);
  for (const HistoryRow& row : commit.history) CheckResolution(row);
  if (canary_ == Canary::kAckBeforeCommit && queued.answer) {
    queued.answer->arrives = event_now_;
    network_.push_back(*queued.answer);
    queued.answer.reset();
  }
  if (canary_ == Canary::kSendBeforeCommit) {
    for (const Notification& notification : commit.outbox) {
      process.dispatcher.Take(commit.partition, notification);
    }
  }
  process.folded.push_back({std::move(commit), queued.answer});
}

void World::Write() {
  Process& process = *process_;
  if (process.folded.empty()) return;
  size_t size = 1 + rng_.Below(process.folded.size());
  std::vector<Commit> commits;
  for (size_t i = 0; i < size; ++i) {
    if (!process.folded[i].commit.empty) commits.push_back(process.folded[i].commit);
  }
  if (!commits.empty()) {
    if (rng_.Chance(faults_.fail_write)) {
      store_.FailNextCommit(Unavailable("the disk is gone"), rng_.Chance(0.5));
    }
    if (!store_.Commit(commits).ok()) return Kill();
    // The process may die right here: durable, and nobody knows.
    if (rng_.Chance(faults_.kill_collector)) return Kill();
  }
  for (size_t i = 0; i < size; ++i) {
    Process::Folded folded = std::move(process.folded.front());
    process.folded.pop_front();
    for (const Notification& notification : folded.commit.outbox) {
      if (notification.state == DeliveryState::kWaiting) {
        process.dispatcher.Take(folded.commit.partition, notification);
      }
    }
    if (!folded.answer) continue;
    Packet answer = *folded.answer;
    answer.arrives = event_now_ + Duration(rng_.Below(2000));
    if (answer.kind == Packet::Kind::kWelcome) {
      StatusOr<HelloReply> reply = DecodeRecord<HelloReply>(folded.commit.reply);
      FW_CHECK(reply.ok());
      answer.sequence = reply->sequence;
    }
    network_.push_back(answer);
  }
}

void World::Dispatch() { process_->dispatcher.Step(clock_.Now()); }

void World::Step() {
  Duration passed(rng_.Below(3000));
  event_now_ += passed;
  clock_.Advance(passed);
  ProduceRounds();
  for (Probe& probe : probes_) {
    if (probe.session != 0 && rng_.Chance(faults_.break_stream)) {
      probe.session = 0;
      if (rng_.Chance(0.5)) {
        std::erase_if(network_, [&](const Packet& m) { return m.probe == probe.index; });
      }
    }
    if (rng_.Chance(faults_.pause_probe)) {
      probe.session = 0;
      probe.cut_until = event_now_ + Duration(rng_.Below(20 * 60 * 1000));
    }
    if (probe.session == 0 && event_now_ >= probe.cut_until) Connect(probe);
    if (probe.session != 0 && probe.welcomed) SendBatches(probe);
  }
  if (rng_.Chance(faults_.jump_clock)) {
    // Never so far from the truth that samples are refused.
    Duration off = clock_.Now() - event_now_;
    Duration jump(static_cast<int64_t>(rng_.Below(240'000)) - 120'000);
    clock_.Jump(std::chrono::abs(off + jump) < 5min ? jump : -off);
  }
  DeliverMessages();
  std::optional<Timestamp> due = process_->shard.NextTimer();
  if (due && *due <= clock_.Now() && !process_->tick_under_way) {
    process_->tick_under_way = true;
    process_->entries.push_back(
        {Entry{PartitionOf(kCustomer), clock_.Now(), "forewarn", Tick{}}, {}});
  }
  for (uint64_t i = rng_.Below(6); i > 0; --i) Fold();
  if (rng_.Chance(0.7)) Write();
  Dispatch();
  if (rng_.Chance(faults_.kill_collector)) Kill();
  Check();
}

void World::Settle() {
  faults_ = kNoFaults;
  for (Probe& probe : probes_) probe.cut_until = {};
  auto at_rest = [&] {
    for (const Probe& probe : probes_) {
      if (probe.next_round <= ProductionEnd()) return false;
      if (probe.acknowledged < probe.produced.size()) return false;
    }
    return process_->entries.empty() && process_->folded.empty() && network_.empty() &&
           process_->dispatcher.waiting() == 0;
  };
  for (int i = 0; i < 20'000 && !at_rest(); ++i) Step();
  for (const Probe& probe : probes_) {
    if (probe.acknowledged < probe.produced.size()) {
      Violate(fmt::format("F: probe {} still holds batches {} to {}", probe.index,
                          probe.acknowledged + 1, probe.produced.size()));
    }
  }
  for (const auto& [id, notification] : process_->shard.planner().outbox()) {
    if (notification.state == DeliveryState::kWaiting) {
      Violate(fmt::format("F: notification {} is still waiting", id));
    }
    if (notification.state == DeliveryState::kDelivered && !sender_->received.contains(id)) {
      Violate(fmt::format("F: notification {} counts as delivered but never arrived", id));
    }
  }
  Kill();  // once more, so that the durable state alone must show it all
  Check();
}

void World::Check() {
  for (const Probe& probe : probes_) {
    if (probe.acknowledged == 0) continue;
    StatusOr<std::string> record =
        store_.GetState(PartitionOf(kCustomer), StateKind::kProbe, probe.identity.probe);
    uint64_t durable = record.ok() ? DecodeRecord<ProbeState>(*record)->sequence : 0;
    if (durable < probe.acknowledged) {
      Violate(
          fmt::format("A: batch {} of probe {} was acknowledged, but {} is the last durable one",
                      probe.acknowledged, probe.index, durable));
    }
  }
  std::set<std::pair<std::string, Fingerprint>> open;
  for (const auto& [number, ticket] : process_->shard.incidents().tickets()) {
    if (ticket.state != TicketState::kOpen && ticket.state != TicketState::kAcknowledged) continue;
    if (!open.insert({ticket.customer, ticket.key}).second) {
      Violate(fmt::format("D: {} is open beside another ticket for the same problem",
                          TicketName(number)));
    }
  }
}

void World::CheckResolution(const HistoryRow& row) {
  if (row.kind != HistoryKind::kAlert) return;
  StatusOr<AlertChange> change = DecodeRecord<AlertChange>(row.record);
  FW_CHECK(change.ok());
  const Alert& alert = change->alert;
  if (alert.rule != "LoadHigh" || alert.state != AlertState::kResolved) return;
  for (const Probe& probe : probes_) {
    if (alert.labels.Get("probe") != probe.identity.probe) continue;
    const ProbeState* known = process_->shard.contacts().Find(probe.identity.probe);
    if (known == nullptr || known->watermark < change->at || !IsLowAt(probe.index, change->at)) {
      Violate(fmt::format("E: {} resolved at {}, which no data says", alert.labels.ToString(),
                          FormatTime(change->at)));
    }
  }
}

void World::CheckSeries() {
  for (const Probe& probe : probes_) {
    StatusOr<std::string> record =
        store_.GetState(PartitionOf(kCustomer), StateKind::kProbe, probe.identity.probe);
    uint64_t durable = record.ok() ? DecodeRecord<ProbeState>(*record)->sequence : 0;
    StatusOr<std::vector<SeriesData>> found =
        process_->shard.head().Select({Matcher::Equal("__name__", "sim_rounds_total"),
                                       Matcher::Equal("probe", probe.identity.probe)},
                                      kStart, ProductionEnd() + 1h, {});
    if (!found.ok()) {
      Violate("B: " + found.status().ToString());
      continue;
    }
    size_t count = found->empty() ? 0 : found->front().samples.size();
    if (count != durable) {
      Violate(fmt::format("B: probe {} has {} durable batches, but {} samples", probe.index,
                          durable, count));
    }
    for (size_t i = 0; i < std::min<size_t>(count, durable); ++i) {
      const Sample& sample = found->front().samples[i];
      const SampleBlock& sent = probe.produced[i].samples;
      if (sample.at != sent.times[0] || sample.value != sent.values[0]) {
        Violate(fmt::format("B: sample {} of probe {} is not what was sent", i + 1, probe.index));
        break;
      }
    }
  }
}

const std::map<std::string, std::string>& World::Delivered() const { return sender_->received; }

std::vector<Interval> World::Intervals() const {
  std::vector<Interval> intervals;
  StatusOr<std::vector<HistoryRow>> rows = store_.ReadHistory(
      PartitionOf(kCustomer), kCustomer, kStart, ProductionEnd() + 24h, 1'000'000);
  FW_CHECK(rows.ok());
  for (const HistoryRow& row : *rows) {
    if (row.kind != HistoryKind::kAlert) continue;
    StatusOr<AlertChange> change = DecodeRecord<AlertChange>(row.record);
    FW_CHECK(change.ok());
    const Alert& alert = change->alert;
    if (alert.rule != "LoadHigh" || alert.state != AlertState::kResolved || !alert.fired_at)
      continue;
    if (change->late) continue;  // the net of a catch-up tells again what its steps told
    intervals.push_back({alert.labels.ToString(), alert.active_since, *alert.fired_at,
                         alert.ended_at.value_or(kTimeZero)});
  }
  std::sort(intervals.begin(), intervals.end());
  return intervals;
}

}  // namespace forewarn::sim
