#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fingerprint.h"
#include "base/status.h"
#include "base/time.h"
#include "model/commit.h"
#include "rules/catch_up.h"

namespace forewarn {

// `probe/<uuid>`, or with an empty `probe` `grid/<customer>/<installation>`.
std::string StreamId(const std::string& customer, const std::string& installation,
                     const std::string& probe);

// The rule with which an instant that is under way goes on: its number, and its key, by which it is known to be the same
// still. By itself, since clang 14 finds no std::optional of it amid Stream.
struct NextRule {
  uint64_t number = 0;
  Fingerprint key;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.number);
    visit(2, self.key);
  }
};

// A sequence of evaluation instants that only goes forward: the round ends of a probe, or the grid
// of an installation, on which every group has its own step. Everything here is event time.
struct Stream {
  std::string customer;
  std::string installation;
  std::string probe;  // UUID; empty for a grid
  Timestamp last_round;
  std::vector<std::pair<Fingerprint, Timestamp>>
      instants;  // the last instant, by the key of the group
  CatchUp catch_up;
  // Of a grid whose groups have instants to make up: how far each of these is to go.
  std::vector<std::pair<Fingerprint, Timestamp>> targets;
  // Of a probe: rounds whose rules have not all run, by their ends; `last_round` is before them.
  struct Waiting {
    Timestamp end;
    Duration interval{0};

    template <typename Self, typename Visitor>
    static void Fields(Self& self, Visitor&& visit) {
      visit(1, self.end);
      visit(2, self.interval);
    }
  };
  std::vector<Waiting> waiting;
  // Instants are under way one at a time.
  std::optional<NextRule> next;
  // Rules that were too much work, and when each may be evaluated again; by what RuleRunner knows them by.
  std::vector<std::pair<Fingerprint, Timestamp>> paused;

  std::string id() const { return StreamId(customer, installation, probe); }
  // The latest instant that was evaluated.
  Timestamp now() const;
  Timestamp* FindInstant(Fingerprint group);
  // The end of the last round that it was told of.
  Timestamp newest_round() const { return waiting.empty() ? last_round : waiting.back().end; }
  // Event time that it has to make up: of the group which is furthest behind its target; nothing when none is.
  std::optional<Duration> Backlog() const;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.customer);
    visit(2, self.installation);
    visit(3, self.probe);
    visit(4, self.last_round);
    visit(5, self.instants);
    visit(6, self.catch_up);
    visit(7, self.targets);
    visit(8, self.waiting);
    visit(9, self.next);
    visit(10, self.paused);
  }
};

// What the rules of a partition remember beside alerts: streams, and which series each recording
// rule wrote last, so that it can end those that it no longer writes. Keeps count of what must be
// stored anew, under StateKind::kRules. Not thread-safe.
class StreamBook {
 public:
  // Series of one recording rule in one stream, by the fingerprint of their labels, ascending.
  using Recorded = std::vector<Fingerprint>;

  Status Restore(std::string_view id, std::string_view record);

  // Made when there is none. What the caller changes it must Touch().
  Stream& Get(const std::string& customer, const std::string& installation,
              const std::string& probe);
  Stream* Find(const std::string& id);
  void Touch(const Stream& stream);
  // With what was recorded in it.
  void Remove(const std::string& id);

  Recorded GetRecorded(Fingerprint rule, const std::string& stream) const;
  void SetRecorded(Fingerprint rule, const std::string& stream, Recorded recorded);
  // Keys of the rules that wrote series which they have not ended.
  std::vector<Fingerprint> RecordersIn(const std::string& stream) const;

  // Forgets what belongs to groups and rules that are not among these.
  void KeepOnly(const std::set<Fingerprint>& groups, const std::set<Fingerprint>& rules);

  // Ids of the streams whose catch-up has net changes to plan, by the arrival time at which they are due.
  const std::set<std::pair<Timestamp, std::string>>& due() const { return due_; }
  // Ids of those that have instants to make up, the smallest backlog first.
  const std::set<std::pair<Duration, std::string>>& behind() const { return behind_; }

  // The end of the first round that waits in a stream of the installation's probes.
  std::optional<Timestamp> OldestWaiting(const std::string& customer,
                                         const std::string& installation) const;

  void TakeChanges(std::vector<StatePut>& out);

 private:
  struct RecordedState {
    Recorded series;

    template <typename Self, typename Visitor>
    static void Fields(Self& self, Visitor&& visit) {
      visit(1, self.series);
    }
  };

  // Under which keys a stream stands in `due_` and `behind_`.
  struct Keys {
    std::optional<Timestamp> due;
    std::optional<Duration> backlog;
  };
  void Index(const std::string& id, const Keys& keys);

  std::map<std::string, Stream> streams_;
  std::map<std::string, RecordedState> recorded_;  // by `recorded/<stream>/<rule>`
  std::set<std::pair<Timestamp, std::string>> due_;
  std::set<std::pair<Duration, std::string>> behind_;
  std::map<std::string, Keys> keys_;  // of those that stand in either
  std::set<std::string> dirty_;       // ids of either
};

}  // namespace forewarn
