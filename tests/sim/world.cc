#include "tests/sim/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "base/record.h"
#include "tests/sim/world_parts.h"

namespace forewarn::sim {

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

}  // namespace forewarn::sim
