#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/contact.h"
#include "rules/engine.h"
#include "tests/unit/rules/fake_source.h"

namespace forewarn {

inline constexpr Timestamp kStart = FromMillis(1'772'409'600'000);  // on every grid
inline const std::string kCustomer = "acme";
inline const std::string kInstallation = "plant";

inline ProbeIdentity Probe(char letter) {
  return {kCustomer, kInstallation, std::string(8, letter) + "-0000-4000-8000-000000000000"};
}

// A rule file with the alert A.
inline std::string OneRule(std::string_view expr, std::string_view more = "") {
  return fmt::format("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: {}\n{}", expr, more);
}

inline const Labels kX = {{"__name__", "x"}};

// A shard of nothing but rules: contact, engine, and the records that survive.
class World {
 public:
  // Without `live` the general evaluator does everything.
  explicit World(std::string_view rules, Engine::Limits limits = {}, bool is_live = true)
      : live(is_live), limits_(limits) {
    bundle_.id = "0000000000000001";
    bundle_.rule_files = {{"r.yaml", std::string(rules)}};
    Restart();
    Keep(engine_->Load(bundle_, kStart));
  }

  void Load(std::string_view rules) {
    bundle_.rule_files = {{"r.yaml", std::string(rules)}};
    bundle_.customers = customers;
    Keep(engine_->Load(bundle_, now_));
  }

  // Throws away all that is in memory and puts back what was kept.
  void Restart() {
    engine_.reset();
    contacts_ = std::make_unique<Contacts>();
    for (const auto& [id, probe] : probes_) contacts_->Restore(probe);
    engine_ = std::make_unique<Engine>(source_, *contacts_, limits_, live ? &source_ : nullptr);
    for (const auto& [key, record] : records_) {
      Status status = engine_->Restore(key.first, key.second, record);
      EXPECT_TRUE(status.ok()) << status.message();
    }
    Engine::Conclusions again = engine_->Load(bundle_, now_);
    EXPECT_TRUE(again.alerts.empty());
    EXPECT_TRUE(again.state.empty());
  }

  void Hand(Entry entry) {
    while (auto due = Due()) {
      if (*due >= entry.arrival) break;
      Entry tick{0, *due, "forewarn", forewarn::Tick{}};
      HandOne(tick);
    }
    HandOne(entry);
    if (leaves_over) return;
    // What the entry left over is done by ticks that come at once.
    for (auto due = engine_->NextTimer(); due && *due <= now_; due = engine_->NextTimer()) {
      HandOne({0, now_, "forewarn", forewarn::Tick{}});
    }
  }

  // One round of the probe with the series given as `name value`.
  void Round(const ProbeIdentity& probe, Timestamp end, Timestamp arrival,
             const std::vector<std::pair<Labels, double>>& values) {
    Hand({0, arrival, probe.probe, Collect(probe, end, values)});
  }

  Batch Collect(const ProbeIdentity& probe, Timestamp end,
                const std::vector<std::pair<Labels, double>>& values) {
    Batch batch;
    batch.source = probe;
    batch.epoch = 1;
    batch.sequence = ++sequences_[probe.probe];
    batch.rounds = {{end, 1min, 0ms}};
    auto table = std::make_shared<SeriesTable>();
    for (const auto& [labels, value] : values) {
      Labels full = labels;
      full.Set("customer", probe.customer);
      full.Set("installation", probe.installation);
      full.Set("probe", probe.probe);
      batch.samples.refs.push_back(static_cast<uint32_t>(table->series.size()));
      batch.samples.times.push_back(end);
      batch.samples.values.push_back(value);
      table->series.push_back(std::move(full));
    }
    batch.samples.table = std::move(table);
    return batch;
  }

  void Tick(Timestamp arrival) { Hand({0, arrival, "forewarn", forewarn::Tick{}}); }

  // `at name before -> after [unplanned] [late]`, times in minutes from the start.
  std::vector<std::string> Steps() const {
    std::vector<std::string> steps;
    for (const AlertChange& change : changes) {
      steps.push_back(fmt::format("{} {} {} -> {}{}{}", (change.at - kStart) / 1min,
                                  change.alert.rule,
                                  change.before ? AlertStateName(*change.before) : "none",
                                  AlertStateName(change.alert.state),
                                  change.plan ? "" : " unplanned", change.late ? " late" : ""));
    }
    return steps;
  }

  Engine& engine() { return *engine_; }

  FakeSource source_;
  const bool live;
  bool restart_always = false;
  bool leaves_over = false;         // no ticks come after an entry
  std::vector<Customer> customers;  // of the bundle, from the next Load on
  std::vector<AlertChange> changes;
  std::vector<std::string> problems;
  // Results of recording rules: in all, and the most with one entry.
  size_t written_total = 0;
  size_t written_most = 0;

 private:
  std::optional<Timestamp> Due() const {
    std::optional<Timestamp> due = contacts_->NextTimer();
    std::optional<Timestamp> other = engine_->NextTimer();
    if (!due || (other && *other < *due)) due = other;
    return due;
  }

  void HandOne(const Entry& entry) {
    now_ = entry.arrival;
    if (const Batch* batch = std::get_if<Batch>(&entry.what)) {
      for (size_t i = 0; i < batch->samples.size(); ++i) {
        source_.Write(batch->samples.table->series[batch->samples.refs[i]],
                      {batch->samples.times[i], batch->samples.values[i]});
      }
    }
    size_t written = 0;
    std::vector<ProbeState> changed = contacts_->Observe(entry);
    for (const ProbeState& probe : changed) probes_[probe.identity.probe] = probe;
    Keep(engine_->Observe(
        entry, changed,
        [&](const Labels& labels, Sample sample) {
          ++written;
          return source_.Write(labels, sample);
        },
        live ? &applied_ : nullptr));
    source_.Begin();
    written_total += written;
    written_most = std::max(written_most, written);
    if (restart_always) Restart();
  }

  void Keep(Engine::Conclusions concluded) {
    for (StatePut& put : concluded.state) {
      if (put.record.empty()) {
        records_.erase({put.kind, put.id});
      } else {
        records_[{put.kind, put.id}] = std::move(put.record);
      }
    }
    for (AlertChange& change : concluded.alerts) changes.push_back(std::move(change));
    for (std::string& problem : concluded.problems) problems.push_back(std::move(problem));
  }

  const Applied applied_{source_.taken, source_.named};
  const Engine::Limits limits_;
  Bundle bundle_;
  Timestamp now_ = kStart;
  std::unique_ptr<Contacts> contacts_;
  std::unique_ptr<Engine> engine_;
  std::map<std::string, ProbeState> probes_;
  std::map<std::pair<StateKind, std::string>, std::string> records_;
  std::map<std::string, uint64_t> sequences_;
};

}  // namespace forewarn
